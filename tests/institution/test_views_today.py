import pytest

from core.calendar import now
from institution.models import DailyCount
from tests.factories.institution import (
    AttendanceFactory,
    ClassDutyFactory,
    ClassGroupFactory,
    DailyEntryFactory,
    EnrolmentFactory,
)


@pytest.fixture
def director(city, signed_in):
    return signed_in(city.a.director)


def test_the_day_of_the_own_nursery(city, director):
    AttendanceFactory(class_group=city.a.small, child=city.a.children[0])
    DailyEntryFactory(class_group=city.a.small, child=city.a.children[0], recorded_by=city.a.carer)
    DailyEntryFactory(class_group=city.b.small, child=city.b.children[0], recorded_by=city.b.carer)
    page = director.get("/nursery/today/").text
    assert city.a.small.name in page
    assert "1:1.0" in page
    assert f"/nursery/children/{city.a.children[0].pk}/" in page
    assert f"/nursery/children/{city.b.children[0].pk}/" not in page


def test_a_class_above_its_ratio_is_marked(city, director):
    for _ in range(6):
        child = EnrolmentFactory(class_group=city.a.small).child
        AttendanceFactory(class_group=city.a.small, child=child)
    assert "不超过 1:5" in director.get("/nursery/today/").text


def test_the_live_part_comes_alone(director):
    headers = {"HX-Request": "true", "HX-Target": "div#today"}
    part = director.get("/nursery/today/", headers=headers).text
    assert "<html" not in part
    assert 'id="today"' in part


def test_entries_by_kind_of_today(city, director):
    day = now().astimezone().date()
    DailyCount.objects.create(institution=city.a.institution, day=day, kind="meal", amount=5)
    DailyCount.objects.create(institution=city.a.institution, day=day, kind="meal", amount=-1)
    DailyCount.objects.create(institution=city.b.institution, day=day, kind="water", amount=3)
    page = director.get("/nursery/today/").text
    assert "进餐" in page
    assert "饮水" not in page


def test_without_classes_the_page_says_so(city, director):
    city.a.institution.classes.update(closed_on=now().date())
    assert "今天没有开班" in director.get("/nursery/today/").text


def test_queries_do_not_grow_with_classes_and_entries(city, director, django_assert_num_queries):
    def log(class_group, children) -> None:
        for child in children:
            DailyEntryFactory(class_group=class_group, child=child, recorded_by=city.a.carer)

    log(city.a.small, city.a.children[:1])
    director.get("/nursery/today/")
    with django_assert_num_queries(12) as queries:
        director.get("/nursery/today/")
    log(city.a.small, city.a.children)
    for _ in range(2):
        ClassDutyFactory(class_group=ClassGroupFactory(institution=city.a.institution))
    with django_assert_num_queries(len(queries)):
        director.get("/nursery/today/")
