"""The kitchens of the demonstration city: what they cook with, their dishes, three weeks of menus, who gets something else, samples, money.

The figures are made up in the order of magnitude of a food table, and say so. They are not for feeding anybody.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from core.calendar import day_bounds
from core.permissions import Role
from institution.demo import Context, Nursery
from institution.demo.copy import copy_in
from institution.enums import AgeBand, DietCode, FoodMark, MealTime, Nutrient, Texture
from institution.food import Avoided, avoided_by_code, avoided_by_word, band_of
from institution.models import (
    Allergy,
    Child,
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

KITCHENS = 12  # nurseries that plan here; the others have their food brought
SOURCE = "演示数据，仅示意数量级，不可用于实际配餐"
M = FoodMark
WEEK = dt.timedelta(days=7)
MEAL_FEE = 360
PURCHASES = ("蔬菜水果", "肉禽蛋", "鲜奶酸奶", "米面粮油", "水产豆制品")
TAKEN_AT = dt.timedelta(hours=11, minutes=15)

# kcal, protein, fat, carbohydrate, Ca, Fe, Zn, A, B1, B2, C in 100 g
INGREDIENTS: dict[str, tuple[tuple[str, ...], tuple[float | None, ...]]] = {
    "大米": ((), (346, 7.9, 0.9, 77, 8, 1.1, 1.5, 0, 0.15, 0.04, 0)),
    "小米": ((), (361, 9, 3.1, 75, 41, 5.1, 1.9, 8, 0.33, 0.1, 0)),
    "面粉": ((M.WHEAT,), (362, 12, 1.7, 74, 28, 1.4, 0.7, 0, 0.2, 0.06, 0)),
    "挂面": ((M.WHEAT,), (353, 11, 0.9, 75, 14, 4.1, 1.2, 0, 0.17, 0.04, 0)),
    "燕麦片": ((), (377, 15, 6.7, 67, 186, 7, 2.6, 0, 0.3, 0.13, 0)),
    "鸡蛋": ((M.EGG,), (139, 13, 8.6, 2.4, 56, 1.6, 0.9, 255, 0.09, 0.2, 0)),
    "纯牛奶": ((M.MILK,), (65, 3.3, 3.6, 4.9, 107, 0.3, 0.3, 54, 0.03, 0.12, 0)),
    "酸奶": ((M.MILK,), (86, 2.8, 2.6, 13, 128, 0.3, 0.4, 23, 0.02, 0.12, None)),
    "奶酪": ((M.MILK,), (328, 26, 23, 3.5, 799, 2.4, 6.9, 152, 0.06, 0.91, 0)),
    "鸡胸肉": ((M.POULTRY,), (118, 25, 1.9, 0.6, 1, 1, 0.3, 2, 0.07, 0.06, 0)),
    "猪里脊": ((M.PORK,), (150, 20, 7.9, 0, 6, 1.5, 2.3, 5, 0.47, 0.12, 0)),
    "猪肝": ((M.PORK,), (126, 19, 4.7, 1.8, 6, 23, 3.7, 6500, 0.22, 2, 20)),
    "牛肉": ((M.BEEF,), (113, 21, 2.5, 1.3, 5, 1.8, 4.7, 3, 0.04, 0.11, 0)),
    "鲈鱼": ((M.FISH,), (105, 19, 3.4, 0, 138, 2, 2.8, 19, 0.03, 0.17, 0)),
    "虾仁": ((M.CRUSTACEAN,), (93, 19, 0.8, 2.8, 62, 1.5, 2.4, 15, 0.01, 0.07, 0)),
    "豆腐": ((M.SOY,), (84, 6.6, 5.3, 3.4, 78, 1.2, 0.6, 0, 0.06, 0.02, 0)),
    "番茄": ((), (15, 0.9, 0.2, 3.3, 4, 0.2, 0.1, 31, 0.02, 0.01, 14)),
    "胡萝卜": ((), (32, 1, 0.2, 8.1, 27, 0.3, 0.2, 342, 0.04, 0.02, 9)),
    "西兰花": ((), (27, 3.5, 0.6, 3.7, 50, 0.9, 0.5, 13, 0.06, 0.08, 56)),
    "菠菜": ((), (28, 2.6, 0.3, 4.5, 66, 2.9, 0.9, 243, 0.04, 0.11, 32)),
    "小白菜": ((), (14, 1.4, 0.3, 2.4, 117, 1.3, 0.2, 154, 0.01, 0.05, 64)),
    "南瓜": ((), (23, 0.7, 0.1, 5.3, 16, 0.4, 0.1, 74, 0.03, 0.04, 8)),
    "土豆": ((), (81, 2.6, 0.2, 18, 7, 0.4, 0.3, 1, 0.1, 0.02, 14)),
    "红薯": ((), (61, 0.7, 0.2, 15, 18, 0.2, 0.2, 63, 0.05, 0.01, 4)),
    "山药": ((), (57, 1.9, 0.2, 12, 16, 0.3, 0.3, 3, 0.05, 0.02, 5)),
    "苹果": ((), (53, 0.4, 0.2, 14, 4, 0.3, 0, 4, 0.02, 0.02, 3)),
    "香蕉": ((), (93, 1.4, 0.2, 22, 7, 0.4, 0.2, 5, 0.02, 0.04, 8)),
    "梨": ((), (51, 0.3, 0.1, 13, 7, 0.4, 0.1, 2, 0.03, 0.03, 5)),
    "植物油": ((), (899, 0, 100, 0, 13, 3.1, 0.7, 0, 0, 0, 0)),
}
# grams for a child of two
DISHES: dict[str, dict[str, int]] = {
    "小米粥": {"小米": 25},
    "山药小米粥": {"小米": 22, "山药": 30},
    "南瓜大米粥": {"大米": 28, "南瓜": 40},
    "燕麦奶粥": {"燕麦片": 22, "纯牛奶": 120},
    "番茄鸡蛋面": {"挂面": 45, "鸡蛋": 30, "番茄": 40, "植物油": 4},
    "蒸蛋羹": {"鸡蛋": 40},
    "小馒头": {"面粉": 35},
    "软米饭": {"大米": 55},
    "清蒸鲈鱼": {"鲈鱼": 45, "植物油": 3},
    "鸡肉胡萝卜丸": {"鸡胸肉": 40, "胡萝卜": 25, "植物油": 4},
    "番茄炖牛肉": {"牛肉": 40, "番茄": 40, "土豆": 30, "植物油": 4},
    "肉末豆腐": {"猪里脊": 25, "豆腐": 50, "植物油": 4},
    "虾仁西兰花": {"虾仁": 35, "西兰花": 50, "植物油": 4},
    "菠菜猪肝粥": {"大米": 40, "猪肝": 14, "菠菜": 30},
    "豆腐蔬菜羹": {"豆腐": 60, "小白菜": 40, "胡萝卜": 20, "植物油": 3},
    "清炒小白菜": {"小白菜": 70, "植物油": 4},
    "胡萝卜土豆泥": {"土豆": 60, "胡萝卜": 30, "纯牛奶": 20},
    "蒸南瓜": {"南瓜": 80},
    "蒸红薯": {"红薯": 70},
    "牛奶": {"纯牛奶": 150},
    "酸奶": {"酸奶": 120},
    "奶酪条": {"奶酪": 12},
    "苹果": {"苹果": 100},
    "香蕉": {"香蕉": 80},
    "梨": {"梨": 90},
}
FROM_ONE = {"番茄炖牛肉", "虾仁西兰花", "清炒小白菜", "小馒头", "牛奶", "奶酪条", "燕麦奶粥"}
SHARES = {AgeBand.M24: Decimal(1), AgeBand.M12: Decimal("0.75"), AgeBand.M6: Decimal("0.4")}
TEXTURES = {
    AgeBand.M24: Texture.FAMILY,
    AgeBand.M12: Texture.SOFT,
    AgeBand.M6: Texture.MASHED,
}
MEALS = (MealTime.BREAKFAST, MealTime.MORNING_SNACK, MealTime.LUNCH, MealTime.AFTERNOON_SNACK)
WEEK_OF_DISHES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("小米粥", "蒸蛋羹"), ("牛奶",), ("软米饭", "清蒸鲈鱼", "清炒小白菜"), ("苹果",)),
    (("燕麦奶粥", "小馒头"), ("梨",), ("软米饭", "番茄炖牛肉", "蒸南瓜"), ("香蕉", "酸奶")),
    (("番茄鸡蛋面",), ("牛奶",), ("软米饭", "肉末豆腐", "虾仁西兰花"), ("蒸红薯",)),
    (("南瓜大米粥", "小馒头"), ("苹果",), ("菠菜猪肝粥", "胡萝卜土豆泥"), ("梨", "酸奶")),
    (("山药小米粥", "蒸蛋羹"), ("牛奶",), ("软米饭", "鸡肉胡萝卜丸", "清炒小白菜"), ("香蕉",)),
)
INSTEAD = ("豆腐蔬菜羹", "南瓜大米粥", "蒸南瓜", "苹果", "小米粥")
NEEDS = (
    (DietCode.NO_PORK, "家庭饮食习惯"),
    (DietCode.VEGETARIAN, "家庭素食"),
    (DietCode.FISH, "皮疹，待复查"),
)


def fill(context: Context) -> None:
    rng = random.Random(f"{context.seed}:kitchen")  # noqa: S311 -- made-up data
    kitchens = [_Kitchen(context, nursery) for nursery in context.nurseries[:KITCHENS]]
    needs = list(_needs(context, {kitchen.nursery.id for kitchen in kitchens}, rng))
    with context.bar("Kitchens", len(kitchens) * len(DISHES)) as bar:
        copy_in(DietNeed, needs, bar)
        avoided = _avoided(needs, {kitchen.nursery.id for kitchen in kitchens})
        for model, rows in (
            (Ingredient, _Kitchen.ingredients),
            (Dish, _Kitchen.dishes),
            (DishServing, _Kitchen.servings),
            (DishAmount, _Kitchen.amounts),
            (Menu, _Kitchen.menus),
            (MenuItem, _Kitchen.items),
            (Substitute, lambda kitchen: kitchen.substitutes(avoided)),
            (FoodSample, _Kitchen.samples),
            (MealEntry, _Kitchen.money),
            (MealMonth, _Kitchen.closed_months),
        ):
            copy_in(model, [row for kitchen in kitchens for row in rows(kitchen)], bar)


def _needs(context: Context, nurseries: set[int], rng: random.Random) -> Iterator[DietNeed]:
    pupils = [pupil for pupil in context.pupils if pupil.institution_id in nurseries]
    found = Child.objects.filter(pk__in=[pupil.id for pupil in pupils])
    children = {child.pk: child for child in found.only("pk", "sealed_id")}
    for place, pupil in enumerate(pupils):
        if place != 1 and rng.random() > 0.03:
            continue
        code, note = rng.choice(NEEDS)
        yield DietNeed(
            institution_id=pupil.institution_id,
            child=children[pupil.id],
            code=code,
            valid_from=pupil.since,
            note=note,
        )


def _avoided(needs: Iterable[DietNeed], nurseries: set[int]) -> dict[int, list[Avoided]]:
    found: dict[int, list[Avoided]] = defaultdict(list)
    for allergy in Allergy.objects.filter(institution__in=nurseries).order_by("pk"):
        found[allergy.child_id].append(avoided_by_word(allergy.substance))
    for need in needs:
        found[need.child_id].append(avoided_by_code(need.code))
    return found


class _Kitchen:
    """One nursery's rows, each step after the one before has its ids."""

    def __init__(self, context: Context, nursery: Nursery) -> None:
        self.context = context
        self.nursery = nursery
        self.place = {"institution_id": nursery.id}
        self.cook = next(
            worker.user_id
            for role in (Role.HEALTH_WORKER, Role.DIRECTOR)
            for worker in context.staff
            if worker.institution_id == nursery.id and worker.role == role
        )
        self.pupils = [pupil for pupil in context.pupils if pupil.institution_id == nursery.id]
        self.monday = context.today - dt.timedelta(days=context.today.weekday())

    def ingredients(self) -> list[Ingredient]:
        self.ingredient = {
            name: Ingredient(
                name=name,
                marks=[str(mark) for mark in marks],
                source=SOURCE,
                **self.place,
                **dict(zip(Nutrient.values, map(_decimal, figures), strict=True)),
            )
            for name, (marks, figures) in INGREDIENTS.items()
        }
        return list(self.ingredient.values())

    def dishes(self) -> list[Dish]:
        self.dish = {name: Dish(name=name, **self.place) for name in DISHES}
        return list(self.dish.values())

    def servings(self) -> list[DishServing]:
        self.serving = {
            (name, band): DishServing(
                dish_id=dish.pk, band=band, texture=TEXTURES[band], **self.place
            )
            for name, dish in self.dish.items()
            for band in SHARES
            if band != AgeBand.M6 or name not in FROM_ONE
        }
        return list(self.serving.values())

    def amounts(self) -> Iterator[DishAmount]:
        for (name, band), serving in self.serving.items():
            for held, grams in DISHES[name].items():
                yield DishAmount(
                    serving_id=serving.pk,
                    ingredient_id=self.ingredient[held].pk,
                    grams=max(Decimal(1), Decimal(round(grams * SHARES[band]))),
                    **self.place,
                )

    def menus(self) -> list[Menu]:
        """Last week, this one, and the next, which is a draft."""
        bands = sorted(
            {band for pupil in self.pupils if (band := band_of(pupil.born_on, self.context.today))}
        )
        self.menu = [
            Menu(
                band=band,
                monday=self.monday + number * WEEK,
                meals=[str(meal) for meal in MEALS],
                published_at=self._published(number) if number < 1 else None,
                published_by_id=self.cook if number < 1 else None,
                **self.place,
            )
            for band in bands
            for number in (-1, 0, 1)
        ]
        return self.menu

    def _published(self, number: int) -> dt.datetime:
        friday = self.monday + (number - 1) * WEEK + dt.timedelta(days=4)
        return day_bounds(friday)[0] + dt.timedelta(hours=15)

    def items(self) -> list[MenuItem]:
        self.planned = [
            (
                menu,
                name,
                MenuItem(
                    menu_id=menu.pk, day=day, meal=meal, dish_id=self.dish[name].pk, **self.place
                ),
            )
            for menu in self.menu
            for day, meals in self._plan(menu)
            for meal, names in zip(MEALS, meals, strict=True)
            for name in names
            if (name, menu.band) in self.serving
        ]
        return [item for _menu, _name, item in self.planned]

    def _plan(self, menu: Menu) -> list[tuple[dt.date, tuple[tuple[str, ...], ...]]]:
        """Five days; today too, when it is a weekend on which the nursery opened for once (demo.calendar)."""
        plan = list(zip(menu.days, WEEK_OF_DISHES, strict=False))
        if self.context.today in menu.days[5:]:
            plan.append((self.context.today, WEEK_OF_DISHES[0]))
        return plan

    def substitutes(self, avoided: dict[int, list[Avoided]]) -> Iterator[Substitute]:
        """Of what is published; the draft waits for somebody to choose."""
        for menu, name, item in self.planned:
            if menu.published_at is None:
                continue
            for pupil in self.pupils:
                kept = avoided.get(pupil.id, [])
                if not _holds(name, kept) or band_of(pupil.born_on, item.day) != menu.band:
                    continue
                other = next((dish for dish in INSTEAD if not _holds(dish, kept)), None)
                if other is None or (other, menu.band) not in self.serving:
                    continue
                yield Substitute(
                    item_id=item.pk,
                    child_id=pupil.id,
                    dish_id=self.dish[other].pk,
                    chosen_by_id=self.cook,
                    chosen_at=menu.published_at,
                    **self.place,
                )

    def samples(self) -> Iterator[FoodSample]:
        """Of each dish served since last week; one of the last day before today was forgotten."""
        served = {
            (item.day, item.dish_id): item
            for menu, _name, item in self.planned
            if menu.published_at is not None and item.day <= self.context.today
        }
        forgotten = {key for key in served if key[0] == max(self._before, default=None)}
        for number, (day, dish) in enumerate(sorted(served)):
            at = day_bounds(day)[0] + TAKEN_AT + dt.timedelta(minutes=number % 9)
            if at > self.context.until or (day, dish) == max(forgotten, default=None):
                continue
            until = at + dt.timedelta(hours=48)
            gone = until + dt.timedelta(hours=1, minutes=20)
            destroyed = gone if gone < self.context.until and number % 11 else None
            yield FoodSample(
                day=day,
                dish_id=dish,
                grams=Decimal(110 if number % 17 == 3 else 130),
                taken_at=at,
                taken_by_id=self.cook,
                kept_until=until,
                destroyed_at=destroyed,
                destroyed_by_id=self.cook if destroyed else None,
                **self.place,
            )

    def money(self) -> list[MealEntry]:
        """Of last month and this one: fees in, purchases twice a week out."""
        this = self.context.today.replace(day=1)
        last = (this - dt.timedelta(days=1)).replace(day=1)
        rng = random.Random(f"{self.context.seed}:money:{self.nursery.id}")  # noqa: S311 -- made-up data
        fees = Decimal(len(self.pupils) * MEAL_FEE)
        self.entries = [
            MealEntry(
                kind="fee",
                day=month + dt.timedelta(days=2),
                amount=fees,
                text=f"{month.month} 月餐费",
            )
            for month in (last, this)
            if month + dt.timedelta(days=2) <= self.context.today
        ]
        share = fees / 9
        for day in (last + dt.timedelta(days=number) for number in range(4, 62)):
            if day.weekday() not in (0, 3) or day > self.context.today:
                continue
            amount = -(share * rng.randrange(92, 108) / 100).quantize(Decimal("0.1"))
            text = rng.choice(PURCHASES)
            self.entries.append(MealEntry(kind="purchase", day=day, amount=amount, text=text))
        for row in self.entries:
            row.institution_id, row.entered_by_id = self.nursery.id, self.cook
        return self.entries

    def closed_months(self) -> Iterator[MealMonth]:
        this = self.context.today.replace(day=1)
        rows = [row for row in self.entries if row.day < this]
        income = sum((row.amount for row in rows if row.amount > 0), Decimal(0))
        spending = sum((row.amount for row in rows if row.amount < 0), Decimal(0))
        yield MealMonth(
            month=(this - dt.timedelta(days=1)).replace(day=1),
            income=income,
            spending=spending,
            balance=income + spending,
            closed_by_id=self.cook,
            **self.place,
        )

    @property
    def _before(self) -> list[dt.date]:
        """Days with food before today."""
        return [item.day for _m, _n, item in self.planned if item.day < self.context.today]


def _holds(dish: str, avoided: list[Avoided]) -> bool:
    return any(
        each.in_ingredient(name, INGREDIENTS[name][0]) for name in DISHES[dish] for each in avoided
    )


def _decimal(figure: float | None) -> Decimal | None:
    return None if figure is None else Decimal(str(figure))
