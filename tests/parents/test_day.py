"""The family's page: whose day it is, what is new, and which days are there."""

import datetime as dt
import re
import uuid

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from guardian.shortcuts import assign_perm

from core.calendar import now, today
from institution.models import Child
from institution.selectors.day import Cursor
from institution.services import daily_log
from tests.factories.city import City
from tests.factories.core import UserFactory
from tests.factories.institution import (
    AttendanceFactory,
    DailyEntryFactory,
    EnrolmentFactory,
    GuardianshipFactory,
)


@pytest.fixture
def child(city) -> Child:
    return city.a.guardian.guardianships.get().child


@pytest.fixture
def family(city, signed_in):
    return signed_in(city.a.guardian)


@pytest.fixture
def log(city, child):
    carer = City.actor(city.a.carer)

    def record(kind="meal", detail=b'{"meal":"lunch","amount":"all"}', **more) -> uuid.UUID:
        pk = uuid.uuid4()
        entry = daily_log.NewEntry(
            id=pk, child_id=child.pk, kind=kind, at=now(), detail=detail, **more
        )
        (answer,) = daily_log.record(actor=carer, entries=[entry])
        assert answer.status == "created", answer
        return pk

    return record


def day_of(child: Child, day: dt.date | None = None) -> str:
    return reverse(
        "family:child-past-day" if day else "family:child-day",
        args=[child.pk, day] if day else [child.pk],
    )


def changes(client, child: Child, after: str = ""):
    return client.get(reverse("family:changes", args=[child.pk]), {"after": after})


def cursor_in(response) -> str:
    return re.search(r'data-cursor="([^"]*)"', response.content.decode()).group(1)


def test_a_family_lands_on_the_day_of_its_child(family, child):
    assert family.get(reverse("family:day")).url == day_of(child)


def test_the_day_says_what_happened_and_is_kept_by_no_cache(city, family, child, log):
    log()
    log("nap", b'{"phase":"start"}')
    response = family.get(day_of(child))
    text = response.content.decode()

    assert response.headers["Cache-Control"] == "private, no-store"
    for words in (child.name, "午餐", "吃完", city.a.carer.name, "托小（1）班"):
        assert words in text


@pytest.mark.parametrize(
    ("attendance", "asleep", "words"),
    [
        (None, False, "尚未入园"),
        ({}, False, "在园"),
        ({}, True, "入睡"),
        ({"left_at": "later"}, False, "已离园"),
        ({"arrived_at": None, "absence": "ill"}, False, "病假"),
    ],
)
def test_the_state_now_follows_attendance_and_naps(
    city, family, child, log, attendance, asleep, words
):
    if attendance is not None:
        if attendance.get("left_at"):
            attendance = {"left_at": now() + dt.timedelta(seconds=1)}
        AttendanceFactory(class_group=city.a.small, child=child, **attendance)
    if asleep:
        log("nap", b'{"phase":"start"}')

    state = _html(family, child).partition('<div class="pa-state">')[2].partition("</div>")[0]
    assert words in state


def _html(client, child: Child) -> str:
    return client.get(day_of(child)).content.decode()


def test_corrected_and_withdrawn_entries_show_as_they_are_now(family, child, log):
    first = log("note", '{"note":"第一稿"}'.encode())
    gone = log("note", '{"note":"撤回我"}'.encode())
    log("note", '{"note":"第二稿"}'.encode(), replaces=first, reason="更正")
    log("note", '{"note":"撤回我"}'.encode(), replaces=gone, void=True)
    text = _html(family, child)

    assert "第二稿" in text
    assert "第一稿" not in text
    assert "撤回我" not in text
    assert "已更正" in text


class TestChanges:
    def test_nothing_new_is_204(self, family, child, log):
        log()
        cursor = cursor_in(family.get(day_of(child)))

        assert cursor
        assert changes(family, child, cursor).status_code == 204

    def test_an_empty_day_without_a_cursor_is_204(self, family, child):
        assert changes(family, child).status_code == 204

    def test_what_is_new_comes_as_a_fragment_with_the_next_cursor(self, family, child, log):
        log()
        cursor = cursor_in(family.get(day_of(child)))
        new = log("mood", b'{"mood":"happy"}')
        response = changes(family, child, cursor)
        text = response.content.decode()

        assert response.status_code == 200
        assert "<html" not in text
        assert f'id="e-{new}"' in text
        assert changes(family, child, cursor_in(response)).status_code == 204

    def test_only_what_is_new_is_marked_fresh(self, family, child, log):
        old = log()
        cursor = cursor_in(family.get(day_of(child)))
        new = log("mood", b'{"mood":"happy"}')
        text = changes(family, child, cursor).content.decode()
        marked = re.findall(r'<li class="[^"]* new" id="e-([^"]+)"', text)

        assert str(old) in text
        assert marked == [str(new)]

    @pytest.mark.parametrize("void", [False, True])
    def test_a_correction_or_withdrawal_is_a_change(self, family, child, log, void):
        first = log()
        cursor = cursor_in(family.get(day_of(child)))
        log(replaces=first, void=void, reason="看错了")
        response = changes(family, child, cursor)

        assert response.status_code == 200
        assert cursor_in(response) != cursor
        assert changes(family, child, cursor_in(response)).status_code == 204

    def test_a_cursor_of_another_nursery_brings_the_whole_day(self, family, child, log, city):
        entry = log()
        response = changes(family, child, str(Cursor(city.b.institution.pk, 1)))

        assert response.status_code == 200
        assert str(entry) in response.content.decode()

    @pytest.mark.parametrize("days", [1, 8])
    def test_a_page_left_open_gets_the_day_it_is_now(self, family, child, log, time_machine, days):
        """With another `data-day` than its own the page loads itself anew (day.js)."""
        log()
        opened = family.get(day_of(child))
        time_machine.move_to(now() + dt.timedelta(days=days))
        response = changes(family, child, cursor_in(opened))

        assert response.status_code == 200
        assert f'data-day="{today():%Y-%m-%d}"' in response.content.decode()
        assert cursor_in(response) == ""

    @pytest.mark.parametrize("cursor", ["x", "1.", "1.x", "9" * 60])
    def test_a_made_up_cursor_is_refused(self, family, child, cursor):
        assert changes(family, child, cursor).status_code == 400


