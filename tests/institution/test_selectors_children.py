import datetime as dt

from core.calendar import now, today
from core.models import AuditEvent
from institution.selectors.children import child_file, roster, states
from tests.factories.institution import AttendanceFactory, DailyEntryFactory

ID = "370811202502033120"


def test_the_roster_is_filtered_by_words_and_class(city):
    director = city.actor(city.a.director)

    def names(**filters):
        return [p.child.name for p in roster(actor=director, day=today(), **filters)]

    assert len(names()) == 4
    assert names(words="若 王") == ["王若溪"]
    assert names(class_group=city.a.big.pk) == ["赵景行"]
    assert names(words="%") == []
    assert names(class_group=city.b.small.pk) == []


def test_a_carer_sees_the_own_class_only(city):
    found = roster(actor=city.actor(city.a.carer), day=today())
    assert {place.child for place in found} == set(city.a.children)


def test_states_of_many_children_take_two_statements(city, django_assert_num_queries):
    here, asleep, away = city.a.children
    for child in (here, asleep):
        AttendanceFactory(
            class_group=city.a.small, child=child, arrived_at=now() - dt.timedelta(seconds=9)
        )
    DailyEntryFactory(class_group=city.a.small, child=asleep, kind="nap", detail={"phase": "start"})
    ids = [child.pk for child in city.a.children]
    director = city.actor(city.a.director)
    with django_assert_num_queries(2):
        found = states(actor=director, child_ids=ids, day=today())
    assert [found[child.pk].code for child in (here, asleep, away)] == [
        "present",
        "asleep",
        "expected",
    ]


def test_a_file_shows_numbers_masked_and_puts_the_reading_on_record(city):
    child, guardian = city.a.children[0], city.a.guardian
    guardian.phone = "13805371234"
    guardian.save()
    child.resident_id = ID
    child.save()
    read = child_file(actor=city.actor(city.a.director), child=child)
    (shown,) = read.guardians
    assert (shown.phone, read.resident_id) == ("138****1234", "3708**********3120")
    assert read.place.class_group == city.a.small
    event = AuditEvent.objects.get(action="child.viewed")
    assert (event.actor_user_id, event.child_ids) == (city.a.director.pk, [child.pk])
