"""What a nursery cooks with, and its dishes with the amounts of each age."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

from core.postgres.policies import AT_CHILDS_NURSERY, IN_OWN, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0065_incident_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dish",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("active", models.BooleanField(default=True)),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DishServing",
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
                (
                    "texture",
                    models.CharField(
                        choices=[
                            ("puree", "Puree"),
                            ("mashed", "Mashed, with small grains"),
                            ("lumps", "Small soft pieces"),
                            ("soft", "Soft, cut small"),
                            ("family", "Close to family food"),
                        ],
                        max_length=8,
                        verbose_name="texture",
                    ),
                ),
                (
                    "dish",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="servings",
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
            ],
        ),
        migrations.CreateModel(
            name="Ingredient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                (
                    "marks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("milk", "Milk"),
                                ("egg", "Egg"),
                                ("peanut", "Peanut"),
                                ("nut", "Nuts"),
                                ("wheat", "Wheat"),
                                ("soy", "Soy"),
                                ("fish", "Fish"),
                                ("crustacean", "Shrimp and crab"),
                                ("pork", "Pork"),
                                ("beef", "Beef and mutton"),
                                ("poultry", "Poultry"),
                            ],
                            max_length=12,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="contains",
                    ),
                ),
                (
                    "energy_kcal",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Energy, kcal",
                    ),
                ),
                (
                    "protein_g",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Protein, g",
                    ),
                ),
                (
                    "fat_g",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Fat, g",
                    ),
                ),
                (
                    "carb_g",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Carbohydrate, g",
                    ),
                ),
                (
                    "ca_mg",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Calcium, mg",
                    ),
                ),
                (
                    "fe_mg",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Iron, mg",
                    ),
                ),
                (
                    "zn_mg",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Zinc, mg",
                    ),
                ),
                (
                    "vit_a_ug",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Vitamin A, µg RAE",
                    ),
                ),
                (
                    "vit_b1_mg",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Vitamin B1, mg",
                    ),
                ),
                (
                    "vit_b2_mg",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Vitamin B2, mg",
                    ),
                ),
                (
                    "vit_c_mg",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                        verbose_name="Vitamin C, mg",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True, default="", max_length=120, verbose_name="source of the figures"
                    ),
                ),
                ("active", models.BooleanField(default=True)),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DishAmount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "grams",
                    models.DecimalField(decimal_places=1, max_digits=5, verbose_name="grams"),
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
                    "serving",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="amounts",
                        to="institution.dishserving",
                    ),
                ),
                (
                    "ingredient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amounts",
                        to="institution.ingredient",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="dish",
            constraint=models.UniqueConstraint(
                fields=("institution", "name"), name="institution_dish_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dish",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_dish_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="dishserving",
            constraint=models.UniqueConstraint(
                fields=("dish", "band"), name="institution_dishserving_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dishserving",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_dishserving_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="ingredient",
            constraint=models.UniqueConstraint(
                fields=("institution", "name"), name="institution_ingredient_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ingredient",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_ingredient_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="ingredient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", ""), _negated=True),
                    models.Q(
                        ("ca_mg__isnull", True),
                        ("carb_g__isnull", True),
                        ("energy_kcal__isnull", True),
                        ("fat_g__isnull", True),
                        ("fe_mg__isnull", True),
                        ("protein_g__isnull", True),
                        ("vit_a_ug__isnull", True),
                        ("vit_b1_mg__isnull", True),
                        ("vit_b2_mg__isnull", True),
                        ("vit_c_mg__isnull", True),
                        ("zn_mg__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="institution_ingredient_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="ingredient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("energy_kcal", None), ("energy_kcal__gte", 0), _connector="OR"),
                    models.Q(("protein_g", None), ("protein_g__gte", 0), _connector="OR"),
                    models.Q(("fat_g", None), ("fat_g__gte", 0), _connector="OR"),
                    models.Q(("carb_g", None), ("carb_g__gte", 0), _connector="OR"),
                    models.Q(("ca_mg", None), ("ca_mg__gte", 0), _connector="OR"),
                    models.Q(("fe_mg", None), ("fe_mg__gte", 0), _connector="OR"),
                    models.Q(("zn_mg", None), ("zn_mg__gte", 0), _connector="OR"),
                    models.Q(("vit_a_ug", None), ("vit_a_ug__gte", 0), _connector="OR"),
                    models.Q(("vit_b1_mg", None), ("vit_b1_mg__gte", 0), _connector="OR"),
                    models.Q(("vit_b2_mg", None), ("vit_b2_mg__gte", 0), _connector="OR"),
                    models.Q(("vit_c_mg", None), ("vit_c_mg__gte", 0), _connector="OR"),
                ),
                name="institution_ingredient_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="dishamount",
            constraint=models.UniqueConstraint(
                fields=("serving", "ingredient"), name="institution_dishamount_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dishamount",
            constraint=models.CheckConstraint(
                condition=models.Q(("grams__gt", 0), ("grams__lte", 1000)),
                name="institution_dishamount_grams",
            ),
        ),
        same_institution("institution_dishserving", "dish_id", "institution_dish"),
        same_institution("institution_dishamount", "serving_id", "institution_dishserving"),
        same_institution("institution_dishamount", "ingredient_id", "institution_ingredient"),
        Isolate("institution_ingredient", staff=IN_OWN, family=AT_CHILDS_NURSERY),
        Isolate("institution_dish", staff=IN_OWN, family=AT_CHILDS_NURSERY),
        Isolate("institution_dishserving", staff=IN_OWN, family=AT_CHILDS_NURSERY),
        Isolate("institution_dishamount", staff=IN_OWN, family=AT_CHILDS_NURSERY),
        KeepHistory("institution_ingredient"),
        KeepHistory("institution_dish"),
        KeepHistory("institution_dishserving"),
        KeepHistory("institution_dishamount"),
    ]
