"""Policies of every table that belongs to a nursery or a child, and who registered a child."""

import django.db.models.deletion
from django.db import migrations, models

from core.postgres.policies import (
    AT_CHILDS_NURSERY,
    IN_OWN,
    IN_REACH,
    OF_OWN_CHILD,
    OF_PUPIL,
    Isolate,
)

FUNCTIONS = """
CREATE FUNCTION app_inst() RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    region text := app_setting('app.region');
BEGIN
    IF region IS NULL THEN
        RETURN app_own_inst();
    END IF;
    RETURN ARRAY(SELECT i.id FROM institution_institution i JOIN core_region r ON r.id = i.region_id
                  WHERE starts_with(r.path, region));
END $$;

CREATE FUNCTION app_pupils() RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    mine bigint[] := app_own_inst();
BEGIN
    IF mine = '{}' THEN
        RETURN mine;
    END IF;
    RETURN ARRAY(SELECT e.child_id FROM institution_enrolment e WHERE e.institution_id = ANY(mine));
END $$;

CREATE FUNCTION app_child_inst() RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    mine bigint[] := app_children();
BEGIN
    RETURN ARRAY(SELECT DISTINCT e.institution_id FROM institution_enrolment e WHERE e.child_id = ANY(mine));
END $$;
"""

NO_FUNCTIONS = """
DROP FUNCTION app_child_inst();
DROP FUNCTION app_pupils();
DROP FUNCTION app_inst();
"""

# The beat task makes months ahead without being the owner. Called by the system's role only.
MONTH = """
CREATE FUNCTION institution_dailyentry_month(month date) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name text := 'institution_dailyentry_' || to_char(month, 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF institution_dailyentry FOR VALUES FROM (%L) TO (%L)',
                   name, first || ' 00:00+00', (first + interval '1 month')::date || ' 00:00+00');
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    RETURN name;
END $$;
REVOKE ALL ON FUNCTION institution_dailyentry_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION institution_dailyentry_month(date) TO app_system;

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits
                 WHERE inhparent = 'institution_dailyentry'::regclass LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
END $$;
"""

NO_MONTH = """
DROP FUNCTION institution_dailyentry_month(date);
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT inhrelid::regclass::text FROM pg_inherits
                 WHERE inhparent = 'institution_dailyentry'::regclass LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name);
    END LOOP;
END $$;
"""


def renamed(policy: str, old: str, new: str) -> str:
    return policy.replace(old, new, 1)


REGISTERED_HERE = renamed(IN_OWN, "institution_id", "registered_by_id")
PUPIL = renamed(OF_PUPIL, "child_id", "id")


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0008_device_places"),
        ("core", "0013_row_level_security"),
    ]

    operations = [
        migrations.AddField(
            "child",
            "registered_by",
            models.ForeignKey(
                null=True,
                blank=True,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="institution.institution",
            ),
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        # Everybody may look an institution up; the portal shows it.
        Isolate(
            "institution_institution",
            staff="true",
            family="true",
            written=renamed(IN_REACH, "institution_id", "id"),
        ),
        Isolate(
            "institution_institutiongrant",
            staff=renamed(IN_OWN, "institution_id", "content_object_id"),
        ),
        Isolate("institution_membership", staff=IN_REACH),
        Isolate("institution_classgroup", staff=IN_REACH, family=AT_CHILDS_NURSERY),
        Isolate("institution_classduty", staff=IN_REACH),
        Isolate("institution_entrykind", staff=IN_REACH, family=AT_CHILDS_NURSERY),
        # A new child is visible to the nursery that registers it before it has a place there.
        Isolate(
            "institution_child",
            staff=f"{REGISTERED_HERE} OR {PUPIL}",
            family=renamed(OF_OWN_CHILD, "child_id", "id"),
        ),
        Isolate(
            "institution_childgrant",
            staff=renamed(OF_PUPIL, "child_id", "content_object_id"),
            family=renamed(OF_OWN_CHILD, "child_id", "content_object_id"),
        ),
        Isolate("institution_guardianship", staff=OF_PUPIL, family=OF_OWN_CHILD),
        Isolate("institution_enrolment", staff=IN_REACH, family=OF_OWN_CHILD),
        Isolate("institution_attendance", staff=IN_REACH, family=OF_OWN_CHILD),
        Isolate("institution_allergy", staff=IN_OWN, family=OF_OWN_CHILD),
        Isolate("institution_dailyentry", staff=IN_OWN, family=OF_OWN_CHILD),
        Isolate("institution_dailycount", staff=IN_REACH),
        migrations.RunSQL(MONTH, NO_MONTH),
    ]
