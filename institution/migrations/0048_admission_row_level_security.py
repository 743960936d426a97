from django.db import migrations

from core.postgres.policies import IN_OWN, Isolate


class Migration(migrations.Migration):
    dependencies = [("institution", "0047_admission_steps")]

    operations = [
        Isolate("institution_application", staff=IN_OWN),
        Isolate("institution_applicationstep", staff=IN_OWN),
        Isolate("institution_offer", staff=IN_OWN),
        Isolate("institution_contract", staff=IN_OWN),
    ]
