"""Samples of what was served."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.postgres.policies import IN_OWN, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0070_diets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FoodSample",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "grams",
                    models.DecimalField(decimal_places=1, max_digits=5, verbose_name="grams"),
                ),
                ("taken_at", models.DateTimeField(verbose_name="taken at")),
                ("kept_until", models.DateTimeField(verbose_name="kept until")),
                (
                    "destroyed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="destroyed at"),
                ),
                (
                    "destroyed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dish",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.dish",
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("institution", "day", "dish"), name="institution_foodsample_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("grams__gt", 0)), name="institution_foodsample_grams"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kept_until__gt", models.F("taken_at"))),
                        name="institution_foodsample_kept",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("destroyed_at", None), ("destroyed_by", None)),
                            models.Q(
                                ("destroyed_at__gte", models.F("kept_until")),
                                ("destroyed_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="institution_foodsample_destroyed",
                    ),
                ],
            },
        ),
        same_institution("institution_foodsample", "dish_id", "institution_dish"),
        Isolate("institution_foodsample", staff=IN_OWN),
        KeepHistory("institution_foodsample"),
    ]
