"""Which days a nursery is open: the stored calendar, its own closed days and its extra days, in one query."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import CharField, DateField, Func, Value
from django.utils.translation import gettext as _

from core.models import CalendarDay
from core.models.calendar_day import DayKind, in_language
from core.scoping import Actor
from institution.enums import ClosureReason
from institution.models import Closure, MakeupDay

ONE_DAY = dt.timedelta(days=1)
OPEN_KINDS = frozenset({DayKind.WORKDAY, DayKind.MAKEUP})
ORDINARY = frozenset({"workday", "weekend", "unknown"})


@dataclass(frozen=True)
class CareDay:
    """A day as a nursery has it. `why` is what decides: unknown, workday, weekend, holiday, makeup, closure or extra."""

    day: dt.date
    why: str
    text: str = ""  # the reason in words, where it is not an ordinary day

    @property
    def is_open(self) -> bool | None:
        """None: the calendar of the year is not announced, and the nursery has said nothing of its own."""
        if self.why == "unknown":
            return None
        return self.why == "extra" or self.why in OPEN_KINDS


@dataclass(frozen=True)
class Span:
    """Days after one another that are closed, or open, for one reason."""

    first: dt.date
    last: dt.date
    is_open: bool
    text: str


def open_days(
    *,
    actor: Actor,
    institution: int,
    first: dt.date,
    last: dt.date,
    class_group: int | None = None,
) -> list[dt.date]:
    """The days known to be open, first and last included. Days whose calendar is unknown are not among them."""
    days = care_days(
        actor=actor, institution=institution, first=first, last=last, class_group=class_group
    )
    return [day.day for day in days if day.is_open]


def care_days(
    *,
    actor: Actor,
    institution: int,
    first: dt.date,
    last: dt.date,
    class_group: int | None = None,
) -> list[CareDay]:
    """Every day from first to last. With a class also the days on which that class alone is closed."""
    official: dict[dt.date, tuple[str, str]] = {}
    closed: dict[dt.date, str] = {}
    extra: dict[dt.date, str] = {}
    for what, since, until, kind, name, name_en in _rows(
        actor, institution, first, last, class_group
    ):
        if what == "calendar":
            official[since] = kind, in_language(name, name_en)
        elif what == "extra":
            extra[since] = name
        else:
            words = _closed_for(kind, name)
            closed |= dict.fromkeys(_each(max(since, first), min(until - ONE_DAY, last)), words)
    return [_care_day(day, official, closed, extra) for day in _each(first, last)]


@dataclass(frozen=True)
class OpenDays:
    """Which days nurseries are open, for many of them at once. Days on which a class alone is closed are open."""

    official: dict[dt.date, str]
    closed: dict[int, list[tuple[dt.date, dt.date]]]  # institution -> first day, day after the last
    extra: set[tuple[int, dt.date]]

    def is_open(self, institution: int, day: dt.date) -> bool | None:
        """None as in CareDay: the calendar of the year is not announced."""
        if any(first <= day < after for first, after in self.closed.get(institution, ())):
            return False
        kind = self.official.get(day)
        if (institution, day) in self.extra or kind in OPEN_KINDS:
            return True
        return None if kind is None else False


def open_days_of(*, actor: Actor | None, first: dt.date, last: dt.date) -> OpenDays:
    """In three queries, however many nurseries there are. No actor means the system, which sees them all."""
    closures, extra = Closure.objects.all(), MakeupDay.objects.all()
    if actor is not None:
        closures, extra = closures.visible_to(actor), extra.visible_to(actor)
    closed: dict[int, list[tuple[dt.date, dt.date]]] = {}
    whole = closures.between(first, last).filter(class_group=None)
    for institution, during in whole.order_by("pk").values_list("institution_id", "during"):
        closed.setdefault(institution, []).append((during.lower, during.upper))
    official = CalendarDay.objects.between(first, last).order_by("day")
    days = extra.filter(day__gte=first, day__lte=last).order_by("pk")
    return OpenDays(
        dict(official.values_list("day", "kind")),
        closed,
        set(days.values_list("institution_id", "day")),
    )


def coming(days: Iterable[CareDay]) -> list[Span]:
    """What is out of the ordinary among them: public holidays, closed days, days open for once."""
    spans: list[Span] = []
    for day in days:
        if day.why in ORDINARY:
            continue
        is_open, before = bool(day.is_open), spans[-1] if spans else None
        if (
            before
            and before.last + ONE_DAY == day.day
            and before.text == day.text
            and before.is_open == is_open
        ):
            spans[-1] = Span(before.first, day.day, is_open, day.text)
        else:
            spans.append(Span(day.day, day.day, is_open, day.text))
    return spans


def closures_of(
    *, actor: Actor, institution: int, first: dt.date, last: dt.date
) -> tuple[list[Closure], list[MakeupDay]]:
    """What the nursery itself has entered for these days."""
    closures = Closure.objects.visible_to(actor).filter(institution=institution)
    extra = MakeupDay.objects.visible_to(actor).filter(institution=institution)
    return (
        list(closures.between(first, last).select_related("class_group").order_by("during", "pk")),
        list(extra.filter(day__gte=first, day__lte=last).order_by("day", "pk")),
    )


def _rows(
    actor: Actor, institution: int, first: dt.date, last: dt.date, class_group: int | None
) -> Iterable[tuple]:
    text = CharField()
    official = CalendarDay.objects.between(first, last)
    closures = Closure.objects.visible_to(actor).filter(institution=institution)
    extra = MakeupDay.objects.visible_to(actor).filter(
        institution=institution, day__gte=first, day__lte=last
    )
    return official.values_list(
        Value("calendar", text), "day", "day", "kind", "name", "name_en"
    ).union(
        closures.between(first, last)
        .concerning(class_group)
        .values_list(
            Value("closure", text),
            Func("during", function="lower", output_field=DateField()),
            Func("during", function="upper", output_field=DateField()),
            "reason",
            "note",
            Value("", text),
        ),
        extra.values_list(
            Value("extra", text), "day", "day", Value("", text), "note", Value("", text)
        ),
        all=True,
    )


def _each(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def _care_day(
    day: dt.date,
    official: dict[dt.date, tuple[str, str]],
    closed: dict[dt.date, str],
    extra: dict[dt.date, str],
) -> CareDay:
    if day in closed:
        return CareDay(day, "closure", closed[day])
    kind, name = official.get(day, ("unknown", ""))
    if day in extra and kind not in OPEN_KINDS:
        return CareDay(day, "extra", extra[day] or _("Open on this day"))
    if kind == DayKind.HOLIDAY:
        return CareDay(day, kind, name or str(DayKind.HOLIDAY.label))
    if kind == DayKind.MAKEUP:
        return CareDay(day, kind, _("Working day for %(holiday)s") % {"holiday": name})
    return CareDay(day, kind)


def _closed_for(reason: str, note: str) -> str:
    label = str(ClosureReason(reason).label)
    if reason == ClosureReason.OTHER and note:
        return note
    return _("%(reason)s: %(note)s") % {"reason": label, "note": note} if note else label
