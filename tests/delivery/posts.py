"""Every request that creates something, ready to be sent: the test sends it in threads, the proof over HTTP."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from django.urls import reverse

from core.calendar import today
from core.models import Attachment, Job, User
from health.models import EntryCheck, Measurement, MorningCheck
from health.services.reference import load_rules
from institution.food import band_of
from institution.models import (
    AbsenceCase,
    AbsenceNote,
    Allergy,
    Application,
    ApplicationStep,
    Attendance,
    Child,
    ClassCapacity,
    ClassGroup,
    Closure,
    Contract,
    DietNeed,
    Dish,
    Enrolment,
    EntryKind,
    FoodSample,
    Incident,
    Ingredient,
    LedgerEntry,
    LedgerRhythm,
    LedgerSchedule,
    Licence,
    MakeupDay,
    MealEntry,
    MealMonth,
    Membership,
    Menu,
    MenuItem,
    Notice,
    Offer,
    PickupPass,
    PickupPerson,
    PickupQuestion,
    PlannedDay,
    Room,
    RoomUse,
    ServiceFee,
    Shift,
    StaffFile,
    StaffLeave,
    StaffPresence,
    Substitute,
    VisitBooking,
    VisitSlot,
)
from institution.reference import load_food_rules
from institution.selectors.menus import monday_of
from quality.models import SelfCheck, StandardItem
from quality.services.standard import load_standard
from tests.core.pictures import jpeg
from tests.factories.city import City
from tests.factories.health import EntryCheckFactory
from tests.factories.institution import (
    AbsenceCaseFactory,
    ApplicationFactory,
    AttendanceFactory,
    ClassGroupFactory,
    ContractFactory,
    DietNeedFactory,
    DishAmountFactory,
    IngredientFactory,
    LedgerEntryFactory,
    LedgerScheduleFactory,
    MealEntryFactory,
    MenuFactory,
    MenuItemFactory,
    OfferFactory,
    VisitSlotFactory,
)
from training.models import Certificate, TrainingRecord
from training.services.reference import load_types

ONE_AT_A_TIME = Lock()  # the tests send in threads


@dataclass(frozen=True)
class Post:
    """`body` creates one row of `made`; `other` is what has to be changed to make it another request."""

    made: type
    user: Callable[[City], User]
    body: Callable[[City], dict]
    other: dict
    args: Callable[[City], list] = lambda city: []
    files: dict[str, bytes] = field(default_factory=dict)

    def path(self, name: str, city: City) -> str:
        return reverse(name, args=self.args(city))

    @staticmethod
    def count(model: type) -> int:
        return model._default_manager.count()


def _carer_of_a(city: City) -> Membership:
    return Membership.objects.get(user=city.a.carer)


def _child_of_guardian(city: City) -> Child:
    return city.a.guardian.guardianships.get().child


def case_of(nursery) -> AbsenceCase:
    """Made where there is none, for it opens by itself with an absence."""
    child = nursery.guardian.guardianships.get().child
    with ONE_AT_A_TIME:
        known = AbsenceCase.objects.filter(child=child, closed_at=None).first()
        return known or AbsenceCaseFactory(class_group=nursery.small, child=child)


def hazard_of(nursery) -> LedgerEntry:
    """One that nobody has mended."""
    with ONE_AT_A_TIME:
        first = LedgerEntry.objects.filter(corrects=None, closes=None, kind="hazard")
        known = first.filter(institution=nursery.institution).first()
        return known or LedgerEntryFactory(
            institution=nursery.institution,
            schedule=None,
            kind="hazard",
            what="防滑条翘起",
            detail={"place": "楼梯口", "severity": "serious"},
        )


def _task_of_a(city: City) -> LedgerSchedule:
    with ONE_AT_A_TIME:
        known = LedgerSchedule.objects.filter(institution=city.a.institution).first()
        return known or LedgerScheduleFactory(institution=city.a.institution, kind="fire")


def _here(city: City) -> Child:
    """The guardian's child, which came this morning."""
    child = _child_of_guardian(city)
    with ONE_AT_A_TIME:
        if not Attendance.objects.filter(child=child).exists():
            AttendanceFactory(class_group=city.a.small, child=child)
    return child


def ingredient_of(nursery) -> Ingredient:
    """The same one each time it is asked for."""
    with ONE_AT_A_TIME:
        known = Ingredient.objects.filter(institution=nursery.institution).order_by("pk").first()
        return known or IngredientFactory(institution=nursery.institution, name="燕麦片")


def menu_of(nursery) -> Menu:
    """A draft of this week, the same one each time."""
    with ONE_AT_A_TIME:
        known = Menu.objects.filter(institution=nursery.institution).order_by("pk").first()
        return known or MenuFactory(institution=nursery.institution)


def _planned(city: City) -> dict:
    """A dish for the lunch of its Monday."""
    menu = menu_of(city.a)
    with ONE_AT_A_TIME:
        known = Dish.objects.filter(institution=city.a.institution, name="软面条").first()
        dish = known or _served(city.a, "软面条", menu.band)
    return {"day": str(menu.monday), "meal": "lunch", "dish": dish.pk}


