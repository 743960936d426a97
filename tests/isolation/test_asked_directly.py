"""Each selector, service and form, asked without the page before it, by somebody of nursery a for what is of nursery b.

A page has usually looked the thing up in the reader's name already. Here nobody has: what is asked must look by itself.
No policy stands behind it, as the tests work in the system's scope. The people of nursery b ask the same and do get it.
"""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.http import Http404
from django.test import RequestFactory
from django.urls import reverse

from core import attachments
from core.calendar import now, today
from core.errors import NotThere, Refused
from core.models import AuditEvent, Job, User
from core.permissions import Role
from core.scoping import Actor
from govadmin import display
from govadmin.enums import AUDIT_EXPORT
from govadmin.filters import AuditFilter
from govadmin.selectors import audit as audit_selectors
from govadmin.selectors import figures, institutions, overview, regions
from health import selectors as health
from health.api import CheckViewSet
from health.services import records
from health.services.reference import load_rules
from institution import forms, timeline
from institution.models import Allergy, Attendance, DailyEntry, Enrolment, Institution
from institution.selectors import board, calendar, children, classes, day, devices, nursery
from institution.services import children as children_services
from institution.services import daily_log
from institution.views import tablet as tablet_views
from parents import readers
from parents import selectors as parents
from quality import selectors as quality
from quality.models import SelfCheck, Standard
from tests.core.pictures import jpeg, upload
from tests.factories.city import City, Nursery
from tests.factories.health import MeasurementFactory
from tests.factories.institution import DailyEntryFactory, MembershipFactory
from tests.leak.world import MARKER, World, build_world, child_of
from training import selectors as training
from training.services import records as training_records

YESTERDAY_AGO = dt.timedelta(days=1)
NEXT_MONTH = today() + dt.timedelta(days=31)


@dataclass(frozen=True)
class Asked:
    """Who asks, and `world`, where `world.b` is always the nursery that is asked for."""

    actor: Actor
    world: World

    @property
    def b(self) -> Nursery:
        return self.world.b

    @property
    def yesterday(self) -> dt.date:
        return today() - YESTERDAY_AGO

    @property
    def moved_board(self) -> board.Board:
        """Of the class in which the moved child was until yesterday; the child itself both nurseries know."""
        return board.class_board(actor=self.actor, class_group=self.b.small, day=self.yesterday)


Ask = Callable[[Asked], object]
CASES: dict[str, dict[str, Ask]] = {}  # role of both askers -> what -> how


def case(role: str, what: str) -> Callable[[Ask], Ask]:
    def keep(ask: Ask) -> Ask:
        CASES.setdefault(role, {})[what] = ask
        return ask

    return keep


def of_b(asked: Asked, rows) -> list:
    return [row for row in rows if row.institution_id == asked.b.institution.pk]


# ---- the nursery ----

case("director", "closed and extra days")(
    lambda asked: [
        row
        for rows in calendar.closures_of(
            actor=asked.actor, institution=asked.b.institution.pk, first=today(), last=NEXT_MONTH
        )
        for row in rows
    ]
)
case("director", "classes and rooms of the file")(
    lambda asked: [
        *classes.class_rows(actor=asked.actor, institution=asked.b.institution, day=today()),
        *classes.room_rows(actor=asked.actor, institution=asked.b.institution, day=today()),
    ]
)
case("director", "what the rules say of the classes")(
    lambda asked: classes.classes_for_findings(
        actor=asked.actor, institution=asked.b.institution, day=today()
    )
)
case("director", "days out of the ordinary")(
    lambda asked: calendar.coming(
        calendar.care_days(
            actor=asked.actor, institution=asked.b.institution.pk, first=today(), last=NEXT_MONTH
        )
    )
)
case("director", "attendance on the board")(
    lambda asked: [card.attendance for card in asked.moved_board.cards if card.attendance]
)
case("director", "allergies on the board")(
    lambda asked: [each for card in asked.moved_board.cards for each in of_b(asked, card.allergies)]
)
case("director", "entries on the board")(lambda asked: asked.moved_board.entries)
case("director", "own kinds on the board")(lambda asked: asked.moved_board.own_kinds)
case("director", "children on the board")(
    lambda asked: list(
        board.class_board(actor=asked.actor, class_group=asked.b.small, day=today()).cards
    )
)


@case("director", "news of the board")
def _news(asked: Asked) -> list:
    news = board.board_news(
        actor=asked.actor, class_group=asked.b.small, day=asked.yesterday, seq=0
    )
    return [*(pk for pk in news.roster if pk != asked.world.moved.pk), *news.entries]


