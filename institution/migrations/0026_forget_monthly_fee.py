"""The program no longer knows the column. It is dropped in a later release, when no process of the old one runs (ADR 0012)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("institution", "0025_file_row_level_security")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("institution", "monthly_fee")]
        )
    ]