def _served(nursery, name: str, band: str, *marks: str) -> Dish:
    amount = DishAmountFactory(
        serving__dish__institution=nursery.institution,
        serving__dish__name=name,
        serving__band=band,
        ingredient__marks=list(marks),
    )
    return amount.serving.dish


def conflict_of(nursery) -> tuple[MenuItem, Child, Dish]:
    """A dish of today that the guardian's child must not eat, and one that it may."""
    child = nursery.guardian.guardianships.get().child
    band = band_of(child.born_on, today()) or "m12"
    menu = {"institution": nursery.institution, "band": band, "monday": monday_of(today())}
    with ONE_AT_A_TIME:
        mine = MenuItem.objects.filter(institution=nursery.institution)
        item = mine.filter(dish__name="牛奶羹").first()
        if item is None:
            need = {"institution": nursery.institution, "child": child, "code": "milk"}
            if not DietNeed.objects.filter(**need, valid_to=None).exists():
                DietNeedFactory(**need)
            plan = Menu.objects.filter(**menu).first() or MenuFactory(**menu)
            milk = _served(nursery, "牛奶羹", band, "milk")
            item = MenuItemFactory(menu=plan, day=today(), dish=milk)
            _served(nursery, "豆腐羹", band)
        fit = Dish.objects.get(institution=nursery.institution, name="豆腐羹")
    return item, child, fit


def served_today(nursery) -> Dish:
    """On a published menu; how long its sample is kept is known."""
    with ONE_AT_A_TIME:
        load_food_rules()
        mine = MenuItem.objects.filter(institution=nursery.institution, dish__name="小米糕")
        item = mine.first()
        if item is None:
            menu = MenuFactory(institution=nursery.institution, band="m6", published=True)
            cake = _served(nursery, "小米糕", "m6")
            item = MenuItemFactory(menu=menu, day=today(), dish=cake)
    return item.dish


def meal_entry_of(nursery) -> MealEntry:
    """The same one each time it is asked for."""
    with ONE_AT_A_TIME:
        mine = MealEntry.objects.filter(institution=nursery.institution, reverses=None)
        return mine.order_by("pk").first() or MealEntryFactory(institution=nursery.institution)


def _instead(city: City) -> dict:
    item, child, fit = conflict_of(city.a)
    return {"item": item.pk, "child": child.pk, "dish": fit.pk}


def _room_of_a(city: City) -> Room:
    room, _new = Room.objects.get_or_create(
        institution=city.a.institution,
        name="活动室",
        defaults={"purpose": "care", "storey": 1, "area": 60},
    )
    return room


def _day(days_ago: int = 0) -> str:
    return str(today() - dt.timedelta(days=days_ago))


APPLICATION = {
    "name": "周可心",
    "sex": "female",
    "born_on": _day(500),
    "guardian_name": "周岩",
    "guardian_phone": "13805377788",
    "relation": "father",
    "source": "phone",
}


_making = Lock()  # each finger asks for the address, and it must name the same row


def _application(city: City, state: str = "waiting") -> Application:
    with _making:
        found = Application.objects.filter(institution=city.a.institution).order_by("pk").first()
        return found or ApplicationFactory(institution=city.a.institution, state=state)


def _offered(city: City) -> Application:
    with _making:
        found = Offer.objects.filter(institution=city.a.institution).order_by("pk").first()
        return (found or OfferFactory(class_group=city.a.small)).application


def _signed(city: City) -> Application:
    with _making:
        found = Contract.objects.filter(institution=city.a.institution).order_by("pk").first()
        return (found or ContractFactory(class_group=city.a.small)).application


def _ready(city: City) -> Application:
    """Signed, with every paper seen."""
    application = _signed(city)
    with _making:
        if not EntryCheck.objects.filter(application=application).exists():
            for paper in ("examination", "vaccination"):
                EntryCheckFactory(application=application, paper=paper)
    return application


def _slot(city: City) -> VisitSlot:
    with _making:
        found = VisitSlot.objects.filter(institution=city.a.institution).order_by("pk").first()
        return found or VisitSlotFactory(institution=city.a.institution)


def _sister_class(city: City) -> ClassGroup:
    name = "托小（9）班"
    with _making:
        found = ClassGroup.objects.filter(institution=city.a.institution, name=name).first()
        return found or ClassGroupFactory(institution=city.a.institution, name=name)


