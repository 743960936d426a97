"""The table of what became of rows, which only a trigger writes and nobody changes (docs/adr/0013)."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from core.postgres.policies import IN_OWN, IN_REACH, Isolate

FUNCTIONS = """
CREATE FUNCTION institution_keep_history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    child_column CONSTANT text := TG_ARGV[0];
    place_column CONSTANT text := TG_ARGV[1];
    sealed CONSTANT jsonb := TG_ARGV[2]; -- column -> the blind index that tells whether its text changed, or ""
    passed_by CONSTANT text[] := TG_ARGV[3];
    old_row jsonb;
    new_row jsonb;
    was jsonb;
    became jsonb;
    hidden text[] := '{}';
    -- The stamp must be of this very transaction, as for the policies.
    stamped CONSTANT boolean := current_setting('app.at', true) IS NOT DISTINCT FROM extract(epoch FROM now())::text;
    person bigint;
    places bigint[] := '{}';
BEGIN
    IF current_setting('app.history', true) = 'off' AND session_user = current_user THEN
        RETURN NULL; -- whoever signed in as the owner loads a made-up past
    END IF;
    IF TG_OP <> 'INSERT' THEN
        old_row := to_jsonb(OLD);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        new_row := to_jsonb(NEW);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, new_row -> o.key) INTO was, became
          FROM jsonb_each(old_row) AS o
         WHERE o.value IS DISTINCT FROM new_row -> o.key AND o.key <> ALL(passed_by) AND NOT sealed ? o.key;
        hidden := ARRAY(
            SELECT s.key FROM jsonb_each_text(sealed) AS s
             WHERE old_row -> s.key IS DISTINCT FROM new_row -> s.key
               AND CASE WHEN s.value = '' THEN current_setting('app.resealing', true) IS DISTINCT FROM 'on'
                        ELSE old_row -> s.value IS DISTINCT FROM new_row -> s.value
                             OR new_row ->> s.key = '\\x' OR old_row ->> s.key = '\\x' END
             ORDER BY s.key);
        IF was IS NULL AND hidden = '{}' THEN
            RETURN NULL;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        was := old_row - passed_by - ARRAY(SELECT jsonb_object_keys(sealed));
    END IF;
    IF stamped THEN
        person := nullif(current_setting('app.user', true), '')::bigint;
        places := coalesce(nullif(current_setting('app.inst', true), ''), '{}')::bigint[];
    END IF;
    INSERT INTO institution_rowchange
           ("table", "row", deed, at, tx, person_id, institution_id, child_id, before, after, sealed)
    VALUES (TG_TABLE_NAME, coalesce(new_row, old_row) ->> 'id',
            CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
            now(), pg_current_xact_id()::text::bigint, person,
            coalesce((coalesce(new_row, old_row) ->> place_column)::bigint,
                     CASE WHEN cardinality(places) = 1 THEN places[1] END),
            (coalesce(new_row, old_row) ->> child_column)::bigint, was, became, hidden);
    RETURN NULL;
END
$$;

-- Nothing is changed or deleted; only values may be taken out, which nobody has the right to but the function below.
CREATE FUNCTION institution_refuse_history() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) = to_jsonb(OLD) || '{"before": null, "after": null}' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the history of rows is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION institution_forget_history(child bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    taken_out bigint;
BEGIN
    UPDATE institution_rowchange SET before = NULL, after = NULL
     WHERE child_id = child AND (before IS NOT NULL OR after IS NOT NULL);
    GET DIAGNOSTICS taken_out = ROW_COUNT;
    RETURN taken_out;
END
$$;
REVOKE ALL ON FUNCTION institution_forget_history(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION institution_forget_history(bigint) TO app_system;

CREATE TRIGGER history_keep BEFORE UPDATE OR DELETE ON institution_rowchange
    FOR EACH ROW EXECUTE FUNCTION institution_refuse_history();
CREATE TRIGGER history_keep_all BEFORE TRUNCATE ON institution_rowchange
    FOR EACH STATEMENT EXECUTE FUNCTION institution_refuse_history();
-- ALWAYS: also with session_replication_role = replica
ALTER TABLE institution_rowchange ENABLE ALWAYS TRIGGER history_keep;
ALTER TABLE institution_rowchange ENABLE ALWAYS TRIGGER history_keep_all;
"""

NO_FUNCTIONS = """
DROP TRIGGER history_keep_all ON institution_rowchange;
DROP TRIGGER history_keep ON institution_rowchange;
DROP FUNCTION institution_forget_history(bigint);
DROP FUNCTION institution_refuse_history();
DROP FUNCTION institution_keep_history();
"""

NO_CHILDS = f"(child_id IS NULL AND {IN_REACH})"
# A whole city also sees what belongs to no nursery, such as posts in a region.
OF_NO_PLACE = "(child_id IS NULL AND institution_id IS NULL AND (SELECT app_region() ~ '^[^/]+/$'))"


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0010_no_gaps"),
        ("core", "0013_row_level_security"),
    ]

    operations = [
        migrations.CreateModel(
            name="RowChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table", models.CharField(max_length=63)),
                ("row", models.CharField(max_length=40)),
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("added", "Added"),
                            ("changed", "Changed"),
                            ("removed", "Removed"),
                        ],
                        max_length=7,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("tx", models.BigIntegerField()),
                ("person_id", models.BigIntegerField(null=True)),
                ("child_id", models.BigIntegerField(null=True)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                (
                    "sealed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=63), default=list, size=None
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["child_id", "-id"], name="institution_rowchange_child"),
                    models.Index(fields=["institution", "-id"], name="institution_rowchange_place"),
                    models.Index(fields=["tx"], name="institution_rowchange_tx"),
                ],
            },
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        Isolate("institution_rowchange", staff=f"{IN_OWN} OR {NO_CHILDS} OR {OF_NO_PLACE}"),
    ]
