"""Walls of the ledgers, and the history of how often things are due."""

from django.db import migrations

from core.postgres.policies import IN_OWN, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory

SCHEDULE, RHYTHM = "institution_ledgerschedule", "institution_ledgerrhythm"
ENTRY = "institution_ledgerentry"


class Migration(migrations.Migration):
    dependencies = [("institution", "0058_ledgers")]

    operations = [
        same_institution(SCHEDULE, "room_id", "institution_room"),
        same_institution(RHYTHM, "schedule_id", SCHEDULE),
        same_institution(ENTRY, "schedule_id", SCHEDULE),
        same_institution(ENTRY, "corrects_id", ENTRY),
        same_institution(ENTRY, "closes_id", ENTRY),
        Isolate(SCHEDULE, staff=IN_OWN),
        Isolate(RHYTHM, staff=IN_OWN),
        Isolate(ENTRY, staff=IN_OWN),
        KeepHistory(SCHEDULE),
        KeepHistory(RHYTHM),
    ]
