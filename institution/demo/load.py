"""Loads the city, or tells its log up to now."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from core.calendar import day_bounds, local_day, now
from core.models import Region, Stream, User
from core.permissions import Role
from institution import history, partitions, reference
from institution.demo import (
    Context,
    Nursery,
    Pupil,
    Worker,
    admissions,
    alerts,
    calendar,
    devices,
    employment,
    file,
    incidents,
    kitchen,
    ledgers,
    log,
    logins,
    messages,
    notices,
    photos,
    pickup,
    rooms,
)
from institution.demo.city import SCALES, SHARES, City
from institution.demo.copy import copy_in
from institution.demo.families import Families
from institution.demo.names import Names
from institution.demo.people import Register
from institution.demo.staff import appoint, employ
from institution.enums import ClassType, InstitutionForm, OperationMode, Sex
from institution.models import ClassDuty, ClassGroup, Enrolment, Institution, Membership

UNKNOWN = dt.date(2000, 1, 1)
FETCHING = dt.timedelta(hours=16, minutes=20)  # after this the children are fetched


@dataclass(frozen=True, kw_only=True)
class Request:
    scale: str
    seed: int
    days: int
    until: dt.datetime
    bar: Callable
    photos: bool = False  # of this morning, written by the services and so dated now
    replace: bool = False


@dataclass(frozen=True, kw_only=True)
class Loaded:
    institutions: int
    children: int
    staff: int
    entries: int


def usual_until() -> dt.datetime:
    """Now, but never so late that the nurseries have emptied: in the evening the log stops before the children go."""
    moment = now()
    return min(moment, day_bounds(local_day(moment))[0] + FETCHING)


def is_loaded() -> bool:
    return Institution.objects.exists()


def empty() -> None:
    """Everything that belongs to institutions, children and people, in every app. Audit records stay."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE institution_institution, institution_child, core_user CASCADE")
    Stream.objects.filter(name__startswith="institution.").delete()


@transaction.atomic
def load(request: Request) -> Loaded:
    with history.not_kept():
        return _load(request)


def _load(request: Request) -> Loaded:
    if request.replace:
        empty()
    reference.load()
    _count_inhabitants()
    today = local_day(request.until)
    rng = random.Random(f"{request.seed}:{request.scale}")  # noqa: S311 -- made-up data
    names = Names(rng)
    scale = SCALES[request.scale]
    city = City(rng, scale, names, today).build()
    file.describe(city, request.seed, today)
    register = Register(rng=rng, names=names, today=today, password=make_password(logins.PASSWORD))
    _settle(register, city, scale.children)
    _write(city, register, request.bar)
    context = _context(
        request, log.days_of_care(today - dt.timedelta(days=request.days - 1), today)
    )
    entries = log.tell(context, context.days)
    partitions.ensure_ahead(today)
    if request.photos:
        entries += photos.take(context)
    devices.connect(context)
    file.fill(context, city)
    rooms.fill(context, city)
    admissions.fill(context)
    pickup.fill(context, draw=request.photos)
    incidents.fill(context)
    alerts.fill(context)
    messages.fill(context)
    notices.fill(context)
    employment.fill(context)
    calendar.fill(context)
    ledgers.fill(context, draw=request.photos)
    kitchen.fill(context)
    _fill_apps(context)
    _analyse()
    return _sum(context, entries)


@transaction.atomic
def catch_up(request: Request) -> Loaded:
    """Tell the days since the log stopped, for a demonstration that was started again on a later day."""
    last, today = log.last_day(), local_day(request.until)
    first = (last or today - dt.timedelta(days=request.days)) + dt.timedelta(days=1)
    days = log.days_of_care(first, today) if first <= today else ()
    context = _context(request, days)
    entries = log.tell(context, days)
    calendar.open_today(context)
    partitions.ensure_ahead(today)
    return _sum(context, entries)


def _sum(context: Context, entries: int) -> Loaded:
    return Loaded(
        institutions=len(context.nurseries),
        children=len(context.pupils),
        staff=len(context.staff),
        entries=entries,
    )


