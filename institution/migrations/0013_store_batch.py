"""A batch comes as one JSON text: composing ten arrays in the driver took longer than storing them.

The function of 0003 stays for the processes that still run the code before; drop it in a release of its own.
"""

from django.db import migrations

STORE = """
CREATE FUNCTION institution_store_batch(
    p_stream text, p_institution bigint, p_user bigint, p_zone text, p_oldest timestamptz, p_newest timestamptz,
    p_ids uuid[], p_entries json
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
        SELECT d.id, p_institution, d.class_group_id, d.child_id, d.kind, d.at, d.detail, d.root, d.version,
               d.void, d.reason, before + row_number() OVER (ORDER BY d.place), p_user, now()
          FROM ROWS FROM (json_to_recordset(p_entries) AS (
                    id uuid, class_group_id bigint, child_id bigint, kind text, at timestamptz, detail jsonb,
                    root uuid, version smallint, void boolean, reason text)) WITH ORDINALITY
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

NOT_STORE = """
DROP FUNCTION institution_store_batch(
    text, bigint, bigint, text, timestamptz, timestamptz, uuid[], json);
"""

# Its plan is made once for a connection; composing and planning the query took as long as storing the batch.
PLACES = """
CREATE FUNCTION institution_places(p_institution bigint, p_classes bigint[], p_children bigint[])
RETURNS TABLE (child bigint, class_group bigint, first date, last date)
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
BEGIN
    RETURN QUERY
    SELECT e.child_id, e.class_group_id, lower(e.during), upper(e.during) FROM institution_enrolment e
     WHERE e.child_id = ANY(p_children) AND e.institution_id = p_institution
       AND (p_classes IS NULL OR e.class_group_id = ANY(p_classes));
END $$;
"""

NOT_PLACES = "DROP FUNCTION institution_places(bigint, bigint[], bigint[]);"


class Migration(migrations.Migration):
    dependencies = [("institution", "0012_history_kept")]

    operations = [
        migrations.RunSQL(STORE, NOT_STORE),
        migrations.RunSQL(PLACES, NOT_PLACES),
    ]