class TestDays:
    def test_an_earlier_day_shows_its_own_entries(self, city, family, child, log):
        log("note", '{"note":"今天的话"}'.encode())
        earlier = today() - dt.timedelta(days=3)
        DailyEntryFactory(
            child=child,
            class_group=city.a.small,
            kind="note",
            at=now() - dt.timedelta(days=3),
            detail={"note": "三天前的话"},
        )
        text = family.get(day_of(child, earlier)).content.decode()

        assert "三天前的话" in text
        assert "今天的话" not in text
        assert "data-changes" not in text

    def test_today_by_its_date_is_live_as_well(self, family, child):
        assert "data-changes" in family.get(day_of(child, today())).content.decode()

    def test_a_day_to_come_is_404(self, family, child):
        assert family.get(day_of(child, today() + dt.timedelta(days=1))).status_code == 404

    @pytest.mark.parametrize("day", ["2026-02-30", "0000-01-01", "2026-1-1"])
    def test_a_day_that_is_none_is_404(self, family, child, day):
        assert family.get(f"{day_of(child)}{day}/").status_code == 404

    def test_a_day_before_the_child_was_born_is_404(self, family, child):
        assert family.get(day_of(child, child.born_on)).status_code == 200
        for day in (child.born_on - dt.timedelta(days=1), dt.date.min):
            assert family.get(day_of(child, day)).status_code == 404


class TestWhose:
    def test_two_children_are_chosen_from(self, city, family, child):
        sister = city.a.children[0] if city.a.children[0] != child else city.a.children[1]
        GuardianshipFactory(user=city.a.guardian, child=sister)
        text = _html(family, child)

        assert day_of(sister) in text
        assert family.get(day_of(sister)).status_code == 200

    def test_other_children_are_not_there(self, city, family, child):
        for other in {*city.a.children, city.b.children[0]} - {child}:
            assert family.get(day_of(other)).status_code == 404
            assert changes(family, other).status_code == 404

    def test_a_guardianship_that_ended_shows_nothing(self, city, family, child):
        city.a.guardian.guardianships.update(valid_to=today())

        assert family.get(day_of(child)).status_code == 403

    def test_a_guardian_whose_child_is_gone_is_told_what_to_do(self, city, signed_in):
        left = UserFactory()
        GuardianshipFactory(user=left)

        assert signed_in(left).get(reverse("family:day")).status_code == 302

    def test_a_relative_reads_and_writes_nothing(self, city, signed_in, child):
        grandmother = UserFactory(username="grandmother")
        assign_perm("view_child", grandmother, child)
        client = signed_in(grandmother)
        write = client.post(
            reverse("api:daily-log"), b'{"entries":[]}', content_type="application/json"
        )

        assert client.get(day_of(child)).status_code == 200
        assert client.post(day_of(child)).status_code == 405
        assert write.status_code == 403


@pytest.mark.parametrize("count", [1, 3])
class TestQueryCounts:
    def test_day(self, city, family, child, log, count, django_assert_num_queries):
        for _ in range(count):
            log()
        for _ in range(count - 1):
            sibling = EnrolmentFactory(class_group=city.a.small).child
            GuardianshipFactory(user=city.a.guardian, child=sibling)

        with django_assert_num_queries(12):
            family.get(day_of(child))

    def test_changes(self, family, child, log, count, django_assert_num_queries):
        for _ in range(count):
            log()

        with django_assert_num_queries(13):
            changes(family, child)

    def test_changes_without_any(self, family, child, log, count, django_assert_num_queries):
        for _ in range(count):
            log()
        cursor = cursor_in(family.get(day_of(child)))

        with django_assert_num_queries(6):
            changes(family, child, cursor)


class TestInstallable:
    def test_the_manifest_names_icons_that_exist(self, client, db):
        manifest = client.get(reverse("family:manifest"))

        assert manifest.headers["Content-Type"] == "application/manifest+json"
        for icon in manifest.json()["icons"]:
            assert finders.find(icon["src"].removeprefix("/static/")), icon

    def test_every_file_the_worker_keeps_exists(self, client, db):
        worker = client.get(reverse("family:worker"))
        shell = re.search(r"const SHELL = \[(.*?)\];", worker.content.decode()).group(1)

        assert worker.headers["Content-Type"].startswith("text/javascript")
        for address in re.findall(r'"([^"]+)"', shell):
            assert finders.find(address.removeprefix("/static/")), address