case("director", "roster")(
    lambda asked: of_b(asked, children.roster(actor=asked.actor, day=asked.yesterday))
)


@case("director", "state of a child")
def _state(asked: Asked) -> list:
    moved = asked.world.moved.pk
    state = children.states(actor=asked.actor, child_ids=[moved], day=asked.yesterday)[moved]
    return [state] if state.code != "expected" else []


@case("director", "file of a child")
def _file(asked: Asked) -> list:
    file = children.child_file(actor=asked.actor, child=child_of(asked.b))
    return [*file.places, *file.guardians, *file.allergies]


@case("director", "file of a child that moved")
def _file_of_moved(asked: Asked) -> list:
    file = children.child_file(actor=asked.actor, child=asked.world.moved)
    return of_b(asked, [*file.places, *file.allergies])


case("director", "guardians of a child")(
    lambda asked: children.child_file(actor=asked.actor, child=child_of(asked.b)).guardians
)


@case("director", "day of a child")
def _day(asked: Asked) -> list:
    read = day.child_day(actor=asked.actor, child=asked.world.moved, day=asked.yesterday)
    return [*read.entries, *filter(None, [read.attendance])]


case("director", "attendance on the day of a child")(
    lambda asked: (
        day.child_day(actor=asked.actor, child=asked.world.moved, day=asked.yesterday).attendance
    )
)
case("director", "changes of a child's day")(
    lambda asked: (
        day.changes_after(
            actor=asked.actor, child=asked.world.moved, cursor="", day=asked.yesterday
        ).entries
    )
)
case("director", "tablets")(
    lambda asked: of_b(asked, [line.device for line in devices.tablets_of(asked.actor)])
)
case("director", "machines")(
    lambda asked: of_b(asked, [line.device for line in devices.machines_of(asked.actor)])
)
case("director", "PINs")(
    lambda asked: of_b(asked, [line.membership for line in devices.pins_of(asked.actor)])
)
case("director", "classes")(
    lambda asked: of_b(asked, nursery.classes_on(actor=asked.actor, day=today()))
)
case("director", "entries by kind")(
    lambda asked: nursery.totals(actor=asked.actor, classes=[], day=today()).by_kind
)
case("director", "latest entries")(
    lambda asked: nursery.latest_entries(actor=asked.actor, day=today(), most=50)
)
case("clerk", "classes to enrol in")(
    lambda asked: of_b(asked, forms.EnrolForm(actor=asked.actor).fields["class_group"].queryset)
)
case("director", "rooms for a tablet")(
    lambda asked: of_b(asked, forms.TabletForm(actor=asked.actor).fields["class_group"].queryset)
)


@case("clerk", "a place in a class")
def _enrol(asked: Asked) -> Enrolment:
    return children_services.enrol_child(
        actor=asked.actor,
        name="周小满",
        sex="female",
        born_on=today() - dt.timedelta(days=600),
        resident_id="",
        class_group=asked.b.small,
        start_on=today(),
        guardian_name="周明",
        guardian_phone="13805371299",
        relation="mother",
    )


@case("director", "an allergy to take off")
def _allergy(asked: Asked) -> list:
    allergy = Allergy.objects.get(child=asked.world.moved, institution=asked.b.institution)
    children_services.remove_allergy(actor=asked.actor, child=asked.world.moved, pk=allergy.pk)
    return [allergy]


case("carer", "pictures of entries")(
    lambda asked: [
        picture
        for item in timeline.items(
            actor=asked.actor, entries=DailyEntry.objects.filter(kind="photo")
        )
        for picture in item.pictures
    ]
)
case("carer", "a picture to show to more families")(
    lambda asked: attachments.show_children(
        actor=asked.actor,
        attachment_ids=[asked.world.photo.pk],
        child_ids=[asked.b.big_child.pk],
    )
)


@case("carer", "a class to come back to on a tablet")
def _goal(asked: Asked) -> bool:
    wanted = reverse("nursery:class-board", args=[asked.b.small.pk])
    request = RequestFactory().post("/", {"next": wanted})
    return tablet_views._goal(request, asked.actor) == wanted


# ---- health ----

