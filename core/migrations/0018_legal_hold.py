"""Holds that keep rows from being deleted for their age. Nobody but the system's role sees them."""

from django.db import migrations, models

from core.postgres.policies import Isolate


class Migration(migrations.Migration):
    dependencies = [("core", "0015_device_policies")]

    operations = [
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("institution_id", models.BigIntegerField(null=True)),
                ("child_id", models.BigIntegerField(null=True)),
                ("until", models.DateField()),
                ("reason", models.CharField(max_length=200)),
                ("placed_by", models.BigIntegerField()),
                ("placed_at", models.DateTimeField(db_default=models.functions.Now())),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(institution_id=None, child_id__isnull=False)
                        | models.Q(institution_id__isnull=False, child_id=None),
                        name="core_legalhold_of_one",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(reason=""), name="core_legalhold_reason"
                    ),
                ],
            },
        ),
        Isolate("core_legalhold", staff="false"),
    ]
