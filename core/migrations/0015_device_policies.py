"""Devices and pairings belong to a nursery, and are found before it is known to which only by what they show (core.devices)."""

from django.db import migrations

from core.postgres.policies import IN_OWN, Isolate


class Migration(migrations.Migration):
    dependencies = [("core", "0014_upkeep_runs")]

    operations = [
        Isolate("core_device", staff=IN_OWN),
        Isolate("core_pairing", staff=IN_OWN),
    ]
