"""What other rows of an institution refer to, with its institution: the target of core.tenancy.same_institution."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("institution", "0005_child_sealed")]

    operations = [
        migrations.AddConstraint(
            model_name="classgroup",
            constraint=models.UniqueConstraint(
                fields=["id", "institution"], name="institution_classgroup_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=["id", "institution"], name="institution_membership_tenant"
            ),
        ),
    ]