case("director", "health of the day")(
    lambda asked: health.nursery_day(asked.actor, asked.b.institution, today()).children
)
case("health_worker", "place to check a child at")(
    lambda asked: health.place_of(asked.actor, child_of(asked.b).pk, today())
)
case("health_worker", "check of a child")(
    lambda asked: health.check_of(asked.actor, child_of(asked.b), today())
)
case("health_worker", "measurement of a child")(
    lambda asked: health.measurement_of(asked.actor, child_of(asked.b), None, today())
)


@case("health_worker", "a check to record")
def _check(asked: Asked) -> object:
    return records.record_check(
        actor=asked.actor,
        child=asked.b.children[1],
        temperature=Decimal("36.6"),
        action="admitted",
        findings=[],
        note="",
    )


# ---- training ----

WISH = training.Wish()
case("director", "staff")(lambda asked: of_b(asked, training.staff(asked.actor, WISH, today())))
case("director", "certificates")(
    lambda asked: of_b(asked, training.certificates(asked.actor, WISH, today()))
)
case("director", "a member of staff")(
    lambda asked: list(training.member(asked.actor, _member(asked).pk, today()))
)
case("director", "papers of a member of staff")(
    lambda asked: list(training.papers_of(asked.actor, _member(asked), today()))
)
case("director", "trainings of a member of staff")(
    lambda asked: list(training.trainings_of(asked.actor, _member(asked)))
)
case("director", "hours of a member of staff")(
    lambda asked: training.hours_this_year(asked.actor, _member(asked), today())
)
case("director", "a training to add")(
    lambda asked: training_records.add_training(
        actor=asked.actor,
        membership=_member(asked),
        topic="消防演练",
        hours=Decimal(2),
        held_on=today(),
    )
)


def _member(asked: Asked):
    return asked.b.carer.memberships.get()


# ---- families ----

case("guardian", "own children")(
    lambda asked: [
        child for child in parents.own_children(asked.actor) if child == child_of(asked.b)
    ]
)
case("guardian", "place of a child")(
    lambda asked: parents.family_day(actor=asked.actor, child=child_of(asked.b), day=today()).place
)
case("guardian", "readers of a child")(
    lambda asked: readers.readers_of(actor=asked.actor, child=child_of(asked.b), before=None).rows
)


# ---- regulators: a county that is not nursery b's, and the city ----

case("regulator", "names of institutions")(
    lambda asked: audit_selectors.institution_names(
        asked.actor, AuditEvent.objects.filter(institution_id=asked.b.institution.pk)
    )
)
case("regulator", "figures of the day")(
    lambda asked: [
        row
        for row in figures.city_figures(asked.actor, today())
        if row.id == asked.b.institution.pk
    ]
)
case("regulator", "days of a region")(
    lambda asked: [
        day_
        for day_ in overview.trend(actor=asked.actor, path=_path_of_b(asked), last=today())
        if day_.entries
    ]
)
case("regulator", "children who came, by day")(
    lambda asked: [
        day_
        for day_ in overview.trend(actor=asked.actor, path=_path_of_b(asked), last=today())
        if day_.attended
    ]
)
case("regulator", "places taken, by day")(
    lambda asked: [
        day_
        for day_ in overview.trend(actor=asked.actor, path=_path_of_b(asked), last=today())
        if day_.enrolled
    ]
)
case("regulator", "entries of an institution, by day")(
    lambda asked: sum(
        amount
        for __, amount in overview.entries_by_day(
            actor=asked.actor, institution_id=asked.b.institution.pk, last=today()
        )
    )
)
case("regulator", "a region")(
    lambda asked: regions.place_of(asked.actor, asked.b.institution.region.code)
)
case("regulator", "nurseries to choose from")(
    lambda asked: [each for each in health.nurseries(asked.actor) if each == asked.b.institution]
)
case("regulator", "health figures")(
    lambda asked: [
        row
        for row in health.figures(asked.actor, today())
        if row.institution == asked.b.institution
    ]
)
case("regulator", "counties of health")(
    lambda asked: [
        each for each in health.counties(asked.actor, today()) if each == asked.b.institution.region
    ]
)
case("regulator", "counties of training")(
    lambda asked: [
        each
        for each in training.counties(asked.actor, today())
        if each == asked.b.institution.region
    ]
)
case("regulator", "progress of a standard")(
    lambda asked: quality.region_progress(asked.actor, Standard.objects.get(), 1).started
)
case("regulator", "answers to a standard")(
    lambda asked: [
        node
        for dimension in quality.tree(asked.actor, Standard.objects.get())
        for node in dimension.indicators
        if node.answers
    ]
)


