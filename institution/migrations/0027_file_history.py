"""Fees and licences keep what they were before (docs/adr/0013)."""

from django.db import migrations

from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [("institution", "0026_forget_monthly_fee")]

    operations = [
        KeepHistory("institution_servicefee"),
        KeepHistory("institution_licence"),
    ]
