from django.db import migrations

from core.postgres.policies import IN_OWN, OF_OWN_CHILD, Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("health", "0003_same_institution"),
        ("institution", "0009_row_level_security"),
    ]

    operations = [
        Isolate("health_morningcheck", staff=IN_OWN, family=OF_OWN_CHILD),
        Isolate("health_measurement", staff=IN_OWN, family=OF_OWN_CHILD),
    ]
