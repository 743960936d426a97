from decimal import Decimal
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from core.scoping import Scope
from institution.enums import AgeBand, FoodMark, Nutrient, Texture
from institution.models.closure import OfNurseryQuerySet


def per_100_g(nutrient: Nutrient) -> models.DecimalField:
    return models.DecimalField(
        nutrient.label,
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )


class Ingredient(models.Model):
    """What a nursery cooks with. Nutrients are for 100 g of the edible part, as the nursery entered them from `source`.

    An empty nutrient is unknown, which is not the same as none.
    """

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=40)
    marks = ArrayField(
        models.CharField(max_length=12, choices=FoodMark),
        verbose_name=_("contains"),
        default=list,
        blank=True,
    )
    energy_kcal = per_100_g(Nutrient.ENERGY)
    protein_g = per_100_g(Nutrient.PROTEIN)
    fat_g = per_100_g(Nutrient.FAT)
    carb_g = per_100_g(Nutrient.CARBOHYDRATE)
    ca_mg = per_100_g(Nutrient.CALCIUM)
    fe_mg = per_100_g(Nutrient.IRON)
    zn_mg = per_100_g(Nutrient.ZINC)
    vit_a_ug = per_100_g(Nutrient.VITAMIN_A)
    vit_b1_mg = per_100_g(Nutrient.VITAMIN_B1)
    vit_b2_mg = per_100_g(Nutrient.VITAMIN_B2)
    vit_c_mg = per_100_g(Nutrient.VITAMIN_C)
    source = models.CharField(_("source of the figures"), max_length=120, blank=True, default="")
    active = models.BooleanField(default=True)

    objects = OfNurseryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "name"], name="institution_ingredient_once"
            ),
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_ingredient_tenant"
            ),
            models.CheckConstraint(
                condition=~Q(source="")
                | Q(**{f"{each}__isnull": True for each in Nutrient.values}),
                name="institution_ingredient_source",
            ),
            models.CheckConstraint(
                condition=Q(
                    *[Q(**{each: None}) | Q(**{f"{each}__gte": 0}) for each in Nutrient.values]
                ),
                name="institution_ingredient_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.name}"

    @property
    def marks_shown(self) -> list[str]:
        return [str(mark.label) for mark in FoodMark if mark in self.marks]


class DishQuerySet(OfNurseryQuerySet):
    def served_to(self, band: str) -> Self:
        return self.filter(Exists(DishServing.objects.filter(dish=OuterRef("pk"), band=band)))

    def about(self, words: str) -> Self:
        """By the name of the dish, or of something in it."""
        held = DishAmount.objects.filter(
            serving__dish=OuterRef("pk"), ingredient__name__icontains=words
        )
        return self.filter(Q(name__icontains=words) | Exists(held))


class Dish(models.Model):
    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=40)
    active = models.BooleanField(default=True)

    objects = DishQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "name"], name="institution_dish_once"),
            models.UniqueConstraint(fields=["id", "institution"], name="institution_dish_tenant"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.name}"


class DishServing(models.Model):
    """The dish as an age band gets it."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    dish = models.ForeignKey(Dish, models.CASCADE, related_name="servings")
    band = models.CharField(_("age"), max_length=4, choices=AgeBand)
    texture = models.CharField(_("texture"), max_length=8, choices=Texture)

    objects = OfNurseryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dish", "band"], name="institution_dishserving_once"),
            models.UniqueConstraint(
                fields=["id", "institution"], name="institution_dishserving_tenant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dish_id} {self.band}"


class DishAmount(models.Model):
    """How much of an ingredient one child of the band gets, weighed raw and edible."""

    scope = Scope(region=None)

    institution = models.ForeignKey("institution.Institution", models.PROTECT, related_name="+")
    serving = models.ForeignKey(DishServing, models.CASCADE, related_name="amounts")
    ingredient = models.ForeignKey(Ingredient, models.PROTECT, related_name="amounts")
    grams = models.DecimalField(_("grams"), max_digits=5, decimal_places=1)

    objects = OfNurseryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["serving", "ingredient"], name="institution_dishamount_once"
            ),
            models.CheckConstraint(
                condition=Q(grams__gt=0) & Q(grams__lte=1000), name="institution_dishamount_grams"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.serving_id} {self.ingredient_id}"
