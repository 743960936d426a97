"""Families that ask the nurseries of the demonstration city for a place, in every state of the way."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.calendar import day_bounds
from core.permissions import Role
from institution.demo import Context, Nursery, Pupil
from institution.demo.copy import copy_in
from institution.demo.names import Names
from institution.enums import (
    AdmissionSource,
    AdmissionState,
    OfferState,
    Relation,
    ServiceMode,
    Sex,
)
from institution.models import (
    Application,
    ApplicationStep,
    ClassGroup,
    ClassTypeRule,
    Contract,
    Offer,
    ServiceFee,
    VisitBooking,
    VisitSlot,
)
from institution.selectors import places

S = AdmissionState
WAY = (S.ENQUIRY, S.APPLIED, S.WAITING, S.OFFERED, S.CONTRACTED, S.STARTED)
MANY = (
    *(
        S.ENQUIRY,
        S.ENQUIRY,
        S.VISIT,
        S.VISIT,
        S.APPLIED,
        S.APPLIED,
        S.WAITING,
        S.WAITING,
        S.WAITING,
        S.WAITING,
    ),
    *(S.OFFERED, S.OFFERED, S.CONTRACTED, S.CONTRACTED, S.STARTED, S.WITHDRAWN, S.DECLINED),
)
FEW = (S.APPLIED, S.WAITING, S.WAITING, S.CONTRACTED)
PRIORITIES = ("职工子女", "二孩家庭", "双职工家庭")
NOTES = ("希望离家近", "爷爷奶奶接送", "先上半日", "")
REASONS = {S.WITHDRAWN: "家里老人带", S.DECLINED: "月龄不符，建议明年报名"}
NUMBERS_FROM = 200


@dataclass
class Written:
    applications: list[Application] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    slots: list[VisitSlot] = field(default_factory=list)
    bookings: list[VisitBooking] = field(default_factory=list)


def fill(context: Context) -> None:
    rng = random.Random(f"{context.seed}:admissions")  # noqa: S311 -- made-up data
    written = _Office(context, rng).write()
    copied = len(written.applications) + len(written.offers) + len(written.contracts)
    with context.bar("Applications for places", copied) as bar:
        copy_in(Application, written.applications, bar)
        for offer in written.offers:
            offer.application_id = offer.application.pk
        for contract in written.contracts:
            contract.application_id = contract.application.pk
        copy_in(VisitSlot, written.slots)
        for booking in written.bookings:
            booking.application_id, booking.slot_id = booking.application.pk, booking.slot.pk
        copy_in(VisitBooking, written.bookings)
        copy_in(Offer, written.offers, bar)
        copy_in(Contract, written.contracts, bar)
        steps = [step for asked in written.applications for step in _steps(asked)]
        copy_in(ApplicationStep, steps)


class _Office:
    def __init__(self, context: Context, rng: random.Random) -> None:
        self.context, self.rng = context, rng
        self.names = Names(rng, numbers_from=NUMBERS_FROM)
        self.rules: dict[str, ClassTypeRule] = places.rules_on(context.today)
        self.classes: dict[int, list[ClassGroup]] = {}
        for group in ClassGroup.objects.running(context.today).order_by("pk"):
            self.classes.setdefault(group.institution_id, []).append(group)
        self.sizes = places.Sizes.of(
            group.pk for groups in self.classes.values() for group in groups
        )
        self.taken = Counter(pupil.class_group_id for pupil in context.pupils)
        self.newest: dict[int, Pupil] = {}
        for pupil in sorted(context.pupils, key=lambda pupil: (pupil.since, pupil.id)):
            self.newest[pupil.institution_id] = pupil
        fees = ServiceFee.objects.in_force(context.today).filter(mode=ServiceMode.FULL_DAY)
        self.fees: dict[int, list[dict]] = {}
        for fee in fees.order_by("institution", "unit", "pk"):
            terms = {"mode": fee.mode, "unit": fee.unit, "amount": str(fee.amount)}
            self.fees.setdefault(fee.institution_id, []).append(terms)
        self.written = Written()

    def write(self) -> Written:
        writers = {
            worker.institution_id: worker.user_id
            for role in (Role.DIRECTOR, Role.CLERK)
            for worker in self.context.staff
            if worker.role == role
        }
        states = MANY if self.context.scale == "demo" else FEW
        for nursery in self.context.nurseries:
            if self.classes.get(nursery.id):
                self._slots(nursery, writers[nursery.id])
                for turn, state in enumerate(states):
                    self._family(nursery, writers[nursery.id], state, turn)
        return self.written

    def _family(self, nursery: Nursery, writer: int, state: AdmissionState, turn: int) -> None:
        pupil = self.newest.get(nursery.id)
        if state == S.STARTED and pupil:
            self._started(nursery, writer, pupil)
            return
        group = self._class(nursery, needs_room=state in (S.OFFERED, S.CONTRACTED))
        if group is None or state == S.STARTED:
            return
        start = self._start(state, turn)
        asked = self._application(nursery, writer, state, group, start)
        if state == S.OFFERED:
            self._offer(asked, group, start, OfferState.OPEN, days=-1 if turn % 2 else 5)
        elif state == S.VISIT:
            slot = self.written.slots[-1 - turn % 2]
            place = {"institution_id": nursery.id, "application": asked, "slot": slot}
            self.written.bookings.append(VisitBooking(**place))
        elif state == S.CONTRACTED:
            self._offer(asked, group, start, OfferState.ACCEPTED, days=3)
            self._contract(asked, group, start)

    def _slots(self, nursery: Nursery, writer: int) -> None:
        """Next Saturday in the morning and in the afternoon."""
        day = self.context.today + dt.timedelta(days=7 - (self.context.today.weekday() + 2) % 7)
        for hour in (10, 15):
            begins = day_bounds(day)[0] + dt.timedelta(hours=hour)
            slot = {"institution_id": nursery.id, "starts_at": begins, "made_by_id": writer}
            self.written.slots.append(VisitSlot(places=4, **slot))

    def _class(self, nursery: Nursery, *, needs_room: bool) -> ClassGroup | None:
        groups = self.classes[nursery.id]
        if not needs_room:
            return self.rng.choice(groups)
        free = [group for group in groups if self.taken[group.pk] < self._capacity(group)]
        if not free:
            return None
        group = self.rng.choice(free)
        self.taken[group.pk] += 1
        return group

    def _capacity(self, group: ClassGroup) -> int:
        least = self.sizes.least_from(group, self.context.today)
        return places.capacity(least, self.rules.get(group.class_type))

    def _start(self, state: AdmissionState, turn: int) -> dt.date:
        """A contract for these days, everything else for one of the coming months."""
        today = self.context.today
        if state == S.CONTRACTED:
            return today + dt.timedelta(days=3 + turn % 2)
        months = today.year * 12 + today.month - 1 + self.rng.randrange(1, 5)
        return dt.date(months // 12, months % 12 + 1, 1)

    def _application(
        self,
        nursery: Nursery,
        writer: int,
        state: AdmissionState,
        group: ClassGroup,
        start: dt.date,
    ) -> Application:
        rng = self.rng
        sex = rng.choice(list(Sex))
        surname = self.names.surname()
        relation = rng.choice((Relation.MOTHER, Relation.FATHER))
        parent = Sex.FEMALE if relation == Relation.MOTHER else Sex.MALE
        rule = self.rules[group.class_type]
        months = rng.randrange(rule.min_months, max(rule.min_months + 1, rule.below_months - 2))
        born = start - dt.timedelta(days=int(months * 30.5) + rng.randrange(3, 26))
        since = self.context.until - dt.timedelta(
            days=rng.randrange(2, 40), minutes=rng.randrange(300)
        )
        raised = rng.random() < 0.15
        asked = Application(
            institution_id=nursery.id,
            name=self.names.child(sex, surname, set()),
            sex=sex,
            born_on=born,
            resident_id=self.names.resident_id(born, sex) if rng.random() < 0.8 else "",
            guardian_name=self.names.adult(parent, surname if parent == Sex.MALE else ""),
            guardian_phone=self.names.phone(),
            relation=relation,
            wished_month=start.replace(day=1),
            class_type=group.class_type,
            source=rng.choice(list(AdmissionSource)),
            sibling=rng.random() < 0.12,
            priority=1 if raised else 0,
            priority_reason=rng.choice(PRIORITIES) if raised else "",
            note=rng.choice(NOTES),
            state=state,
            state_since=since,
            waiting_since=since.date() if state == S.WAITING else None,
            added_by_id=writer,
            added_at=since,
        )
        self.written.applications.append(asked)
        return asked

    def _started(self, nursery: Nursery, writer: int, pupil: Pupil) -> None:
        group = next(g for g in self.classes[nursery.id] if g.pk == pupil.class_group_id)
        asked = self._application(nursery, writer, S.STARTED, group, pupil.since)
        asked.child_id, asked.name, asked.sex = pupil.id, pupil.name, pupil.sex
        asked.born_on = pupil.born_on
        asked.resident_id = asked.guardian_phone = ""
        asked.state_since = min(
            self.context.until,
            dt.datetime.combine(pupil.since, dt.time(1), dt.UTC),
        )
        self._contract(asked, group, pupil.since)

    def _offer(
        self, asked: Application, group: ClassGroup, start: dt.date, state: OfferState, days: int
    ) -> None:
        self.written.offers.append(
            Offer(
                institution_id=asked.institution_id,
                application=asked,
                class_group_id=group.pk,
                start_on=start,
                expires_on=self.context.today + dt.timedelta(days=days),
                state=state,
                made_by_id=asked.added_by_id,
                made_at=asked.state_since,
            )
        )

    def _contract(self, asked: Application, group: ClassGroup, start: dt.date) -> None:
        self.written.contracts.append(
            Contract(
                institution_id=asked.institution_id,
                application=asked,
                class_group_id=group.pk,
                mode=ServiceMode.FULL_DAY,
                fee_terms=self.fees.get(asked.institution_id, []),
                starts_on=start,
                signed_on=min(asked.state_since.date(), start),
                made_by_id=asked.added_by_id,
                made_at=asked.state_since,
            )
        )


def _steps(asked: Application) -> Iterator[ApplicationStep]:
    """How it came into its state, some days between two steps."""
    state = AdmissionState(asked.state)
    way = [*WAY[: WAY.index(state) + 1]] if state in WAY else [S.ENQUIRY, S.APPLIED, state]
    if state == S.VISIT:
        way = [S.ENQUIRY, state]
    for place, each in enumerate(way):
        yield ApplicationStep(
            institution_id=asked.institution_id,
            application_id=asked.pk,
            before=way[place - 1] if place else "",
            state=each,
            reason=REASONS.get(each, ""),
            made_by_id=asked.added_by_id,
            made_at=asked.state_since - dt.timedelta(days=4 * (len(way) - 1 - place)),
        )