API: dict[str, Post] = {
    "api:attachment-list": Post(
        Attachment,
        lambda city: city.a.carer,
        lambda city: {},
        {"note": "another"},
        files={"file": jpeg()},
    ),
    "api:entry-kind-list": Post(
        EntryKind,
        lambda city: city.a.director,
        lambda city: {
            "code": "own-cream",
            "label": "护肤",
            "fields": [{"name": "answer", "label": "部位", "type": "text"}],
        },
        {"label": "护手"},
    ),
    "api:fee-list": Post(
        ServiceFee,
        lambda city: city.a.director,
        lambda city: {
            "mode": "half_day",
            "unit": "month",
            "amount": "800.00",
            "valid_from": _day(),
        },
        {"amount": "820.00"},
    ),
    "api:notice-list": Post(
        Notice,
        lambda city: city.a.director,
        lambda city: {"title": "周五下午消防演练", "body": "请在 16:00 前接孩子。"},
        {"title": "周四下午消防演练"},
    ),
    "api:licence-list": Post(
        Licence,
        lambda city: city.a.director,
        lambda city: {
            "kind": "fire",
            "number": "济消验00017",
            "issuer": "消防救援大队",
            "issued_on": _day(),
        },
        {"number": "济消验00018"},
    ),
    "api:application-list": Post(
        Application,
        lambda city: city.a.clerk,
        lambda city: APPLICATION | {"wished_month": _day()},
        {"name": "周可欣"},
    ),
    "api:application-move": Post(
        ApplicationStep,
        lambda city: city.a.clerk,
        lambda city: {"to": "declined", "reason": "名额已满"},
        {"reason": "搬家"},
        args=lambda city: [_application(city).pk],
    ),
    "api:application-visit": Post(
        VisitBooking,
        lambda city: city.a.clerk,
        lambda city: {"slot": _slot(city).pk},
        {"slot": 999_999_999},
        args=lambda city: [_application(city, "enquiry").pk],
    ),
    "api:visit-slot-list": Post(
        VisitSlot,
        lambda city: city.a.clerk,
        lambda city: {"starts_at": f"{_day(-3)}T10:00:00+08:00", "places": 4},
        {"places": 5},
    ),
    "api:application-offer": Post(
        Offer,
        lambda city: city.a.clerk,
        lambda city: {"class_group": city.a.small.pk, "start_on": _day()},
        {"days": 3},
        args=lambda city: [_application(city).pk],
    ),
    "api:application-contract": Post(
        Contract,
        lambda city: city.a.clerk,
        lambda city: {"mode": "full_day", "signed_on": _day()},
        {"mode": "half_day"},
        args=lambda city: [_offered(city).pk],
    ),
    "api:application-start": Post(
        Child,
        lambda city: city.a.clerk,
        lambda city: {"start_on": _day()},
        {"start_on": _day(-1)},
        args=lambda city: [_ready(city).pk],
    ),
    "api:pickup-person-list": Post(
        PickupPerson,
        lambda city: city.a.guardian,
        lambda city: {
            "child": _child_of_guardian(city).pk,
            "name": "李秀英",
            "relation": "grandmother",
            "phone": "13805371234",
        },
        {"name": "李秀兰"},
        files={"photo": jpeg()},
    ),
    "api:pass-list": Post(
        PickupPass,
        lambda city: city.a.guardian,
        lambda city: {"children": [_child_of_guardian(city).pk], "direction": "fetch"},
        {"direction": "bring"},
    ),
    "api:planned-day-list": Post(
        PlannedDay,
        lambda city: city.a.guardian,
        lambda city: {
            "child": _child_of_guardian(city).pk,
            "day": _day(-2),
            "coming": False,
            "reason": "ill",
        },
        {"reason": "other"},
    ),
    "api:ledger-schedule-list": Post(
        LedgerSchedule,
        lambda city: city.a.director,
        lambda city: {
            "kind": "fire",
            "what": "灭火器",
            "repeat": "monthly",
            "needs_photo": True,
            "valid_from": _day(),
        },
        {"what": "应急灯"},
    ),
    "api:ledger-entry-list": Post(
        LedgerEntry,
        lambda city: city.a.health_worker,
        lambda city: {"kind": "fire", "what": "灭火器", "detail": {"state": "good"}},
        {"what": "应急灯"},
    ),
    "api:absence-note-list": Post(
        AbsenceNote,
        lambda city: city.a.health_worker,
        lambda city: {"case": case_of(city.a).pk, "note": "退烧了"},
        {"note": "又发烧了"},
    ),
    "api:incident-list": Post(
        Incident,
        lambda city: city.a.carer,
        lambda city: {
            "children": [_child_of_guardian(city).pk],
            "kind": "fall",
            "gravity": "minor",
            "happened_at": f"{_day(1)}T09:00:00Z",
        },
        {"kind": "bite"},
    ),
    "api:class-list": Post(
        ClassGroup,
        lambda city: city.a.director,
        lambda city: {
            "name": "星星班",
            "class_type": "mixed",
            "places": 12,
            "opened_on": _day(),
        },
        {"places": 13},
    ),
    "api:room-list": Post(
        Room,
        lambda city: city.a.director,
        lambda city: {"name": "阳光房", "purpose": "care", "storey": 1, "area": "50.0"},
        {"area": "51.0"},
    ),
    "api:room-use-list": Post(
        RoomUse,
        lambda city: city.a.director,
        lambda city: {
            "room": _room_of_a(city).pk,
            "class_group": city.a.small.pk,
            "first_day": _day(),
        },
        {"last_day": _day(-9)},
    ),
    "api:class-capacity-list": Post(
        ClassCapacity,
        lambda city: city.a.director,
        lambda city: {"class_group": city.a.small.pk, "places": 12, "valid_from": _day(-1)},
        {"places": 13},
    ),
    "api:ingredient-list": Post(
        Ingredient,
        lambda city: city.a.health_worker,
        lambda city: {"name": "燕麦", "marks": [], "energy_kcal": "380.0", "source": "包装标签"},
        {"energy_kcal": "377.0"},
    ),
    "api:dish-list": Post(
        Dish,
        lambda city: city.a.health_worker,
        lambda city: {
            "name": "燕麦粥",
            "servings": [
                {
                    "band": "m12",
                    "texture": "soft",
                    "amounts": [{"ingredient": ingredient_of(city.a).pk, "grams": "30.0"}],
                }
            ],
        },
        {"name": "燕麦奶粥"},
    ),
    "api:menu-list": Post(
        Menu,
        lambda city: city.a.health_worker,
        lambda city: {"band": "m24", "week": _day()},
        {"band": "m6"},
    ),
    "api:menu-item-list": Post(
        MenuItem,
        lambda city: city.a.health_worker,
        lambda city: _planned(city) | {"menu": menu_of(city.a).pk},
        {"meal": "afternoon_snack"},
    ),
    "api:diet-need-list": Post(
        DietNeed,
        lambda city: city.a.health_worker,
        lambda city: {
            "child": _child_of_guardian(city).pk,
            "code": "egg",
            "valid_from": _day(),
            "note": "湿疹",
        },
        {"code": "fish"},
    ),
    "api:substitute-list": Post(
        Substitute, lambda city: city.a.health_worker, _instead, {"dish": 999_999}
    ),
    "api:food-sample-list": Post(
        FoodSample,
        lambda city: city.a.health_worker,
        lambda city: {"day": _day(), "dish": served_today(city.a).pk, "grams": "130.0"},
        {"grams": "140.0"},
    ),
    "api:meal-entry-list": Post(
        MealEntry,
        lambda city: city.a.clerk,
        lambda city: {"day": _day(), "kind": "purchase", "amount": "88.50", "text": "鸡蛋"},
        {"amount": "88.40"},
    ),
    "api:meal-month-list": Post(
        MealMonth,
        lambda city: city.a.clerk,
        lambda city: {"month": "2026-03-01"},
        {"month": "2026-04-01"},
    ),
    "api:closure-list": Post(
        Closure,
        lambda city: city.a.director,
        lambda city: {"first_day": _day(-5), "last_day": _day(-6), "reason": "repair"},
        {"last_day": _day(-7)},
    ),
    "api:makeup-day-list": Post(
        MakeupDay,
        lambda city: city.a.director,
        lambda city: {"day": _day(-5)},
        {"note": "加开"},
    ),
    "api:health-check-list": Post(
        MorningCheck,
        lambda city: city.a.health_worker,
        lambda city: {
            "child": city.a.children[0].pk,
            "temperature": "36.6",
            "action": "admitted",
            "note": "左手一处擦伤",
        },
        {"temperature": "36.7"},
    ),
    "api:health-measurement-list": Post(
        Measurement,
        lambda city: city.a.health_worker,
        lambda city: {
            "child": city.a.children[0].pk,
            "measured_on": _day(),
            "weight_kg": "11.20",
        },
        {"weight_kg": "11.30"},
    ),
    "api:quality-self-check-list": Post(
        SelfCheck,
        lambda city: city.a.director,
        lambda city: {
            "item": StandardItem.objects.get(standard=load_standard(), key="4.1.4").pk,
            "answer": "met",
        },
        {"answer": "partly", "note": "缺一份"},
    ),
    "api:training-certificate-list": Post(
        Certificate,
        lambda city: city.a.director,
        lambda city: {
            "membership": _carer_of_a(city).pk,
            "type": "health_cert",
            "number": "370800123456",
            "issued_on": _day(),
        },
        {"issued_on": _day(1)},
    ),
    "api:training-record-list": Post(
        TrainingRecord,
        lambda city: city.a.director,
        lambda city: {
            "membership": _carer_of_a(city).pk,
            "topic": "睡眠照护",
            "hours": "2.0",
            "held_on": _day(),
        },
        {"topic": "进餐照护"},
    ),
}

