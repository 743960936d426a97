from django.db import migrations

from core.tenancy import same_institution


class Migration(migrations.Migration):
    dependencies = [("health", "0002_note_sealed"), ("institution", "0006_tenant_keys")]

    operations = [
        same_institution("health_morningcheck", "class_group_id", "institution_classgroup"),
    ]