def _path_of_b(asked: Asked) -> str:
    return asked.b.institution.region.path


@case("regulator", "institutions")
def _listed(asked: Asked) -> list:
    place = regions.place_of(asked.actor)
    wide = regions.Place(
        root=place.root,
        region=asked.world.city.region,
        counties=place.counties,
        parts=place.parts,
    )
    filters = {
        "form": "",
        "inclusive": False,
        "q": "",
        "silent": False,
        "status": "",
        "sort": "",
    }
    listing = institutions.institution_listing(
        actor=asked.actor, place=wide, filters=filters, day=today()
    )
    return [row for row in listing.rows if row.id == asked.b.institution.pk]


@case("regulator", "latest entries of a region")
def _active(asked: Asked) -> list:
    rows = figures.figures_of(Institution.objects.all(), today())
    own = regions.place_of(asked.actor)
    wide = replace(own, region=asked.world.city.region)
    return [
        each
        for each in overview._activity(asked.actor, wide, rows)
        if each.institution.id == asked.b.institution.pk
    ]


@case("regulator", "institution in a filter")
def _chosen(asked: Asked) -> Institution | None:
    values = {"institution": asked.b.institution.pk}
    form = AuditFilter(values, AuditEvent.objects.all(), actor=asked.actor).form
    form.is_valid()
    return display.chosen_institution(asked.actor, form)


@case("regulator", "institution by its name in a filter")
def _by_name(asked: Asked) -> list:
    values = {"nursery": asked.b.institution.name}
    return list(AuditFilter(values, AuditEvent.objects.all(), actor=asked.actor).qs)


# ---- asking ----

ALL = [(role, what) for role, cases in CASES.items() for what in cases]


@pytest.fixture
def world(city) -> World:
    load_rules()
    world = build_world(city)
    b, moved, yesterday = world.b, world.moved, now() - YESTERDAY_AGO
    Attendance.objects.create(
        institution=b.institution,
        class_group=b.small,
        child=moved,
        day=today() - YESTERDAY_AGO,
        arrived_at=yesterday,
        left_at=yesterday,
    )
    DailyEntryFactory(
        class_group=b.small,
        child=moved,
        kind="nap",
        at=yesterday,
        detail={"phase": "start"},
        recorded_by=b.carer,
    )
    MeasurementFactory(institution=b.institution, child=child_of(b), measured_on=today())
    children.child_file(actor=City.actor(b.director), child=child_of(b))
    return world


def asker(nursery_: Nursery, role: str) -> User:
    return getattr(nursery_, role)


def told(asked: Asked, role: str, what: str) -> object:
    try:
        return CASES[role][what](asked)
    except (Refused, Http404):
        return None


@pytest.mark.parametrize(("role", "what"), ALL)
def test_nursery_a_is_told_nothing(world, role, what):
    user = world.city.county_regulator if role == "regulator" else asker(world.a, role)

    assert not told(Asked(City.actor(user), world), role, what)


@pytest.mark.parametrize(("role", "what"), ALL)
def test_nursery_b_is_told(world, role, what):
    user = world.city.regulator if role == "regulator" else asker(world.b, role)

    assert told(Asked(City.actor(user), world), role, what)


def test_a_regulator_sees_no_health_of_a_child_where_the_places_are_seen(world):
    shown = health.nursery_day(City.actor(world.city.regulator), world.b.institution, today())

    assert shown.children
    assert [row for row in shown.children if row.check or row.measurement] == []
    director = health.nursery_day(City.actor(world.b.director), world.b.institution, today())
    assert [row for row in director.children if row.check]
    assert [row for row in director.children if row.measurement]


def test_a_photo_of_another_nursery_is_no_photo_for_an_entry(world):
    entry = daily_log.NewEntry(
        id=uuid.uuid4(),
        child_id=child_of(world.a).pk,
        kind="photo",
        at=now(),
        detail=json.dumps({"photos": [str(world.photo.pk)]}).encode(),
    )

    [answer] = daily_log.record(actor=City.actor(world.a.carer), entries=[entry])

    assert (answer.status, answer.code) == ("refused", "photo_not_found")


def test_an_entry_of_another_nursery_is_not_there_to_correct(world):
    old = DailyEntry.objects.get(child=world.moved, kind="note")
    entry = daily_log.NewEntry(
        id=uuid.uuid4(),
        child_id=world.moved.pk,
        kind="note",
        at=now(),
        detail=json.dumps({"note": "睡得好"}).encode(),
        replaces=old.pk,
    )

    [answer] = daily_log.record(actor=City.actor(world.a.director), entries=[entry])

    assert (answer.status, answer.code) == ("refused", "entry_not_found")


