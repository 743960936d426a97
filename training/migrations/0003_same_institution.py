from django.db import migrations

from core.tenancy import same_institution


class Migration(migrations.Migration):
    dependencies = [("training", "0002_certificate_sealed"), ("institution", "0006_tenant_keys")]

    operations = [
        same_institution("training_certificate", "membership_id", "institution_membership"),
        same_institution("training_trainingrecord", "membership_id", "institution_membership"),
    ]
