"""Incidents, what families are told of them and reports to authorities keep what they were before (docs/adr/0013)."""

from django.db import migrations

from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [("institution", "0064_incident_walls")]

    operations = [
        KeepHistory(
            "institution_incident",
            sealed={"what": "", "done": "", "seen_by": ""},
            passed_by=("sealed_id",),
        ),
        KeepHistory(
            "institution_incidentnotice",
            child="child_id",
            sealed={"text": ""},
            passed_by=("sealed_id",),
        ),
        KeepHistory("institution_incidentreport"),
    ]
