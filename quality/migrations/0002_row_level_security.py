from django.db import migrations

from core.postgres.policies import IN_REACH, Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0001_initial"),
        ("institution", "0009_row_level_security"),
    ]

    operations = [
        Isolate("quality_selfcheck", staff=IN_REACH),
    ]
