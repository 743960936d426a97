"""Menus of a week for each age, and the figures they are held against as dated data."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.postgres.policies import AT_CHILDS_NURSERY, IN_OWN, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0068_food_library"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FoodRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                (
                    "band",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("m6", "6 to 11 months"),
                            ("m12", "12 to 23 months"),
                            ("m24", "24 months and older"),
                        ],
                        default="",
                        max_length=4,
                    ),
                ),
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
                (
                    "upper",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=8, null=True, verbose_name="upper"
                    ),
                ),
                ("basis", models.CharField(max_length=120, verbose_name="basis")),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("high", "high"),
                            ("medium-high", "rather high"),
                            ("medium", "medium"),
                            ("low", "low"),
                        ],
                        max_length=12,
                        verbose_name="confidence",
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "band", "valid_from"), name="institution_foodrule_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_to__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="institution_foodrule_period",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Menu",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "band",
                    models.CharField(
                        choices=[
                            ("m6", "6 to 11 months"),
                            ("m12", "12 to 23 months"),
                            ("m24", "24 months and older"),
                        ],
                        max_length=4,
                        verbose_name="age",
                    ),
                ),
                ("monday", models.DateField(verbose_name="week")),
                (
                    "meals",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("breakfast", "Breakfast"),
                                ("morning_snack", "Morning snack"),
                                ("lunch", "Lunch"),
                                ("afternoon_snack", "Afternoon snack"),
                                ("dinner", "Dinner"),
                            ],
                            max_length=16,
                        ),
                        size=None,
                        verbose_name="meals at the nursery",
                    ),
                ),
                (
                    "published_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="published"),
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
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MenuItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "meal",
                    models.CharField(
                        choices=[
                            ("breakfast", "Breakfast"),
                            ("morning_snack", "Morning snack"),
                            ("lunch", "Lunch"),
                            ("afternoon_snack", "Afternoon snack"),
                            ("dinner", "Dinner"),
                        ],
                        max_length=16,
                        verbose_name="meal",
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
                    "menu",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="institution.menu",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="menu",
            constraint=models.UniqueConstraint(
                fields=("institution", "band", "monday"), name="institution_menu_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="menu",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_menu_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="menu",
            constraint=models.CheckConstraint(
                condition=models.Q(("monday__iso_week_day", 1)), name="institution_menu_monday"
            ),
        ),
        migrations.AddConstraint(
            model_name="menu",
            constraint=models.CheckConstraint(
                condition=models.Q(("meals__len__gt", 0)), name="institution_menu_meals"
            ),
        ),
        migrations.AddConstraint(
            model_name="menu",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("published_at", None), ("published_by", None)),
                    models.Q(("published_at__isnull", False), ("published_by__isnull", False)),
                    _connector="OR",
                ),
                name="institution_menu_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="menuitem",
            constraint=models.UniqueConstraint(
                fields=("menu", "day", "meal", "dish"), name="institution_menuitem_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="menuitem",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_menuitem_tenant"
            ),
        ),
        same_institution("institution_menuitem", "menu_id", "institution_menu"),
        same_institution("institution_menuitem", "dish_id", "institution_dish"),
        Isolate("institution_menu", staff=IN_OWN, family=AT_CHILDS_NURSERY),
        Isolate("institution_menuitem", staff=IN_OWN, family=AT_CHILDS_NURSERY),
        KeepHistory("institution_menu"),
        KeepHistory("institution_menuitem"),
    ]
