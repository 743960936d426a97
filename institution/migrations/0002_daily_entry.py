"""The daily log, partitioned by month of `at`. Django sees a plain model; the database has the partitions.

The key is (id, at) because a partitioned table's key must hold the partition column.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CREATE = """
CREATE TABLE institution_dailyentry (
    id uuid NOT NULL,
    institution_id bigint NOT NULL REFERENCES institution_institution (id),
    class_group_id bigint NOT NULL REFERENCES institution_classgroup (id),
    child_id bigint NOT NULL REFERENCES institution_child (id),
    kind varchar(40) NOT NULL,
    at timestamptz NOT NULL,
    detail jsonb NOT NULL,
    root uuid NOT NULL,
    version smallint NOT NULL DEFAULT 1 CONSTRAINT institution_dailyentry_version CHECK (version >= 1),
    void boolean NOT NULL DEFAULT false,
    replaced_by uuid,
    reason varchar(120) NOT NULL DEFAULT '',
    seq bigint NOT NULL,
    recorded_by_id bigint NOT NULL REFERENCES core_user (id),
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (id, at),
    CONSTRAINT institution_dailyentry_first_version CHECK ((version = 1) = (root = id))
) PARTITION BY RANGE (at);
CREATE INDEX institution_dailyentry_child ON institution_dailyentry (child_id, at);

CREATE FUNCTION institution_dailyentry_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'daily entries are kept; correct or withdraw them' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.replaced_by IS NOT NULL
       OR (to_jsonb(NEW) - 'replaced_by') IS DISTINCT FROM (to_jsonb(OLD) - 'replaced_by') THEN
        RAISE EXCEPTION 'daily entries are never overwritten' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER institution_dailyentry_keep BEFORE UPDATE OR DELETE ON institution_dailyentry
    FOR EACH ROW EXECUTE FUNCTION institution_dailyentry_keep();
"""

DROP = """
DROP TABLE institution_dailyentry;
DROP FUNCTION institution_dailyentry_keep();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, DROP)],
            state_operations=[
                migrations.CreateModel(
                    name="DailyEntry",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("kind", models.CharField(max_length=40)),
                        ("at", models.DateTimeField()),
                        ("detail", models.JSONField(default=dict)),
                        ("root", models.UUIDField()),
                        ("version", models.PositiveSmallIntegerField(default=1)),
                        ("void", models.BooleanField(default=False)),
                        ("replaced_by", models.UUIDField(null=True)),
                        ("reason", models.CharField(blank=True, default="", max_length=120)),
                        ("seq", models.BigIntegerField()),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "child",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="entries",
                                to="institution.child",
                            ),
                        ),
                        (
                            "class_group",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="institution.classgroup",
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "institution",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="institution.institution",
                            ),
                        ),
                    ],
                ),
            ],
        ),
    ]