FORMS: dict[str, Post] = {
    "nursery:notice-new": Post(
        Notice,
        lambda city: city.a.director,
        lambda city: {"title": "周五下午消防演练", "body": "请在 16:00 前接孩子。"},
        {"title": "周四下午消防演练"},
    ),
    "nursery:child-new": Post(
        Child,
        lambda city: city.a.director,
        lambda city: {
            "name": "周可心",
            "sex": "female",
            "born_on": _day(500),
            "class_group": city.a.small.pk,
            "start_on": _day(),
            "guardian_name": "周岩",
            "guardian_phone": "13805377788",
            "relation": "father",
        },
        {"name": "周可欣"},
    ),
    "nursery:ingredient-add": Post(
        Ingredient,
        lambda city: city.a.health_worker,
        lambda city: {"name": "小米", "energy_kcal": "361", "source": "包装标签"},
        {"energy_kcal": "360"},
    ),
    "nursery:dish-add": Post(
        Dish,
        lambda city: city.a.health_worker,
        lambda city: {"name": "小米粥", "texture_m12": "soft"},
        {"texture_m12": "family"},
    ),
    "nursery:menu-open": Post(
        Menu,
        lambda city: city.a.health_worker,
        lambda city: {"band": "m24", "week": _day()},
        {"band": "m6"},
    ),
    "nursery:menu-pick": Post(
        MenuItem,
        lambda city: city.a.health_worker,
        _planned,
        {"meal": "afternoon_snack"},
        args=lambda city: [menu_of(city.a).pk],
    ),
    "nursery:meal-entry-add": Post(
        MealEntry,
        lambda city: city.a.clerk,
        lambda city: {"day": _day(), "kind": "fee", "amount": "360", "text": "十一月餐费"},
        {"amount": "350"},
    ),
    "nursery:diet-add": Post(
        DietNeed,
        lambda city: city.a.health_worker,
        lambda city: {
            "child": _child_of_guardian(city).pk,
            "code": "egg",
            "valid_from": _day(),
        },
        {"code": "fish"},
    ),
    "nursery:substitute-pick": Post(
        Substitute,
        lambda city: city.a.health_worker,
        lambda city: {"dish": conflict_of(city.a)[2].pk},
        {"dish": 999_999},
        args=lambda city: [each.pk for each in conflict_of(city.a)[:2]],
    ),
    "nursery:application-new": Post(
        Application,
        lambda city: city.a.clerk,
        lambda city: APPLICATION | {"wished_month": _day()[:7], "state": "applied"},
        {"name": "周可欣"},
    ),
    "nursery:visit-list": Post(
        VisitSlot,
        lambda city: city.a.clerk,
        lambda city: {"starts_at": f"{_day(-3)}T10:00", "places": 4},
        {"places": 5},
    ),
    "nursery:visit-book": Post(
        VisitBooking,
        lambda city: city.a.clerk,
        lambda city: {"slot": _slot(city).pk},
        {"slot": 999_999_999},
        args=lambda city: [_application(city, "enquiry").pk],
    ),
    "nursery:application-move": Post(
        ApplicationStep,
        lambda city: city.a.clerk,
        lambda city: {"to": "declined", "reason": "名额已满"},
        {"reason": "搬家"},
        args=lambda city: [_application(city).pk],
    ),
    "nursery:offer-make": Post(
        Offer,
        lambda city: city.a.clerk,
        lambda city: {"class_group": city.a.small.pk, "start_on": _day(), "days": 7},
        {"days": 3},
        args=lambda city: [_application(city).pk],
    ),
    "nursery:contract-sign": Post(
        Contract,
        lambda city: city.a.clerk,
        lambda city: {"mode": "full_day", "signed_on": _day()},
        {"mode": "half_day"},
        args=lambda city: [_offered(city).pk],
    ),
    "nursery:application-start": Post(
        Child,
        lambda city: city.a.clerk,
        lambda city: {"start_on": _day()},
        {"start_on": _day(-1)},
        args=lambda city: [_ready(city).pk],
    ),
    "nursery:child-class": Post(
        Enrolment,
        lambda city: city.a.clerk,
        lambda city: {"class_group": _sister_class(city).pk, "start_on": _day()},
        {"start_on": _day(-1)},
        args=lambda city: [city.a.children[0].pk],
    ),
    "health:entry-record": Post(
        EntryCheck,
        lambda city: city.a.health_worker,
        lambda city: {"paper": "vaccination", "day": _day(), "passed": "yes"},
        {"passed": "no"},
        args=lambda city: [_signed(city).pk],
    ),
    "nursery:allergy-new": Post(
        Allergy,
        lambda city: city.a.director,
        lambda city: {"substance": "花生", "severity": "severe"},
        {"substance": "鸡蛋"},
        args=lambda city: [city.a.children[0].pk],
    ),
    "nursery:kind-new": Post(
        EntryKind,
        lambda city: city.a.director,
        lambda city: {
            "label": "护肤",
            "icon": "droplets",
            "answer": "text",
            "question": "部位",
        },
        {"label": "护手"},
    ),
    "nursery:fee-set": Post(
        ServiceFee,
        lambda city: city.a.director,
        lambda city: {
            "mode": "half_day",
            "unit": "month",
            "amount": "800",
            "valid_from": _day(),
        },
        {"amount": "820"},
    ),
    "nursery:licence-add": Post(
        Licence,
        lambda city: city.a.director,
        lambda city: {
            "kind": "fire",
            "number": "济消验00017",
            "issuer": "消防救援大队",
            "issued_on": _day(),
        },
        {"number": "济消验00018"},
    ),
    "nursery:staff-new": Post(
        StaffFile,
        lambda city: city.a.director,
        lambda city: {
            "name": "苏晓琳",
            "phone": "13805371122",
            "document_number": "E12345678",
            "post": "cook",
            "start_on": _day(),
            "employment": "full_time",
        },
        {"name": "苏晓林"},
    ),
    "nursery:staff-open": Post(
        StaffFile,
        lambda city: city.a.director,
        lambda city: {"document_number": "E12345679", "employment": "full_time"},
        {"employment": "part_time"},
        args=lambda city: [_carer_of_a(city).pk],
    ),
    "nursery:presence-add": Post(
        StaffPresence,
        lambda city: city.a.director,
        lambda city: {
            "membership": _carer_of_a(city).pk,
            "day": _day(1),
            "class_group": city.a.small.pk,
            "came_at": "08:00",
            "left_at": "12:00",
            "reason": "忘记签到",
        },
        {"left_at": "12:30"},
    ),
    "nursery:shift-add": Post(
        Shift,
        lambda city: city.a.director,
        lambda city: {
            "class_group": city.a.small.pk,
            "day": _day(-1),
            "membership": _carer_of_a(city).pk,
            "starts_at": "08:00",
            "ends_at": "17:00",
        },
        {"ends_at": "17:30"},
    ),
    "nursery:leave-ask": Post(
        StaffLeave,
        lambda city: city.a.carer,
        lambda city: {"kind": "annual", "first_day": _day(-3), "last_day": _day(-4)},
        {"last_day": _day(-5)},
    ),
    "nursery:class-open": Post(
        ClassGroup,
        lambda city: city.a.director,
        lambda city: {
            "name": "星星班",
            "class_type": "mixed",
            "places": 12,
            "opened_on": _day(),
        },
        {"places": 13},
    ),
    "nursery:room-add": Post(
        Room,
        lambda city: city.a.director,
        lambda city: {"name": "阳光房", "purpose": "care", "storey": 1, "area": "50.0"},
        {"area": "51.0"},
    ),
    "nursery:room-use": Post(
        RoomUse,
        lambda city: city.a.director,
        lambda city: {
            "room": _room_of_a(city).pk,
            "class_group": city.a.small.pk,
            "first_day": _day(),
        },
        {"last_day": _day(-9)},
    ),
    "nursery:closure-add": Post(
        Closure,
        lambda city: city.a.director,
        lambda city: {"first_day": _day(-5), "last_day": _day(-6), "reason": "repair"},
        {"last_day": _day(-7)},
    ),
    "nursery:extra-day-add": Post(
        MakeupDay,
        lambda city: city.a.director,
        lambda city: {"day": _day(-5)},
        {"note": "加开"},
    ),
    "training:certificate-add": Post(
        Certificate,
        lambda city: city.a.director,
        lambda city: {"type": "health_cert", "number": "A1", "issued_on": _day()},
        {"issued_on": _day(1)},
        args=lambda city: [_carer_of_a(city).pk],
    ),
    "training:training-add": Post(
        TrainingRecord,
        lambda city: city.a.director,
        lambda city: {"topic": "睡眠照护", "hours": "2.5", "held_on": _day()},
        {"topic": "进餐照护"},
        args=lambda city: [_carer_of_a(city).pk],
    ),
    "health:check-record": Post(
        MorningCheck,
        lambda city: city.a.health_worker,
        lambda city: {"temperature": "36.5", "action": "admitted"},
        {"temperature": "36.6"},
        args=lambda city: [city.a.children[0].pk],
    ),
    "health:measurement-record": Post(
        Measurement,
        lambda city: city.a.health_worker,
        lambda city: {"measured_on": _day(), "weight_kg": "11.20"},
        {"weight_kg": "11.30"},
        args=lambda city: [city.a.children[0].pk],
    ),
    "nursery:ledger-add": Post(
        LedgerEntry,
        lambda city: city.a.carer,
        lambda city: {"what": "灭火器", "state": "good"},
        {"what": "应急灯"},
        args=lambda city: ["fire"],
    ),
    "nursery:ledger-done": Post(
        LedgerEntry,
        lambda city: city.a.carer,
        lambda city: {"state": "good"},
        {"note": "压力正常"},
        args=lambda city: [_task_of_a(city).pk],
    ),
    "nursery:ledger-settle": Post(
        LedgerEntry,
        lambda city: city.a.carer,
        lambda city: {"measure": "换防滑条"},
        {"measure": "重新固定"},
        args=lambda city: [hazard_of(city.a).pk],
    ),
    "nursery:ledger-correct": Post(
        LedgerEntry,
        lambda city: city.a.carer,
        lambda city: {
            "reason": "写错地点",
            "what": "防滑条翘起",
            "place": "二楼楼梯口",
            "severity": "minor",
        },
        {"severity": "serious"},
        args=lambda city: [hazard_of(city.a).pk],
    ),
    "nursery:ledger-strike": Post(
        LedgerEntry,
        lambda city: city.a.carer,
        lambda city: {"reason": "没有这回事"},
        {"reason": "记重了"},
        args=lambda city: [hazard_of(city.a).pk],
    ),
    "nursery:ledger-schedule-add": Post(
        LedgerSchedule,
        lambda city: city.a.director,
        lambda city: {"kind": "fire", "what": "灭火器", "repeat": "monthly", "valid_from": _day()},
        {"what": "应急灯"},
    ),
    "nursery:ledger-schedule": Post(
        LedgerRhythm,
        lambda city: city.a.director,
        lambda city: {"repeat": "weekly", "weekday": "5", "valid_from": _day()},
        {"valid_from": _day(-1)},
        args=lambda city: [_task_of_a(city).pk],
    ),
    "nursery:absence-note": Post(
        AbsenceNote,
        lambda city: city.a.health_worker,
        lambda city: {"note": "退烧了"},
        {"note": "又发烧了"},
        args=lambda city: [case_of(city.a).pk],
    ),
    "nursery:incident-new": Post(
        Incident,
        lambda city: city.a.carer,
        lambda city: {
            "children": _child_of_guardian(city).pk,
            "kind": "fall",
            "gravity": "minor",
            "happened_at": f"{_day(1)}T09:00",
        },
        {"kind": "bite"},
    ),
    "nursery:pickup-ask": Post(
        PickupQuestion,
        lambda city: city.a.carer,
        lambda city: {"name": "王五"},
        {"name": "王六"},
        args=lambda city: [_here(city).pk],
    ),
    "family:plan-day": Post(
        PlannedDay,
        lambda city: city.a.guardian,
        lambda city: {"coming": "no", "reason": "ill"},
        {"reason": "other"},
        args=lambda city: [_child_of_guardian(city).pk, today() + dt.timedelta(days=2)],
    ),
    "family:pass-make": Post(
        PickupPass,
        lambda city: city.a.guardian,
        lambda city: {"direction": "fetch"},
        {"direction": "bring"},
        args=lambda city: [_child_of_guardian(city).pk],
    ),
    "family:pickup-person-add": Post(
        PickupPerson,
        lambda city: city.a.guardian,
        lambda city: {
            "name": "李秀英",
            "relation": "grandmother",
            "phone": "13805371234",
            "adult": "on",
        },
        {"name": "李秀兰"},
        args=lambda city: [_child_of_guardian(city).pk],
        files={"photo": jpeg()},
    ),
    "gov:audit-export": Post(
        Job,
        lambda city: city.auditor,
        lambda city: {},
        {"action": "child.read"},
    ),
}