def test_the_same_picture_in_another_post_is_another_picture(world):
    """Somebody who works in both nurseries: what was stored in one is not shown in the other."""
    user = world.a.carer
    first = attachments.store_image(
        actor=City.actor(user), institution_id=world.a.institution.pk, upload=upload(jpeg())
    )
    post = MembershipFactory(user=user, institution=world.b.institution, role=Role.CLERK)
    actor = City.actor(user, f"staff:{post.pk}")
    second = attachments.store_image(
        actor=actor, institution_id=world.b.institution.pk, upload=upload(jpeg())
    )

    assert first.pk != second.pk
    again = attachments.store_image(
        actor=actor, institution_id=world.b.institution.pk, upload=upload(jpeg())
    )
    assert again.pk == second.pk


class TestRecordsOfAChildThatMoved:
    """Both nurseries know the child; what the former one recorded stays as it is."""

    def test_a_check_of_the_former_nursery_is_not_replaced(self, world):
        check = world.moved.morning_checks.get()

        with pytest.raises(Refused):
            records.record_check(
                actor=City.actor(world.a.health_worker),
                child=world.moved,
                temperature=Decimal("36.6"),
                action="admitted",
                replaces=check.pk,
            )
        check.refresh_from_db()
        assert check.replaced_at is None

    def test_a_measurement_of_the_former_nursery_is_not_replaced(self, world):
        measured = world.moved.measurements.get()
        type(measured).objects.filter(pk=measured.pk).update(measured_on=today() - YESTERDAY_AGO)

        with pytest.raises(Refused):
            records.record_measurement(
                actor=City.actor(world.a.health_worker),
                child=world.moved,
                measured_on=today(),
                weight_kg=Decimal("11.2"),
                replaces=measured.pk,
            )
        measured.refresh_from_db()
        assert measured.replaced_at is None


def test_the_health_of_a_sibling_class_is_not_a_carers_to_record(world):
    """Of the own nursery, and not of the own class."""
    with pytest.raises(NotThere):
        records.record_check(
            actor=City.actor(world.a.carer),
            child=world.a.big_child,
            temperature=Decimal("36.6"),
            action="admitted",
        )


def test_the_api_of_health_looks_for_the_child_itself(world):
    for nursery_, found in ((world.a, False), (world.b, True)):
        asked = SimpleNamespace(actor=City.actor(nursery_.health_worker))
        if found:
            assert CheckViewSet._child(asked, child_of(world.b).pk) == child_of(world.b)
        else:
            with pytest.raises(NotThere):
                CheckViewSet._child(asked, child_of(world.b).pk)


def test_the_form_of_a_self_check_starts_from_the_own_answer(world, signed_in, without_policies):
    item = SelfCheck.objects.get(institution=world.b.institution).item
    url = reverse("quality:self-check-answer", args=[item.pk])
    a, b = (signed_in(place.director).get(url).content.decode() for place in (world.a, world.b))

    assert MARKER not in a
    assert MARKER in b


def test_an_export_of_somebody_else_is_not_shown_under_the_same_post(world):
    actor = City.actor(world.city.auditor)
    own = Job.objects.create(kind=AUDIT_EXPORT, owner=world.city.auditor, post=actor.post)
    Job.objects.create(kind=AUDIT_EXPORT, owner=world.city.regulator, post=actor.post)

    assert list(audit_selectors.exports_of(actor)) == [own]


def test_a_nap_that_the_former_nursery_wrote_down_is_none_here(world):
    """On one day in both: asleep there in the morning, here now."""
    a, b, moved = world.a, world.b, world.moved
    Attendance.objects.create(
        institution=a.institution, class_group=a.small, child=moved, day=today(), arrived_at=now()
    )
    DailyEntryFactory(
        class_group=b.small,
        child=moved,
        kind="nap",
        at=now(),
        detail={"phase": "start"},
        recorded_by=b.carer,
    )

    shown = {
        role: children.states(actor=actor, child_ids=[moved.pk], day=today())[moved.pk].code
        for role, actor in (
            ("a", City.actor(a.director)),
            ("both", Actor(user_id=1, role=Role.GUARDIAN, child_ids=frozenset({moved.pk}))),
        )
    }

    assert shown == {"a": "present", "both": "asleep"}
