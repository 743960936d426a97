"""Licences and documents of an institution, with the day until which they hold."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0021_service_fee"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Licence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("registration", "Business licence or other registration"),
                            ("site", "Proof of the site"),
                            ("health", "Health assessment report"),
                            ("fire", "Fire safety certificate"),
                            ("food", "Food business licence"),
                            ("pledge", "Filing form with pledge"),
                            ("receipt", "Receipt of filing"),
                            ("other", "Another document"),
                        ],
                        max_length=12,
                        verbose_name="document",
                    ),
                ),
                ("number", models.CharField(max_length=60, verbose_name="number")),
                ("issuer", models.CharField(max_length=60, verbose_name="issued by")),
                ("issued_on", models.DateField(verbose_name="issued on")),
                (
                    "valid_until",
                    models.DateField(blank=True, null=True, verbose_name="holds until"),
                ),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="licences",
                        to="institution.institution",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("institution", "kind", "number", "issued_on"),
                        name="institution_licence_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until", None),
                            ("valid_until__gte", models.F("issued_on")),
                            _connector="OR",
                        ),
                        name="institution_licence_dates",
                    ),
                ],
            },
        ),
    ]
