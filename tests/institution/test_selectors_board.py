import datetime as dt

import pytest

from core.calendar import now, today
from institution.selectors.board import board_news, class_board
from institution.selectors.nursery import class_lines, classes_on, latest_entries, totals
from tests.factories.institution import (
    AllergyFactory,
    AttendanceFactory,
    ChildFactory,
    ClassDutyFactory,
    DailyEntryFactory,
    EnrolmentFactory,
)


@pytest.fixture
def carer(city):
    return city.actor(city.a.carer)


def board_of(actor, class_group):
    chosen = next(each for each in classes_on(actor=actor, day=today()) if each == class_group)
    return class_board(actor=actor, class_group=chosen, day=today())


def test_the_board_shows_the_children_of_the_class_with_what_must_be_known(city, carer):
    child = city.a.children[0]
    AllergyFactory(institution=city.a.institution, child=child)
    AttendanceFactory(class_group=city.a.small, child=child)
    EnrolmentFactory(
        class_group=city.a.small,
        child=ChildFactory(name="明天来"),
        during=(today() + dt.timedelta(days=1), None),
    )
    board = board_of(carer, city.a.small)
    assert [card.child for card in board.cards] == city.a.children
    assert board.cards[0].severe
    assert board.cards[0].attendance.presence == "present"
    assert board.rule.children_per_carer == 5


def test_entries_that_stand_and_the_cursor_of_all(city, carer):
    place = {"class_group": city.a.small, "child": city.a.children[0], "recorded_by": city.a.carer}
    stands = DailyEntryFactory(**place)
    DailyEntryFactory(**place, at=now() - dt.timedelta(days=1))
    gone = DailyEntryFactory(**place, void=True)
    DailyEntryFactory(class_group=city.a.big, child=city.a.big_child)
    board = board_of(carer, city.a.small)
    assert (board.entries, board.cursor) == ([stands], gone.seq)
    news = board_news(actor=carer, class_group=city.a.small, day=today(), seq=stands.seq)
    assert (news.entries, news.roster) == ([gone], [child.pk for child in city.a.children])


def test_another_nursery_sees_nothing_of_it(city):
    DailyEntryFactory(class_group=city.a.small, child=city.a.children[0])
    other = city.actor(city.b.director)
    assert city.a.small not in classes_on(actor=other, day=today())
    news = board_news(actor=other, class_group=city.a.small, day=today(), seq=0)
    assert (news.entries, news.roster) == ([], [])
    assert latest_entries(actor=other, day=today(), most=9) == []


@pytest.mark.parametrize(("present", "crowded"), [(5, False), (6, True)])
def test_a_class_above_its_ratio_is_told(city, present, crowded):
    for _ in range(present):
        child = EnrolmentFactory(class_group=city.a.small).child
        AttendanceFactory(class_group=city.a.small, child=child)
    lines = class_lines(actor=city.actor(city.a.director), day=today())
    small = next(line for line in lines if line.class_group == city.a.small)
    assert (small.crowded, small.per_carer) == (crowded, present)


def test_a_second_carer_lowers_the_ratio(city):
    for _ in range(6):
        child = EnrolmentFactory(class_group=city.a.small).child
        AttendanceFactory(class_group=city.a.small, child=child)
    ClassDutyFactory(class_group=city.a.small)
    lines = class_lines(actor=city.actor(city.a.director), day=today())
    small = next(line for line in lines if line.class_group == city.a.small)
    assert (small.crowded, small.per_carer) == (False, 3)


def test_totals_of_a_carer_are_those_of_the_class(city, carer):
    AttendanceFactory(class_group=city.a.small, child=city.a.children[0])
    AttendanceFactory(
        class_group=city.a.small, child=city.a.children[1], arrived_at=None, absence="ill"
    )
    classes = list(classes_on(actor=carer, day=today()))
    found = totals(actor=carer, classes=classes, day=today())
    assert (found.enrolled, found.present, found.absent, found.expected) == (3, 1, 1, 2)
