"""Limits of the site as dated data, with the clause they rest on."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("institution", "0022_licence")]

    operations = [
        migrations.CreateModel(
            name="SiteRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("lowest_storey", "Lowest floor"),
                            ("highest_storey", "Highest floor"),
                            ("floor_area", "Floor area for each place"),
                            ("outdoor_area", "Outdoor area for each place"),
                            ("places", "Places"),
                            ("fees", "A fee for each way of service"),
                            ("licence_registration", "Business licence or other registration"),
                            ("licence_site", "Proof of the site"),
                            ("licence_health", "Health assessment report"),
                            ("licence_fire", "Fire safety certificate"),
                            ("licence_food", "Food business licence"),
                            ("licence_pledge", "Filing form with pledge"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "forms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("centre", "Childcare centre"),
                                ("community", "Community site"),
                                ("employer", "Employer-run"),
                                ("kindergarten", "Kindergarten nursery class"),
                                ("medical", "Run by a medical institution"),
                                ("family", "Family site"),
                            ],
                            max_length=20,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("region_path", models.CharField(blank=True, default="", max_length=100)),
                (
                    "least",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=8, null=True, verbose_name="least"
                    ),
                ),
                (
                    "most",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=8, null=True, verbose_name="most"
                    ),
                ),
                ("basis", models.CharField(max_length=120, verbose_name="basis")),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "forms", "region_path", "valid_from"),
                        name="institution_siterule_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_to__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="institution_siterule_period",
                    ),
                ],
            },
        ),
    ]
