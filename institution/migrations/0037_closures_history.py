"""Closed days and extra open days keep what they were before (docs/adr/0013)."""

from django.db import migrations

from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [("institution", "0036_closures_row_level_security")]

    operations = [KeepHistory("institution_closure"), KeepHistory("institution_makeupday")]
