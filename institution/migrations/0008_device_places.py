from django.db import migrations

from core.tenancy import same_institution

TABLES = ("core_device", "core_pairing")
ADD = """ALTER TABLE {table} ADD CONSTRAINT {table}_institution_id FOREIGN KEY (institution_id)
    REFERENCES institution_institution (id) DEFERRABLE INITIALLY DEFERRED"""
DROP = "ALTER TABLE {table} DROP CONSTRAINT {table}_institution_id"


class Migration(migrations.Migration):
    """Core keeps institution and class of a device as plain numbers; the database knows what they are."""

    dependencies = [("institution", "0007_same_institution"), ("core", "0010_devices")]

    operations = [
        migrations.RunSQL(
            [ADD.format(table=table) for table in TABLES],
            [DROP.format(table=table) for table in TABLES],
        ),
        same_institution("core_pairing", "device_id", "core_device"),
        same_institution("core_device", "class_group_id", "institution_classgroup"),
        same_institution("core_pairing", "class_group_id", "institution_classgroup"),
    ]
