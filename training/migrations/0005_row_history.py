"""What staff may do rests on certificates and hours, so these keep what was there before."""

from django.db import migrations

from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0004_row_level_security"),
        ("institution", "0011_row_history"),
    ]

    operations = [
        KeepHistory("training_certificate", sealed={"number": ""}, passed_by=("sealed_id",)),
        KeepHistory("training_trainingrecord"),
    ]
