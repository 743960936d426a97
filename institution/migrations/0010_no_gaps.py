"""Entries sent again leave no gap in the numbers of their stream."""

from importlib import import_module

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION institution_store_entries(
    p_stream text, p_institution bigint, p_user bigint, p_zone text, p_oldest timestamptz, p_newest timestamptz,
    p_ids uuid[], p_classes bigint[], p_children bigint[], p_kinds text[], p_ats timestamptz[], p_details text[],
    p_roots uuid[], p_versions smallint[], p_voids boolean[], p_reasons text[]
) RETURNS TABLE (id uuid, seq bigint) LANGUAGE plpgsql
SET enable_seqscan = off -- a plan made while a month's partition was empty must not scan it when it is full
AS $$
#variable_conflict use_column
DECLARE
    before bigint;
    known uuid[];
BEGIN
    INSERT INTO core_stream AS s (name, seq) VALUES (p_stream, cardinality(p_ids))
    ON CONFLICT (name) DO UPDATE SET seq = s.seq + EXCLUDED.seq
    RETURNING s.seq - cardinality(p_ids) INTO before;
    known := ARRAY(SELECT k.id FROM institution_dailyentry k
                    WHERE k.id = ANY(p_ids) AND k.at > p_oldest AND k.at < p_newest);
    IF cardinality(known) > 0 THEN -- sent again: the numbers taken for them go back while the row is ours
        UPDATE core_stream AS s SET seq = s.seq - cardinality(known) WHERE s.name = p_stream;
    END IF;
    RETURN QUERY
    WITH stored AS (
        INSERT INTO institution_dailyentry AS e
               (id, institution_id, class_group_id, child_id, kind, at, detail, root, version, void, reason, seq,
                recorded_by_id, recorded_at)
        SELECT d.id, p_institution, d.class_group_id, d.child_id, d.kind, d.at, d.detail::jsonb, d.root, d.version,
               d.void, d.reason, before + row_number() OVER (ORDER BY d.place), p_user, now()
          FROM unnest(p_ids, p_classes, p_children, p_kinds, p_ats, p_details, p_roots, p_versions, p_voids, p_reasons)
               WITH ORDINALITY
            AS d (id, class_group_id, child_id, kind, at, detail, root, version, void, reason, place)
         WHERE d.id <> ALL(known)
        ON CONFLICT DO NOTHING
        RETURNING e.id, e.seq, e.kind, e.at, e.void, e.version
    ), counted AS (
        INSERT INTO institution_dailycount (institution_id, day, kind, amount)
        SELECT p_institution, (t.at AT TIME ZONE p_zone)::date, t.kind,
               sum((NOT t.void)::integer - (t.version > 1)::integer)
          FROM stored t
         GROUP BY 2, 3
        HAVING sum((NOT t.void)::integer - (t.version > 1)::integer) <> 0
    )
    SELECT t.id, t.seq FROM stored t;
END $$;
"""

BEFORE = import_module("institution.migrations.0003_store_entries").CREATE.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)


class Migration(migrations.Migration):
    dependencies = [("institution", "0009_row_level_security")]

    operations = [migrations.RunSQL(FUNCTION, BEFORE)]
