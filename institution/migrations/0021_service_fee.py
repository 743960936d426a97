"""What each way of service costs, and from when."""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("institution", "0020_filing_fields")]

    operations = [
        migrations.CreateModel(
            name="ServiceFee",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("full_day", "Full day"),
                            ("half_day", "Half day"),
                            ("hourly", "By the hour"),
                            ("temporary", "Now and then"),
                            ("boarding", "Boarding"),
                        ],
                        max_length=10,
                        verbose_name="way of service",
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[("month", "a month"), ("day", "a day"), ("hour", "an hour")],
                        max_length=5,
                        verbose_name="charged by",
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="yuan"
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="from")),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fees",
                        to="institution.institution",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("institution", "mode", "unit", "valid_from"),
                        name="institution_servicefee_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount", None), ("amount__gte", Decimal(0)), _connector="OR"
                        ),
                        name="institution_servicefee_amount",
                    ),
                ],
            },
        ),
    ]
