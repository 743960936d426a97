"""Corrections of a child's health records keep what was there before."""

from django.db import migrations

from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("health", "0004_row_level_security"),
        ("institution", "0011_row_history"),
    ]

    operations = [
        KeepHistory(
            "health_morningcheck", child="child_id", sealed={"note": ""}, passed_by=("sealed_id",)
        ),
        KeepHistory("health_measurement", child="child_id"),
    ]
