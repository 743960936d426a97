from django.db import migrations

from core.postgres.policies import IN_REACH, Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0003_same_institution"),
        ("institution", "0009_row_level_security"),
    ]

    operations = [
        Isolate("training_certificate", staff=IN_REACH),
        Isolate("training_trainingrecord", staff=IN_REACH),
    ]
