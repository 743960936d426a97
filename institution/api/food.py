"""The kitchen over the API: ingredients, dishes, menus, what is kept from whom, samples, money."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.errors import NotThere
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.api.pickup import MAX_ID, FamilyViewSet
from institution.enums import AgeBand, DietCode, MealEntryKind, MealTime, Nutrient, Texture
from institution.models import (
    DietNeed,
    Dish,
    DishAmount,
    DishServing,
    FoodSample,
    Ingredient,
    MealEntry,
    MealMonth,
    Menu,
    MenuItem,
    Substitute,
)
from institution.selectors.dishes import with_amounts
from institution.services import diets, dishes, meal_ledger, menus, samples

MOST_INGREDIENTS = 60


class IngredientSerializer(serializers.ModelSerializer):
    """Nutrients are for 100 g of the edible part; null is unknown."""

    class Meta:
        model = Ingredient
        fields = ["id", "institution", "name", "marks", *Nutrient.values, "source", "active"]
        read_only_fields = ["institution", "active"]


class DishAmountSerializer(serializers.ModelSerializer):
    class Meta:
        model = DishAmount
        fields = ["ingredient", "grams"]


class DishServingSerializer(serializers.ModelSerializer):
    amounts = DishAmountSerializer(many=True)

    class Meta:
        model = DishServing
        fields = ["band", "texture", "amounts"]


class DishSerializer(serializers.ModelSerializer):
    servings = DishServingSerializer(many=True)

    class Meta:
        model = Dish
        fields = ["id", "institution", "name", "active", "servings"]


class AmountInSerializer(serializers.Serializer):
    ingredient = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    grams = serializers.DecimalField(max_digits=5, decimal_places=1)


class ServingInSerializer(serializers.Serializer):
    band = serializers.ChoiceField(choices=AgeBand.choices)
    texture = serializers.ChoiceField(choices=Texture.choices)
    amounts = serializers.ListField(child=AmountInSerializer(), max_length=MOST_INGREDIENTS)


class DishInSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=40)
    servings = serializers.ListField(child=ServingInSerializer(), max_length=len(AgeBand))


class IngredientViewSet(ScopedReadViewSet):
    queryset = Ingredient.objects.all()
    serializer_class = IngredientSerializer
    permissions = {
        "list": Permission.FOOD_READ,
        "retrieve": Permission.FOOD_READ,
        "create": Permission.FOOD_WRITE,
    }
    filterset_fields = ["active"]

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        made = dishes.add_ingredient(actor=self.actor, **told.validated_data)
        return Response(self.get_serializer(made).data, status=201)


class DishViewSet(ScopedReadViewSet):
    queryset = with_amounts(Dish.objects.all())
    serializer_class = DishSerializer
    permissions = {
        "list": Permission.FOOD_READ,
        "retrieve": Permission.FOOD_READ,
        "create": Permission.FOOD_WRITE,
    }
    filterset_fields = ["active"]

    @extend_schema(request=DishInSerializer, responses={201: DishSerializer})
    def create(self, request) -> Response:
        told = DishInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        servings = [
            dishes.Serving(
                band=each["band"],
                texture=each["texture"],
                grams={amount["ingredient"]: amount["grams"] for amount in each["amounts"]},
            )
            for each in told.validated_data["servings"]
        ]
        name = told.validated_data["name"]
        made = dishes.add_dish(actor=self.actor, name=name, servings=servings)
        return Response(self.get_serializer(self.get_queryset().get(pk=made.pk)).data, status=201)


class MenuItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = MenuItem
        fields = ["id", "menu", "day", "meal", "dish"]


class MenuSerializer(serializers.ModelSerializer):
    class Meta:
        model = Menu
        fields = ["id", "institution", "band", "monday", "meals", "published_at"]


class MenuInSerializer(serializers.Serializer):
    band = serializers.ChoiceField(choices=AgeBand.choices)
    week = serializers.DateField(help_text="Any day of the week.")
    copy = serializers.BooleanField(
        required=False, help_text="Begin as the newest menu before it, not empty."
    )


class MenuItemInSerializer(serializers.Serializer):
    menu = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    day = serializers.DateField()
    meal = serializers.ChoiceField(choices=MealTime.choices)
    dish = serializers.IntegerField(min_value=1, max_value=MAX_ID)


class MenuViewSet(ScopedReadViewSet):
    queryset = Menu.objects.all()
    serializer_class = MenuSerializer
    permissions = {
        "list": Permission.FOOD_READ,
        "retrieve": Permission.FOOD_READ,
        "create": Permission.FOOD_WRITE,
        "publish": Permission.FOOD_WRITE,
        "take_back": Permission.FOOD_WRITE,
    }
    filterset_fields = ["band", "monday"]

    @extend_schema(request=MenuInSerializer, responses={201: MenuSerializer})
    def create(self, request) -> Response:
        told = MenuInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        menu = menus.open_menu(actor=self.actor, **told.validated_data)
        return Response(self.get_serializer(menu).data, status=201)

    @extend_schema(request=None, responses=MenuSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request, pk=None) -> Response:
        menu = menus.publish(actor=self.actor, menu=self.get_object())
        return Response(self.get_serializer(menu).data)

    @extend_schema(request=None, responses=MenuSerializer)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request, pk=None) -> Response:
        menu = menus.take_back(actor=self.actor, menu=self.get_object())
        return Response(self.get_serializer(menu).data)


class MenuItemViewSet(ScopedReadViewSet):
    queryset = MenuItem.objects.select_related("menu", "dish")
    serializer_class = MenuItemSerializer
    permissions = {
        "list": Permission.FOOD_READ,
        "retrieve": Permission.FOOD_READ,
        "create": Permission.FOOD_WRITE,
        "destroy": Permission.FOOD_WRITE,
    }
    filterset_fields = ["menu", "day", "meal"]

    @extend_schema(request=MenuItemInSerializer, responses={201: MenuItemSerializer})
    def create(self, request) -> Response:
        told = MenuItemInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        menu = Menu.objects.visible_to(self.actor).filter(pk=values["menu"]).first()
        if menu is None:
            raise NotThere(_("This menu is not there."), "menu_not_found")
        dish = Dish.objects.visible_to(self.actor).filter(pk=values["dish"]).first()
        if dish is None:
            raise NotThere(_("This dish is not there."), "dish_not_found")
        item = menus.add_item(
            actor=self.actor, menu=menu, day=values["day"], meal=values["meal"], dish=dish
        )
        return Response(self.get_serializer(item).data, status=201)

    def destroy(self, request, pk=None) -> Response:
        menus.remove_item(actor=self.actor, item=self.get_object())
        return Response(status=204)


class DietNeedSerializer(serializers.ModelSerializer):
    last_day = serializers.DateField(allow_null=True)

    class Meta:
        model = DietNeed
        fields = ["id", "institution", "child", "code", "valid_from", "last_day", "note"]


class DietNeedInSerializer(serializers.Serializer):
    child = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    code = serializers.ChoiceField(choices=DietCode.choices)
    valid_from = serializers.DateField()
    last_day = serializers.DateField(required=False)
    note = serializers.CharField(max_length=80, required=False, allow_blank=True)


class DietNeedViewSet(FamilyViewSet):
    queryset = DietNeed.objects.select_related("child")
    serializer_class = DietNeedSerializer
    subject = "diet"
    permissions = {
        "list": Permission.FOOD_READ,
        "retrieve": Permission.FOOD_READ,
        "create": Permission.FOOD_WRITE,
        "destroy": Permission.FOOD_WRITE,
    }
    filterset_fields = ["child", "code"]

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        DietNeed.load_keys(page or [])
        return page

    @extend_schema(request=DietNeedInSerializer, responses={201: DietNeedSerializer})
    def create(self, request) -> Response:
        told = DietNeedInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        child = self._child(values.pop("child"))
        need = diets.add_need(actor=self.actor, child=child, **values)
        return Response(self.get_serializer(need).data, status=201)

    def destroy(self, request, pk=None) -> Response:
        """It ends today."""
        diets.end_need(actor=self.actor, need=self.get_object())
        return Response(status=204)


class SubstituteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Substitute
        fields = ["id", "institution", "item", "child", "dish", "chosen_at"]


class SubstituteInSerializer(serializers.Serializer):
    item = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    child = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    dish = serializers.IntegerField(min_value=1, max_value=MAX_ID)


class SubstituteViewSet(FamilyViewSet):
    """What is chosen for one meal counts for every other of the week with the same dish."""

    queryset = Substitute.objects.all()
    serializer_class = SubstituteSerializer
    subject = "diet"
    permissions = {
        "list": Permission.FOOD_READ,
        "retrieve": Permission.FOOD_READ,
        "create": Permission.FOOD_WRITE,
    }
    filterset_fields = ["child", "item"]

    @extend_schema(request=SubstituteInSerializer, responses={201: SubstituteSerializer})
    def create(self, request) -> Response:
        told = SubstituteInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        child = self._child(values["child"])
        item = MenuItem.objects.visible_to(self.actor).filter(pk=values["item"]).first()
        dish = Dish.objects.visible_to(self.actor).filter(pk=values["dish"]).first()
        if item is None or dish is None:
            raise NotThere(_("This dish is not there."), "dish_not_found")
        chosen = diets.choose_substitute(actor=self.actor, item=item, child=child, dish=dish)
        return Response(self.get_serializer(chosen).data, status=201)


class FoodSampleSerializer(serializers.ModelSerializer):
    class Meta:
        model = FoodSample
        fields = [
            "id",
            "institution",
            "day",
            "dish",
            "grams",
            "taken_at",
            "kept_until",
            "destroyed_at",
        ]


class FoodSampleInSerializer(serializers.Serializer):
    day = serializers.DateField()
    dish = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    grams = serializers.DecimalField(max_digits=5, decimal_places=1)
    taken_at = serializers.DateTimeField(required=False, help_text="Now, where it is not said.")


class FoodSampleViewSet(ScopedReadViewSet):
    """What is said again for a dish and a day corrects what was said before."""

    queryset = FoodSample.objects.all()
    serializer_class = FoodSampleSerializer
    permissions = {
        "list": Permission.FOOD_READ,
        "retrieve": Permission.FOOD_READ,
        "create": Permission.FOOD_WRITE,
        "destroyed": Permission.FOOD_WRITE,
    }
    filterset_fields = {"day": ["exact"], "dish": ["exact"], "destroyed_at": ["isnull"]}

    @extend_schema(request=FoodSampleInSerializer, responses={201: FoodSampleSerializer})
    def create(self, request) -> Response:
        told = FoodSampleInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        dish = Dish.objects.visible_to(self.actor).filter(pk=values.pop("dish")).first()
        if dish is None:
            raise NotThere(_("This dish is not there."), "dish_not_found")
        sample = samples.take_sample(actor=self.actor, dish=dish, **values)
        return Response(self.get_serializer(sample).data, status=201)

    @extend_schema(request=None, responses=FoodSampleSerializer)
    @action(detail=True, methods=["post"])
    def destroyed(self, request, pk=None) -> Response:
        sample = samples.destroy_sample(actor=self.actor, sample=self.get_object())
        return Response(self.get_serializer(sample).data)


class MealEntrySerializer(serializers.ModelSerializer):
    """What goes out is below nothing."""

    class Meta:
        model = MealEntry
        fields = ["id", "institution", "day", "kind", "amount", "text", "reverses", "entered_at"]


class MealEntryInSerializer(serializers.Serializer):
    day = serializers.DateField()
    kind = serializers.ChoiceField(choices=MealEntryKind.choices)
    amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, help_text="Above nothing, whichever way the money goes."
    )
    text = serializers.CharField(max_length=80)


class MealEntryViewSet(ScopedReadViewSet):
    queryset = MealEntry.objects.all()
    serializer_class = MealEntrySerializer
    permissions = {
        "list": Permission.MEAL_MONEY,
        "retrieve": Permission.MEAL_MONEY,
        "create": Permission.MEAL_MONEY,
        "reverse": Permission.MEAL_MONEY,
    }
    filterset_fields = {"day": ["gte", "lte"], "kind": ["exact"]}

    @extend_schema(request=MealEntryInSerializer, responses={201: MealEntrySerializer})
    def create(self, request) -> Response:
        told = MealEntryInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        made = meal_ledger.add_entry(actor=self.actor, **told.validated_data)
        made.refresh_from_db()
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(request=None, responses={201: MealEntrySerializer})
    @action(detail=True, methods=["post"])
    def reverse(self, request, pk=None) -> Response:
        """The row of today that takes it back."""
        made = meal_ledger.reverse_entry(actor=self.actor, entry=self.get_object())
        made.refresh_from_db()
        return Response(self.get_serializer(made).data, status=201)


class MealMonthSerializer(serializers.ModelSerializer):
    class Meta:
        model = MealMonth
        fields = ["id", "institution", "month", "income", "spending", "balance", "closed_at"]
        read_only_fields = ["institution", "income", "spending", "balance", "closed_at"]


class MealMonthViewSet(ScopedReadViewSet):
    """Creating one closes the month of the day that is given."""

    queryset = MealMonth.objects.all()
    serializer_class = MealMonthSerializer
    permissions = {
        "list": Permission.MEAL_MONEY,
        "retrieve": Permission.MEAL_MONEY,
        "create": Permission.MEAL_MONEY,
    }

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        made = meal_ledger.close_month(actor=self.actor, month=told.validated_data["month"])
        made.refresh_from_db()
        return Response(self.get_serializer(made).data, status=201)
