"""Incidents refer to rows of their own institution. Families reach what they are told and nothing else of an incident."""

from django.db import migrations

from core.postgres.policies import IN_OWN, IN_REACH, OF_OWN_CHILD, Isolate
from core.tenancy import same_institution


class Migration(migrations.Migration):
    dependencies = [("institution", "0063_incident")]

    operations = [
        same_institution("institution_incident", "class_group_id", "institution_classgroup"),
        same_institution("institution_incident", "room_id", "institution_room"),
        same_institution("institution_incidentchild", "incident_id", "institution_incident"),
        same_institution("institution_incidentnotice", "incident_id", "institution_incident"),
        same_institution("institution_incidentreport", "incident_id", "institution_incident"),
        same_institution("institution_incidentstep", "incident_id", "institution_incident"),
        # a regulator reaches the serious ones of the region, and writes none
        Isolate(
            "institution_incident",
            staff=f"{IN_OWN} OR (serious_at IS NOT NULL AND {IN_REACH})",
            written=IN_OWN,
        ),
        Isolate("institution_incidentreport", staff=IN_REACH, written=IN_OWN),
        Isolate("institution_incidentchild", staff=IN_OWN),
        Isolate("institution_incidentstep", staff=IN_OWN),
        Isolate("institution_incidentnotice", staff=IN_OWN, family=OF_OWN_CHILD),
    ]