# These need no key, and take one because they stand in one viewset with what creates.
BESIDE = {
    "api:notice-read": "read is read",
    "api:meal-entry-reverse": "a row is taken back once",
    "api:food-sample-destroyed": "destroyed is destroyed",
    "api:menu-publish": "published is published",
    "api:menu-take-back": "taken back is taken back",
    "api:class-detail": "the same name again is the same name",
    "api:class-close": "the same last day again",
    "api:room-detail": "the same values again are the same values",
    "api:incident-submit": "sent is sent",
}

NO_KEY = {
    "nursery:menu-meals": "the same meals again are the same meals",
    "nursery:menu-publish": "published is published",
    "nursery:menu-take-back": "taken back is taken back",
    "nursery:menu-item-remove": "removed is removed",
    "nursery:meal-entry-reverse": "taken back is taken back",
    "nursery:meal-month-close": "closed is closed",
    "nursery:sample-take": "said again for a dish and a day it is the same sample",
    "nursery:sample-destroy": "destroyed is destroyed",
    "nursery:diet-end": "ended is ended",
    "nursery:dish-edit": "the same values again are the same values",
    "nursery:dish-amounts": "the same amounts again are the same amounts",
    "nursery:ingredient-edit": "the same values again are the same values",
    "nursery:visit-remove": "removed is removed",
    "nursery:child-leave": "the same last day again is the same last day",
    "nursery:application-edit": "the same values again are the same values",
    "nursery:application-phone": "a look, and every look is written down",
    "portal:sign-in": "signing in twice is signed in",
    "portal:language": "choosing the same language again",
    "portal:sign-out": "signed out is signed out",
    "portal:posts": "choosing the same post again",
    "portal:delivery-retry": "none is given up any more",
    "nursery:file-identity": "the same values again are the same values",
    "nursery:file-site": "the same values again are the same values",
    "nursery:file-service": "the same values again are the same values",
    "api:institution-detail": "the same values again are the same values",
    "nursery:licence-remove": "removed is removed",
    "family:pickup-person-end": "taken back is taken back",
    "nursery:incident-edit": "the same values again are the same values",
    "nursery:incident-submit": "sent is sent",
    "nursery:incident-back": "sent back is sent back",
    "nursery:incident-correct": "the same correction again changes nothing and is refused",
    "nursery:incident-approve": "approved is approved",
    "nursery:incident-close": "closed is closed",
    "nursery:incident-report": "a report is written down once",
    "family:incident-acknowledge": "acknowledged is acknowledged",
    "nursery:absence-describe": "the same values again are the same values",
    "nursery:absence-close": "closed is closed",
    "api:absence-case-describe": "the same values again are the same values",
    "api:absence-case-close": "closed is closed",
    "family:pickup-answer": "a question is answered once",
    "nursery:pickup-hand-over": "a yes is used once",
    "family:plan-clear": "as usual is as usual",
    "family:pass-end": "taken back is taken back",
    "nursery:door-look": "a look; a code counts once",
    "nursery:door-take": "a code counts once",
    "nursery:kiosk-look": "a look; a code counts once",
    "nursery:kiosk-take": "a code counts once",
    "nursery:alert-take": "taken is taken",
    "nursery:alert-close": "closed is closed",
    "api:alert-take": "taken is taken",
    "api:alert-close": "closed is closed",
    "nursery:notice-remind": "the form says which reminder it is",
    "nursery:notice-withdraw": "withdrawn is withdrawn",
    "family:notice-read": "read is read",
    "nursery:message-hours": "the same values again are the same values",
    "nursery:message-send": "the message brings an id of its own",
    "family:message-send": "the message brings an id of its own",
    "api:message-list": "the message brings an id of its own",
    "nursery:thread-read": "nobody reads back",
    "family:thread-read": "nobody reads back",
    "api:thread-read": "nobody reads back",
    "nursery:request-done": "done is done",
    "api:message-done": "done is done",
    "nursery:class-rename": "the same name again is the same name",
    "nursery:class-places": "the same places from the same day again",
    "nursery:class-close": "the same last day again",
    "nursery:room-edit": "the same values again are the same values",
    "nursery:closure-remove": "removed is removed",
    "nursery:extra-day-remove": "removed is removed",
    "nursery:child-edit": "the same values again are the same values",
    "nursery:child-identity": "a look, and every look is written down",
    "nursery:child-import": "a child that has its place already is passed over",
    "nursery:child-export": "a look, and every look is written down",
    "nursery:guardian-invite": "a new code each time, and only the newest counts: shown, never kept",
    "nursery:staff-invite": "a new code each time, and only the newest counts: shown, never kept",
    "portal:start": "a code counts once",
    "nursery:guardian-phone": "a look, and every look is written down",
    "api:child-unmask": "a look, and every look is written down",
    "nursery:allergy-remove": "removed is removed",
    "nursery:kind-active": "the same state again",
    "quality:self-check-answer": "one answer for each indicator; the same again takes its own place",
    "nursery:staff-edit": "the same values again are the same values",
    "nursery:staff-end": "ended is ended",
    "nursery:staff-phone": "a look, and every look is written down",
    "nursery:staff-document": "a look, and every look is written down",
    "nursery:staff-health": "a look, and every look is written down",
    "nursery:clock-in": "with the class already",
    "nursery:clock-out": "gone is gone",
    "nursery:presence-correct": "the same values again are the same values",
    "nursery:presence-remove": "removed is removed",
    "nursery:roster-copy": "whoever is planned is not planned again",
    "nursery:shift-remove": "removed is removed",
    "nursery:leave-grant": "decided is decided",
    "nursery:leave-refuse": "decided is decided",
    "csp-report": "a count of what browsers refused, not a thing made",
    "portal:sign-in-second": "signing in twice is signed in",
    "portal:sign-in-paused": "signing in twice is signed in",
    "portal:app-add": "a code of the app counts once",
    "portal:passkey-add": "a challenge counts once",
    "portal:factor-remove": "removed is removed",
    "portal:factor-reset": "reset is reset: the second time there is none",
    "nursery:factor-reset": "reset is reset: the second time there is none",
    "portal:recovery-codes": "new codes each time, and only the newest count: shown, never kept",
    "portal:session-end": "ended is ended",
    "portal:sessions-end": "ended is ended",
    "portal:password": "the old password is asked for, and is no longer the old one",
    "portal:confirm": "confirmed is confirmed",
    "api:step-up": "confirmed is confirmed",
    "nursery:tablet-new": "a pairing nobody answers ends by itself in minutes",
    "nursery:pairing": "answered is answered",
    "nursery:pair": "a code counts once",
    "nursery:pair-finish": "a claim counts once",
    "nursery:device-revoke": "revoked is revoked",
    "nursery:machine-new": "answers with a secret, shown once and never kept; the one left over is revoked",
    "nursery:machine-key": "answers with a secret, shown once and never kept; at most two keys count",
    "nursery:machine-old-key": "only the newest key counts",
    "nursery:pin": "the same PIN again",
    "nursery:pin-reset": "reset is reset",
    "nursery:pin-unlock": "unlocked is unlocked",
    "nursery:tablet-sign-in": "signing in twice is signed in",
    "nursery:tablet-active": "still there",
    "api:device-heartbeat": "signed with a nonce that counts once",
    "api:token": "the same token each time",
    "api:daily-log": "each entry's id is its key",
}


def load_reference() -> None:
    load_rules()
    load_standard()
    load_types()
