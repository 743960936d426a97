"""The admissions of a nursery: its board, one application, and the plan of the coming months."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from math import ceil

from django.db.models import Count

from core import rls
from core.calendar import now, today
from core.crypto import mask_id, mask_phone
from core.scoping import Actor
from institution import admissions
from institution.enums import AdmissionState
from institution.models import (
    Application,
    ApplicationStep,
    ClassDuty,
    ClassGroup,
    ClassTypeRule,
    Contract,
    Enrolment,
    Offer,
    VisitBooking,
    VisitSlot,
)
from institution.selectors import places
from institution.selectors.places import OFFERED, Hold, Places

S = AdmissionState
COLUMN_MOST = 60
CLOSED_MOST = 20
MONTHS = 6


@dataclass(frozen=True)
class Card:
    application: Application
    offer: Offer | None
    visit_at: dt.datetime | None

    @property
    def ran_out(self) -> bool:
        return self.application.state == S.OFFERED and bool(self.offer and self.offer.ran_out)


@dataclass(frozen=True)
class Column:
    state: str
    label: str
    count: int
    cards: list[Card]

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


def board(*, actor: Actor) -> list[Column]:
    """A column for each open state, the waiting list in its order; and what was closed last."""
    mine = Application.objects.visible_to(actor)
    counts = Counter(dict(mine.values_list("state").annotate(n=Count("pk")).order_by("state")))
    found = {
        state: list(_sorted(mine.filter(state=state), state)[:COLUMN_MOST])
        for state in admissions.OPEN
        if counts[state]
    }
    offers = _offers(found.get(S.OFFERED, []))
    visits_at = dict(
        VisitBooking.objects.filter(application__in=found.get(S.VISIT, [])).values_list(
            "application", "slot__starts_at"
        )
    )
    return [
        Column(
            state=state.value,
            label=str(state.label),
            count=counts[state],
            cards=[
                Card(each, offers.get(each.pk), visits_at.get(each.pk))
                for each in found.get(state, [])
            ],
        )
        for state in admissions.OPEN
    ]


def closed(*, actor: Actor) -> list[Application]:
    mine = Application.objects.visible_to(actor).filter(state__in=admissions.CLOSED)
    return list(mine.order_by("-state_since", "pk")[:CLOSED_MOST])


def _sorted(found, state: str):
    return found.in_order() if state == S.WAITING else found.order_by("state_since", "pk")


def _offers(found: list[Application]) -> dict[int, Offer]:
    """The latest of each."""
    offers = Offer.objects.filter(application__in=found).select_related("class_group")
    return {offer.application_id: offer for offer in offers.order_by("pk")}


@dataclass(frozen=True)
class ApplicationFile:
    application: Application
    steps: list[ApplicationStep]
    offers: list[Offer]  # newest first
    contracts: list[Contract]
    resident_id: str  # masked
    phone: str  # masked
    elsewhere_since: dt.date | None
    visit: VisitBooking | None
    place_in_line: int | None

    @property
    def offer(self) -> Offer | None:
        return self.offers[0] if self.offers else None

    @property
    def contract(self) -> Contract | None:
        return self.contracts[0] if self.contracts else None

    @property
    def about_to_start(self) -> bool:
        return self.application.state in (S.OFFERED, S.CONTRACTED)

    @property
    def first_day(self) -> dt.date:
        """That of the offer, and never before today."""
        return max(self.offer.start_on, today()) if self.offer else today()

    @property
    def next_states(self) -> list[AdmissionState]:
        return list(admissions.NEXT[S(self.application.state)])


def application_file(*, actor: Actor, application: Application) -> ApplicationFile:
    """`application` with its child loaded."""
    steps = ApplicationStep.objects.visible_to(actor).filter(application=application)
    offers = Offer.objects.visible_to(actor).filter(application=application)
    contracts = Contract.objects.visible_to(actor).filter(application=application)
    visits = VisitBooking.objects.visible_to(actor).filter(application=application)
    return ApplicationFile(
        application=application,
        steps=list(steps.select_related("made_by").order_by("pk")),
        offers=list(offers.select_related("class_group").order_by("-pk")),
        contracts=list(contracts.select_related("class_group").order_by("-pk")),
        resident_id=mask_id(application.resident_id),
        phone=mask_phone(application.guardian_phone),
        elsewhere_since=place_elsewhere(application) if application.is_open else None,
        visit=visits.select_related("slot").order_by("pk").first(),
        place_in_line=_place_in_line(actor, application),
    )


def _place_in_line(actor: Actor, application: Application) -> int | None:
    if application.state != S.WAITING:
        return None
    line = Application.objects.visible_to(actor).filter(state=S.WAITING).in_order()
    return list(line.values_list("pk", flat=True)).index(application.pk) + 1


def place_elsewhere(application: Application) -> dt.date | None:
    """Since when a child with this number has a place at another nursery. Which one is not for the asking nursery to know."""
    if not application.resident_id:
        return None
    with rls.system("child: same resident id elsewhere"):
        there = Enrolment.objects.filter(child__resident_id_index__of=application.resident_id)
        there = there.exclude(institution=application.institution_id).on(today())
        return there.values_list("during__startswith", flat=True).order_by("pk").first()


@dataclass(frozen=True)
class Visit:
    slot: VisitSlot
    families: list[Application]


def visits(*, actor: Actor) -> list[Visit]:
    """Those to come, soonest first, with the families that booked."""
    slots = VisitSlot.objects.visible_to(actor).coming(now()).with_free()
    found = list(slots.order_by("starts_at", "pk")[:COLUMN_MOST])
    families: dict[int, list[Application]] = {}
    bookings = VisitBooking.objects.visible_to(actor).filter(slot__in=found)
    for booking in bookings.select_related("application").order_by("pk"):
        families.setdefault(booking.slot_id, []).append(booking.application)
    return [Visit(slot, families.get(slot.pk, [])) for slot in found]


@dataclass(frozen=True)
class Month:
    first: dt.date
    places: Places
    carers: int
    needed: int | None  # None where the rule gives no ratio
    tried: bool  # the application that is tried out is counted in

    @property
    def short(self) -> bool:
        return self.needed is not None and self.carers < self.needed

    @property
    def lacking(self) -> int:
        return (self.needed or 0) - self.carers

    @property
    def offered_from(self) -> int:
        """Where their part of the bar begins."""
        return self.places.enrolled + self.places.contracted

    @property
    def full(self) -> bool:
        return self.places.free < 1

    @property
    def over(self) -> bool:
        return self.places.free < 0

    @property
    def per_carer(self) -> float | None:
        return round(self.places.taken / self.carers, 1) if self.carers else None


@dataclass(frozen=True)
class PlanLine:
    class_group: ClassGroup
    rule: ClassTypeRule | None
    months: list[Month]


@dataclass(frozen=True)
class Try:
    """An application put into a class from a day on, without doing it."""

    application: Application
    class_group: ClassGroup
    start_on: dt.date


@dataclass(frozen=True)
class Plan:
    months: list[dt.date]
    lines: list[PlanLine]
    waiting: list[Application]


def plan(*, actor: Actor, attempt: Try | None = None) -> Plan:
    """The fullest day of each coming month in every class. The statements do not grow with classes or months."""
    day = today()
    months = [_plus(day.replace(day=1), number) for number in range(MONTHS)]
    running = ClassGroup.objects.visible_to(actor).filter(opened_on__lt=_plus(months[-1], 1))
    classes = list(running.running(day).order_by("name", "pk"))
    held = places.holds([group.pk for group in classes], day)
    if attempt:
        held = [hold for hold in held if hold.application_id != attempt.application.pk]
        held.append(
            Hold(OFFERED, attempt.class_group.pk, attempt.start_on, None, attempt.application.pk)
        )
    rules = places.rules_on(day)
    duties = list(
        ClassDuty.objects.visible_to(actor)
        .filter(class_group__in=classes)
        .values_list("class_group", "during")
    )
    waiting = Application.objects.visible_to(actor).filter(state__in=(S.APPLIED, S.WAITING))
    sizes = places.Sizes.of(group.pk for group in classes)
    return Plan(
        months=months,
        lines=[
            PlanLine(
                class_group=group,
                rule=rules.get(group.class_type),
                months=[
                    _month(group, rules.get(group.class_type), sizes, held, duties, first, attempt)
                    for first in months
                ],
            )
            for group in classes
        ],
        waiting=list(waiting.in_order()[:COLUMN_MOST]),
    )


def _month(group, rule, sizes, held, duties, first: dt.date, attempt: Try | None) -> Month:
    begin, end = max(first, today()), _plus(first, 1)
    of_class = [hold for hold in held if hold.class_id == group.pk]
    found = places.fullest(of_class, places.capacity(sizes.on(group, begin), rule), begin, end)
    carers = sum(pk == group.pk and begin in during for pk, during in duties)
    ratio = rule.children_per_carer if rule else None
    return Month(
        first=first,
        places=found,
        carers=carers,
        needed=ceil(found.taken / ratio) if ratio else None,
        tried=bool(attempt and attempt.class_group.pk == group.pk and attempt.start_on < end),
    )


def _plus(first: dt.date, months: int) -> dt.date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return dt.date(year, month + 1, 1)
