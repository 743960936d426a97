"""Times for visits and the families that booked them. A slot is never booked beyond its places."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.postgres.policies import IN_OWN, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory

# The slot's row is locked, so that of two families that book the last place at once one is refused.
PLACES = """
CREATE FUNCTION institution_visitbooking_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    most integer;
BEGIN
    SELECT places INTO most FROM institution_visitslot WHERE id = NEW.slot_id FOR UPDATE;
    IF (SELECT count(*) FROM institution_visitbooking WHERE slot_id = NEW.slot_id AND id <> NEW.id) >= most THEN
        RAISE EXCEPTION 'every place of visit % is booked', NEW.slot_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'institution_visitbooking_places';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER institution_visitbooking_places BEFORE INSERT OR UPDATE OF slot_id ON institution_visitbooking
    FOR EACH ROW EXECUTE FUNCTION institution_visitbooking_places();

CREATE FUNCTION institution_visitslot_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM institution_visitbooking WHERE slot_id = NEW.id) > NEW.places THEN
        RAISE EXCEPTION 'more families have booked visit %', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'institution_visitbooking_places';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER institution_visitslot_booked BEFORE UPDATE OF places ON institution_visitslot
    FOR EACH ROW EXECUTE FUNCTION institution_visitslot_booked();
"""
NO_PLACES = """
DROP TRIGGER institution_visitslot_booked ON institution_visitslot;
DROP FUNCTION institution_visitslot_booked();
DROP TRIGGER institution_visitbooking_places ON institution_visitbooking;
DROP FUNCTION institution_visitbooking_places();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0049_admission_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VisitSlot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="visit at")),
                ("places", models.PositiveSmallIntegerField(verbose_name="families at once")),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("id", "institution"), name="institution_visitslot_tenant"
                    ),
                    models.UniqueConstraint(
                        fields=("institution", "starts_at"), name="institution_visitslot_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("places__gt", 0)), name="institution_visitslot_places"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VisitBooking",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to="institution.application",
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
                (
                    "slot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="institution.visitslot",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("application",), name="institution_visitbooking_once"
                    ),
                ],
            },
        ),
        migrations.RunSQL(PLACES, NO_PLACES),
        same_institution("institution_visitbooking", "slot_id", "institution_visitslot"),
        same_institution("institution_visitbooking", "application_id", "institution_application"),
        Isolate("institution_visitslot", staff=IN_OWN),
        Isolate("institution_visitbooking", staff=IN_OWN),
        KeepHistory("institution_visitslot"),
        KeepHistory("institution_visitbooking"),
    ]
