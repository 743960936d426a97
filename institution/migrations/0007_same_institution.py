from django.db import migrations

from core.tenancy import same_institution


class Migration(migrations.Migration):
    dependencies = [("institution", "0006_tenant_keys")]

    operations = [
        same_institution("institution_classduty", "membership_id", "institution_membership"),
        same_institution("institution_classduty", "class_group_id", "institution_classgroup"),
        same_institution("institution_enrolment", "class_group_id", "institution_classgroup"),
        same_institution("institution_attendance", "class_group_id", "institution_classgroup"),
        same_institution(
            "institution_dailyentry",
            "class_group_id",
            "institution_classgroup",
            in_place_of="institution_dailyentry_class_group_id_fkey",
        ),
    ]
