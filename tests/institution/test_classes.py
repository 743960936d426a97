"""Classes with places from a day on, and the rooms they use."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from core.calendar import today
from core.errors import NotThere, Refused
from core.models import AuditEvent
from institution.models import ClassCapacity, ClassGroup, Institution, RoomUse
from institution.selectors.file import institution_file
from institution.selectors.places import Sizes
from institution.services import classes
from tests.factories.institution import (
    ClassCapacityFactory,
    ClassGroupFactory,
    EnrolmentFactory,
    RoomFactory,
    RoomUseFactory,
    SiteRuleFactory,
)

DAY = dt.timedelta(days=1)


@pytest.fixture
def director(city):
    return city.actor(city.a.director)


def said(city) -> list[str]:
    institution = Institution.objects.select_related("region").get(pk=city.a.institution.pk)
    actor = city.actor(city.a.director)
    read = institution_file(actor=actor, institution=institution, day=today())
    return [finding.code for finding in read.findings]


@transaction.atomic
def as_committed(make) -> None:
    make()
    connection.check_constraints()


def test_places_change_from_a_day_on(city, director):
    small = city.a.small
    classes.set_places(actor=director, class_group=small, places=12, valid_from=today())
    classes.set_places(actor=director, class_group=small, places=18, valid_from=today() + 9 * DAY)
    classes.set_places(actor=director, class_group=small, places=10, valid_from=today() + 20 * DAY)

    sizes = Sizes.of([small.pk])
    days = [sizes.on(small, today() + number * DAY) for number in (-1, 0, 8, 9, 30)]
    assert days == [15, 12, 12, 18, 10]
    assert sizes.least_from(small, today() + 9 * DAY) == 10
    group = ClassGroup.objects.with_places(today() + 9 * DAY).get(pk=small.pk)
    assert group.places == 18
    event = AuditEvent.objects.filter(action="institution.class.places_set").latest("pk")
    assert event.data["places"] == 10


def test_fewer_places_than_children_are_refused_for_every_day_they_would_hold(city, director):
    """Three children are there now; one more comes in ten days, and one leaves in twenty."""
    small = city.a.small
    EnrolmentFactory(class_group=small, during=(today() + 10 * DAY, today() + 20 * DAY))

    for places, first in ((3, 0), (3, 15)):
        with pytest.raises(Refused) as refused:
            classes.set_places(
                actor=director,
                class_group=small,
                places=places,
                valid_from=today() + first * DAY,
            )
        assert refused.value.code == "over_capacity"
    classes.set_places(actor=director, class_group=small, places=3, valid_from=today() + 20 * DAY)
    ClassCapacityFactory(class_group=small, places=9, valid_from=today() + 8 * DAY)
    classes.set_places(actor=director, class_group=small, places=3, valid_from=today())

    assert ClassCapacity.objects.filter(class_group=small).count() == 3


def test_the_same_day_again_corrects(city, director):
    for places in (12, 13):
        classes.set_places(
            actor=director, class_group=city.a.small, places=places, valid_from=today()
        )

    assert ClassCapacity.objects.get().places == 13


def test_a_class_is_opened_renamed_and_closed(city, director):
    group = classes.open_class(
        actor=director, name="星星班", class_type="mixed", places=12, opened_on=today()
    )
    classes.rename_class(actor=director, class_group=group, name="月亮班")

    closed = classes.close_class(actor=director, class_group=group, last_day=today() + 5 * DAY)

    assert closed.name == "月亮班"
    running = ClassGroup.objects.filter(pk=group.pk)
    assert running.running(today() + 5 * DAY).exists()
    assert not running.running(today() + 6 * DAY).exists()
    actions = AuditEvent.objects.filter(action__startswith="institution.class.")
    assert list(actions.order_by("pk").values_list("action", flat=True)) == [
        "institution.class.opened",
        "institution.class.renamed",
        "institution.class.closed",
    ]


def test_a_class_with_children_is_not_closed(city, director):
    with pytest.raises(Refused) as refused:
        classes.close_class(actor=director, class_group=city.a.small, last_day=today() + 30 * DAY)

    assert refused.value.code == "children_enrolled"
    assert "3" in refused.value.message


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "托小（1）班"}, "name_taken"),
        ({"places": 0}, "out_of_range"),
        ({"places": 61}, "out_of_range"),
        ({"opened_on": today() + 500 * DAY}, "too_far"),
    ],
)
def test_what_cannot_be_opened_is_refused(city, director, changes, code):
    ClassGroup.objects.filter(pk=city.a.small.pk).update(name="托小（1）班")
    told = {"name": "星星班", "class_type": "mixed", "places": 12, "opened_on": today()}

    with pytest.raises(Refused) as refused:
        classes.open_class(actor=director, **told | changes)

    assert refused.value.code == code


def test_nobody_changes_the_classes_and_rooms_of_another_nursery(city, director):
    room, own = (
        RoomFactory(institution=city.b.institution),
        RoomFactory(institution=city.a.institution),
    )
    for deed in (
        lambda: classes.rename_class(actor=director, class_group=city.b.small, name="我的"),
        lambda: classes.close_class(actor=director, class_group=city.b.small, last_day=today()),
        lambda: classes.set_places(
            actor=director, class_group=city.b.small, places=20, valid_from=today()
        ),
        lambda: classes.keep_room(
            actor=director, room=room, name="我的", purpose="care", storey=1, area=Decimal(9)
        ),
        lambda: classes.use_room(
            actor=director, class_group=city.a.small, room=room, first_day=today()
        ),
        lambda: classes.use_room(
            actor=director, class_group=city.b.small, room=own, first_day=today()
        ),
    ):
        with pytest.raises(NotThere):
            deed()


def test_a_room_given_again_takes_the_place_of_what_was_said(city, director):
    room = RoomFactory(institution=city.a.institution)
    use = RoomUseFactory(class_group=city.a.small, room=room)

    classes.use_room(
        actor=director,
        class_group=city.a.small,
        room=room,
        first_day=today(),
        last_day=today() + 3 * DAY,
    )

    periods = list(RoomUse.objects.order_by("during").values_list("during", flat=True))
    assert [(p.lower, p.upper) for p in periods] == [
        (use.during[0], today()),
        (today(), today() + 4 * DAY),
    ]
    with pytest.raises(Refused) as refused:
        classes.use_room(
            actor=director,
            class_group=city.a.small,
            room=room,
            first_day=today(),
            last_day=today() - DAY,
        )
    assert refused.value.code == "dates_reversed"


def test_what_lies_outside_a_rule_is_said_and_not_refused(city, director):
    assert said(city) == []
    ClassCapacityFactory(class_group=city.a.small, places=16)
    ClassCapacityFactory(class_group=city.a.big, places=50)
    SiteRuleFactory(code="room_area", least=Decimal(4), most=None)
    RoomUseFactory(class_group=city.a.small, room__area=Decimal(60))

    assert sorted(said(city)) == ["class_size", "class_size", "classes_together", "room_area"]
    ClassGroup.objects.filter(pk=city.a.small.pk).update(capacity=2)
    ClassCapacity.objects.all().delete()
    assert said(city) == ["class_over_capacity"]


def test_the_database_refuses_what_cannot_be(city):
    change = ClassCapacityFactory(class_group=city.a.small)
    use = RoomUseFactory(class_group=city.a.small)
    for wrong in (
        lambda: ClassCapacityFactory(class_group=city.a.small, valid_from=change.valid_from),
        lambda: ClassCapacityFactory(class_group=city.a.big, places=0),
        lambda: RoomFactory(institution=city.a.institution, name=use.room.name),
        lambda: RoomFactory(area=Decimal(0)),
        lambda: RoomUseFactory(class_group=city.a.small, room=use.room),
        lambda: RoomUseFactory(class_group=city.a.big, during=(None, today())),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


def test_the_database_refuses_rows_of_two_nurseries(city):
    a, b = city.a, city.b
    room, other = RoomFactory(institution=a.institution), RoomFactory(institution=b.institution)
    for mixed in (
        lambda: ClassCapacityFactory(institution=a.institution, class_group=b.small),
        lambda: RoomUseFactory(class_group=a.small, room=other),
        lambda: RoomUseFactory(institution=a.institution, class_group=b.small, room=room),
    ):
        with pytest.raises(IntegrityError):
            as_committed(mixed)


def test_a_closed_class_keeps_its_name(city, director):
    ClassGroupFactory(institution=city.a.institution, name="旧班", closed_on=today() - DAY)

    with pytest.raises(Refused) as refused:
        classes.rename_class(actor=director, class_group=city.a.small, name="旧班")

    assert refused.value.code == "name_taken"
