"""Staff presence by clock and by correction, and the truth about children to carers that follows from it."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction

from core import rls
from core.calendar import today, zone
from core.errors import NotThere, Refused
from core.models import AuditEvent
from institution.enums import AlertKind, ClassType
from institution.models import Alert, ClassTypeRule, Institution, Membership, StaffPresence
from institution.selectors.nursery import class_lines
from institution.selectors.ratio import day_sums, ratio_report, ratio_series
from institution.services import presence, ratio_watch
from tests.factories.institution import (
    AttendanceFactory,
    EnrolmentFactory,
    StaffPresenceFactory,
)

NOON = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
DAY = NOON.date()
YESTERDAY = DAY - dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def director(city):
    return city.actor(city.a.director)


@pytest.fixture
def carer(city):
    return city.actor(city.a.carer)


def at(clock: str, day: dt.date = DAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), zone())


def code_of(deed, **values) -> str:
    with pytest.raises(Refused) as refused:
        deed(**values)
    return refused.value.code


def came(
    city, number: int, clock: str = "08:00", gone: str = "", class_group=None, day=DAY
) -> None:
    """So many children of nursery a."""
    for _ in range(number):
        group = class_group or city.a.small
        AttendanceFactory(
            class_group=group,
            child=EnrolmentFactory(class_group=group).child,
            day=day,
            arrived_at=at(clock, day),
            left_at=at(gone, day) if gone else None,
        )


def cared(
    city, first: str, last: str = "", *, user=None, class_group=None, day=DAY
) -> StaffPresence:
    member = Membership.objects.get(user=user or city.a.carer)
    during = (at(first, day), at(last, day) if last else None)
    return StaffPresenceFactory(
        membership=member, class_group=class_group or city.a.small, during=during, day=day
    )


class TestClock:
    def test_coming_moving_and_going(self, city, carer, noon):
        with rls.of_actor(carer):
            presence.clock_in(actor=carer, class_group=city.a.small)
            noon.shift(600)
            presence.clock_in(actor=carer, class_group=city.a.big)
            noon.shift(600)
            presence.clock_out(actor=carer)

        first, second = StaffPresence.objects.order_by("pk")
        assert (first.class_group, second.class_group) == (city.a.small, city.a.big)
        assert first.during.upper == second.during.lower == at("12:10")
        assert second.during.upper == at("12:20")
        done = AuditEvent.objects.filter(action__startswith="presence.").order_by("pk")
        assert [event.action for event in done] == [
            "presence.clocked_in",
            "presence.moved",
            "presence.clocked_out",
        ]

    def test_the_same_tap_again_changes_nothing(self, city, carer):
        first = presence.clock_in(actor=carer, class_group=city.a.small)
        assert presence.clock_in(actor=carer, class_group=city.a.small) == first
        assert StaffPresence.objects.count() == 1

    def test_in_the_house_without_a_class(self, carer):
        assert presence.clock_in(actor=carer, class_group=None).class_group is None

    def test_who_is_not_here_cannot_go(self, carer):
        assert code_of(presence.clock_out, actor=carer) == "not_here"

    def test_what_was_forgotten_yesterday_ended_when_the_nursery_closed(self, city, carer):
        Institution.objects.filter(pk=city.a.institution.pk).update(closes_at=dt.time(17, 30))
        cared(city, "08:00", day=YESTERDAY)

        presence.clock_in(actor=carer, class_group=city.a.small)

        before, today_ = StaffPresence.objects.order_by("pk")
        assert before.during.upper == at("17:30", YESTERDAY)
        assert today_.during.upper is None

    def test_a_class_that_has_closed(self, city, carer):
        city.a.small.closed_on = YESTERDAY
        assert code_of(presence.clock_in, actor=carer, class_group=city.a.small) == "class_closed"

    def test_whoever_works_nowhere_has_no_clock(self, city):
        regulator = city.actor(city.regulator)
        assert code_of(presence.clock_in, actor=regulator, class_group=None) == "no_post"


class TestCorrection:
    def values(self, city, **changes) -> dict:
        return {
            "class_group": city.a.small,
            "came_at": dt.time(8),
            "left_at": dt.time(11),
            "reason": "忘记打卡",
        } | changes

    def test_the_director_adds_and_corrects_with_a_reason(self, city, director):
        member = Membership.objects.get(user=city.a.carer)
        with rls.of_actor(director):
            added = presence.add_presence(
                actor=director, membership=member, day=DAY, **self.values(city)
            )
            presence.correct_presence(
                actor=director, presence=added, **self.values(city, left_at=dt.time(11, 30))
            )

        kept = StaffPresence.objects.get()
        assert kept.during.upper == at("11:30")
        assert (kept.corrected_by, kept.reason) == (city.a.director, "忘记打卡")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"reason": " "}, "reason_needed"),
            ({"left_at": dt.time(7)}, "times_reversed"),
            ({"left_at": dt.time(13)}, "in_future"),
            ({"came_at": dt.time(9)}, "presence_overlap"),
        ],
    )
    def test_what_cannot_have_been(self, city, director, change, code):
        cared(city, "09:00", "10:00")
        member = Membership.objects.get(user=city.a.carer)
        values = self.values(city, **change)
        found = code_of(presence.add_presence, actor=director, membership=member, day=DAY, **values)
        assert found == code

    def test_another_nurserys_staff_is_not_there(self, city, director):
        theirs = Membership.objects.get(user=city.b.carer)
        with pytest.raises(NotThere):
            presence.add_presence(actor=director, membership=theirs, day=DAY, **self.values(city))
        stretch = StaffPresenceFactory(membership=theirs)
        with pytest.raises(NotThere):
            presence.remove_presence(actor=director, presence=stretch)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"during": (None, None), "day": DAY}, "period"),
        ({"corrected_by_id": 1, "reason": ""}, "reason"),
    ],
)
def test_the_database_refuses(city, wrong, name):
    if "corrected_by_id" in wrong:
        wrong = {"corrected_by": city.a.director, "reason": ""}
    with pytest.raises(IntegrityError, match=f"staffpresence_{name}"), transaction.atomic():
        StaffPresenceFactory(membership=Membership.objects.get(user=city.a.carer), **wrong)


def test_the_database_lets_nobody_be_in_two_places(city):
    cared(city, "08:00", "10:00")
    cared(city, "10:00", "11:00", class_group=city.a.big)
    with pytest.raises(IntegrityError, match="no_overlap"), transaction.atomic():
        cared(city, "10:59", class_group=city.a.big)


class TestNow:
    def line(self, director, group):
        lines = class_lines(actor=director, day=today())
        return next(line for line in lines if line.class_group == group)

    def test_without_a_clock_the_planned_carers_count(self, city, director):
        line = self.line(director, city.a.small)
        assert (line.class_group.carers, line.class_group.clocks) == (1, False)

    def test_once_somebody_clocks_only_who_is_there_counts(self, city, director):
        came(city, 3)
        cared(city, "08:00", class_group=city.a.big)

        line = self.line(director, city.a.small)

        assert (line.class_group.carers, line.class_group.planned) == (0, 1)
        assert line.crowded
        assert self.line(director, city.a.big).class_group.carers == 1

    def test_a_clock_of_another_nursery_changes_nothing_here(self, city, director):
        StaffPresenceFactory(membership=Membership.objects.get(user=city.b.carer))
        assert not self.line(director, city.a.small).class_group.clocks

    def test_a_mixed_class_has_no_rule(self, city, director):
        type(city.a.small).objects.filter(pk=city.a.small.pk).update(class_type=ClassType.MIXED)
        came(city, 9)
        line = self.line(director, city.a.small)
        assert (line.most, line.crowded) == (None, False)


class TestWatch:
    def open_alerts(self) -> list[tuple]:
        standing = Alert.objects.unsettled().filter(kind=AlertKind.RATIO_BREACH)
        return list(standing.order_by("pk").values_list("class_group", "evidence"))

    def test_a_class_above_its_rule_raises_one_alert_that_ends_with_it(self, city):
        came(city, 3)
        stretch = cared(city, "08:00", class_group=city.a.big)

        assert (ratio_watch.look(), ratio_watch.look()) == (1, 1)
        most = ClassTypeRule.objects.get(class_type=city.a.small.class_type).children_per_carer
        facts = {"present": 3, "carers": 0, "most": most}
        assert self.open_alerts() == [(city.a.small.pk, facts)]

        StaffPresence.objects.filter(pk=stretch.pk).update(class_group=city.a.small)
        assert ratio_watch.look() == 0
        assert self.open_alerts() == []

    def test_where_nobody_clocks_in_nothing_is_raised(self, city):
        came(city, 9)

        assert ratio_watch.look() == 0


class TestSeries:
    def points(self, director, first=DAY, last=DAY):
        return [
            (
                f"{point.at.astimezone(zone()):%H:%M}",
                point.children,
                point.carers,
                point.most,
                point.breach,
            )
            for point in ratio_series(actor=director, first=first, last=last)
        ]

    def test_each_change_is_a_point(self, city, director):
        came(city, 5, "08:00")
        came(city, 1, "09:00", "10:00")
        cared(city, "07:50", "11:00")

        assert self.points(director) == [
            ("07:50", 0, 1, 5, False),
            ("08:00", 5, 1, 5, False),
            ("09:00", 6, 1, 5, True),
            ("10:00", 5, 1, 5, False),
            ("11:00", 5, 0, 5, True),
        ]

    def test_minutes_above_the_rule_are_counted_to_now(self, city, director):
        came(city, 5, "08:00")
        came(city, 1, "09:00", "10:00")
        cared(city, "07:50", "11:00")

        (day,) = day_sums(actor=director, first=DAY, last=DAY)

        assert (day.minutes, day.breach_minutes, day.children, day.over) == (240, 120, 6, 5)

    def test_a_carer_who_helps_in_another_class_is_missing_in_the_own(self, city, director):
        came(city, 5, "08:00", "10:00")
        cared(city, "08:00", "09:00")
        cared(city, "09:00", "09:30", class_group=city.a.big)
        cared(city, "09:30", "10:00")

        assert [day.breach_minutes for day in day_sums(actor=director, first=DAY, last=DAY)] == [30]

    def test_what_nobody_ended_yesterday_ends_when_the_nursery_closed(self, city, director):
        Institution.objects.filter(pk=city.a.institution.pk).update(closes_at=dt.time(17))
        came(city, 6, "16:00", day=YESTERDAY)
        cared(city, "16:00", day=YESTERDAY)

        (day,) = day_sums(actor=director, first=YESTERDAY, last=DAY)

        assert (day.minutes, day.breach_minutes) == (60, 60)

    def test_days_without_any_clock_do_not_count(self, city, director):
        came(city, 9, "08:00", "10:00", day=YESTERDAY)
        assert self.points(director, first=YESTERDAY) == []

    def test_the_rule_is_the_one_of_the_day(self, city, director):
        came(city, 6, "08:00", "09:00", day=YESTERDAY)
        cared(city, "08:00", "09:00", day=YESTERDAY)
        came(city, 6, "08:00", "09:00")
        cared(city, "08:00", "09:00")
        ClassTypeRule.objects.create(
            class_type="toddler_small",
            min_months=12,
            below_months=24,
            max_children=15,
            children_per_carer=6,
            basis="made up",
            valid_from=DAY,
        )
        sums = day_sums(actor=director, first=YESTERDAY, last=DAY)
        assert [(day.most, day.breach_minutes) for day in sums] == [(5, 60), (6, 0)]

    def test_a_year_is_one_statement(self, city, director, django_assert_num_queries):
        came(city, 2)
        cared(city, "07:00")
        first = DAY - dt.timedelta(days=364)
        with django_assert_num_queries(1):
            assert list(ratio_series(actor=director, first=first, last=DAY))
        with django_assert_num_queries(1):
            day_sums(actor=director, first=first, last=DAY)

    def test_other_nurseries_and_other_classes_stay_out(self, city, director):
        cared(city, "08:00", "09:00", user=city.b.carer, class_group=city.b.small)
        came(city, 2, "08:00", "09:00", class_group=city.b.small)
        assert self.points(director) == []
        cared(city, "08:00", "09:00")
        came(city, 2, "08:00", "09:00")
        came(city, 2, "08:00", "09:00", class_group=city.a.big)
        sums = day_sums(actor=city.actor(city.a.big_carer), first=DAY, last=DAY)
        assert [day.class_id for day in sums] == [city.a.big.pk]

    def test_the_report_adds_up(self, city, director):
        came(city, 6, "08:00", "09:00")
        cared(city, "08:00", "09:00")
        came(city, 1, "08:00", "09:00", class_group=city.a.big)
        cared(city, "08:00", "09:00", user=city.a.big_carer, class_group=city.a.big)

        read = ratio_report(actor=director, first=DAY, last=DAY)

        assert (read.minutes, read.breach_minutes) == (120, 60)
        assert [(each.class_group.pk, round(each.share), each.days) for each in read.classes] == [
            (city.a.big.pk, 0, 0),
            (city.a.small.pk, 100, 1),
        ]
        assert [each.class_id for each in read.breaches] == [city.a.small.pk]
