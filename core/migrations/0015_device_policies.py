"""Tablets, machines and pairings belong to their nursery. Who shows a secret is looked up for that reason alone."""

from django.db import migrations

from core.postgres.policies import IN_OWN, Isolate


class Migration(migrations.Migration):
    dependencies = [("core", "0014_upkeep_runs")]

    operations = [
        Isolate("core_device", staff=IN_OWN),
        Isolate("core_pairing", staff=IN_OWN),
    ]