def _count_inhabitants() -> None:
    for code, (_share, people) in SHARES.items():
        Region.objects.filter(code=code).update(population=people)
    Region.objects.filter(level="city").update(
        population=sum(people for _share, people in SHARES.values())
    )


def _settle(register: Register, city, children: int) -> None:
    numbers = iter(
        register.spread([group for _nursery, groups in city for group in groups], children)
    )
    for place, (institution, groups) in enumerate(city):
        classes = [(group, next(numbers)) for group in groups]
        employ(register, institution, classes)
        families = Families(register, institution)
        if place == 0:
            families.fill_showcase(classes)
        else:
            for group, number in classes:
                families.fill(group, number)
    appoint(register, [institution for institution, _groups in city])


def _write(city, register: Register, bar) -> None:
    groups = [group for _nursery, found in city for group in found]
    with bar("Nurseries and people", len(city) + len(groups) + register.size) as progress:
        copy_in(Institution, [institution for institution, _groups in city], progress)
        for group in groups:
            group.institution_id = group.institution.pk
        copy_in(ClassGroup, groups, progress)
        register.save(progress)


def _context(request: Request, days: tuple[dt.date, ...]) -> Context:
    """As it stands in the database, in the order of ids."""
    today = local_day(request.until)
    return Context(
        rng=random.Random(f"{request.seed}:institution"),  # noqa: S311 -- a made-up city
        seed=request.seed,
        scale=request.scale,
        until=request.until,
        today=today,
        days=days,
        nurseries=_nurseries(),
        pupils=_pupils(today),
        staff=_staff(today),
        logins=dict(User.objects.filter(username__in=logins.LOGINS).values_list("username", "pk")),
        bar=request.bar,
    )


def _nurseries() -> tuple[Nursery, ...]:
    classes: dict[int, list[int]] = {}
    for pk, institution in ClassGroup.objects.order_by("pk").values_list("pk", "institution_id"):
        classes.setdefault(institution, []).append(pk)
    return tuple(
        Nursery(
            id=found.pk,
            name=found.name,
            region_id=found.region_id,
            region_path=found.region.path,
            form=InstitutionForm(found.form),
            operation=OperationMode(found.operation),
            inclusive=found.inclusive,
            opened_on=found.opened_on or UNKNOWN,
            class_ids=tuple(classes.get(found.pk, ())),
        )
        for found in Institution.objects.select_related("region").order_by("pk")
    )


def _pupils(today: dt.date) -> tuple[Pupil, ...]:
    places = Enrolment.objects.on(today).order_by("child_id").select_related("child", "class_group")
    return tuple(
        Pupil(
            id=place.child_id,
            name=place.child.name,
            sex=Sex(place.child.sex),
            born_on=place.child.born_on,
            institution_id=place.institution_id,
            class_group_id=place.class_group_id,
            class_type=ClassType(place.class_group.class_type),
            since=place.during.lower,
        )
        for place in places.defer("child__resident_id")
    )


def _staff(today: dt.date) -> tuple[Worker, ...]:
    duties = dict(
        ClassDuty.objects.filter(during__contains=today)
        .order_by("pk")
        .values_list("membership_id", "class_group_id")
    )
    members = Membership.objects.working(today).order_by("pk")
    return tuple(
        Worker(
            user_id=user,
            membership_id=pk,
            name=name,
            role=Role(role),
            institution_id=institution,
            class_group_id=duties.get(pk),
            since=since,
        )
        for pk, user, name, role, institution, since in members.values_list(
            "pk", "user_id", "user__name", "role", "institution_id", "started_on"
        )
    )


def _fill_apps(context: Context) -> None:
    """Every other app's own part, lower rooms first."""
    for app in reversed(list(apps.get_app_configs())):
        name = f"{app.name}.demo"
        if app.name == "institution" or find_spec(name) is None:
            continue
        rng = random.Random(f"{context.seed}:{app.label}")  # noqa: S311 -- a made-up city
        import_module(name).fill(replace(context, rng=rng))


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
