"""The one write path of the log: created, duplicate or refused, row by row."""

import datetime as dt
import json
import threading
import uuid

import pytest
from django.db import connection

from core.calendar import local_day, now
from core.errors import Refused
from core.models import AuditEvent, OutboxMessage
from institution.models import Attendance, ClassDuty, DailyCount, DailyEntry
from institution.services import daily_log
from tests.factories.institution import EntryKindFactory


def entry(child, kind="meal", detail=None, **values) -> daily_log.NewEntry:
    detail = (
        {"meal": "lunch", "amount": "all"} if detail is None and kind == "meal" else detail or {}
    )
    values = {"id": uuid.uuid4(), "at": now()} | values
    return daily_log.NewEntry(
        child_id=child.pk, kind=kind, detail=json.dumps(detail).encode(), **values
    )


@pytest.fixture
def carer(city):
    return city.actor(city.a.carer)


@pytest.fixture
def child(city):
    return city.a.children[0]


def one(actor, new) -> daily_log.Answer:
    (answer,) = daily_log.record(actor=actor, entries=[new])
    return answer


def test_a_batch_is_stored_counted_audited_and_announced_once(city, carer):
    entries = [entry(child) for child in city.a.children]
    answers = daily_log.record(actor=carer, entries=entries)
    assert [answer.status for answer in answers] == ["created"] * 3
    assert [answer.seq for answer in answers] == [1, 2, 3]
    assert (
        DailyEntry.objects.filter(class_group=city.a.small, recorded_by=city.a.carer).count() == 3
    )
    assert DailyCount.objects.get(kind="meal").amount == 3
    event = AuditEvent.objects.get(action="daily_log.record")
    assert event.child_ids == sorted(child.pk for child in city.a.children)
    groups = OutboxMessage.objects.get().groups
    region = f"region.{city.region.code}"
    assert {f"class.{city.a.small.pk}", f"institution.{city.a.institution.pk}", region} <= set(
        groups
    )


def test_the_same_entry_again_is_a_duplicate_also_within_one_batch(carer, child):
    new = entry(child)
    first, second = daily_log.record(actor=carer, entries=[new, new])
    assert (first.status, second.status) == ("created", "created")
    again = one(carer, new)
    assert (again.status, again.seq) == ("duplicate", first.seq)
    assert DailyEntry.objects.count() == DailyCount.objects.get().amount == 1


@pytest.mark.parametrize(
    "other",
    [{"detail": {"meal": "lunch", "amount": "none"}}, {"at": now() - dt.timedelta(hours=1)}],
)
def test_another_entry_under_a_used_id_is_refused(carer, child, other):
    new = entry(child)
    one(carer, new)
    answer = one(carer, entry(child, **({"id": new.id, "at": new.at} | other)))
    assert (answer.status, answer.code) == ("refused", "key_reused")


@pytest.mark.parametrize(
    ("kind", "detail", "code"),
    [
        ("massage", {}, "unknown_kind"),
        ("own-outdoor", {}, "unknown_kind"),
        ("water", {"volume": {"value": 100, "unit": "L"}}, "wrong_unit"),
        ("temperature", {"temperature": {"value": 36.5, "unit": "[degF]"}}, "wrong_unit"),
        ("temperature", {"temperature": {"value": 45, "unit": "Cel"}}, "bad_detail"),
        ("meal", {"meal": "lunch"}, "bad_detail"),
        ("meal", {"meal": "lunch", "amount": "all", "extra": 1}, "bad_detail"),
        ("note", {"note": ""}, "bad_detail"),
        ("note", {"note": "长" * 301}, "bad_detail"),
        ("photo", {"photos": [str(uuid.uuid4())]}, "photo_not_found"),
        ("photo", {"photos": ["x" * 36]}, "photo_not_found"),
    ],
)
def test_what_does_not_fit_its_kind_is_refused(carer, child, kind, detail, code):
    answer = one(carer, entry(child, kind, detail))
    assert (answer.status, answer.code) == ("refused", code)
    assert answer.message
    assert not DailyEntry.objects.exists()


@pytest.mark.parametrize(
    ("off", "code"),
    [
        (dt.timedelta(minutes=3), "in_future"),
        (dt.timedelta(days=400), "in_future"),
        (-dt.timedelta(days=46), "too_old"),
    ],
)
def test_the_future_and_the_far_past_are_refused(carer, child, off, code):
    assert one(carer, entry(child, at=now() + off)).code in (code, "child_not_found")
    assert not DailyEntry.objects.exists()


def test_a_clock_a_minute_fast_is_borne(carer, child):
    assert one(carer, entry(child, at=now() + dt.timedelta(seconds=90))).status == "created"


def test_children_of_others_are_not_there(city, carer):
    foreign = daily_log.record(
        actor=carer, entries=[entry(city.b.children[0]), entry(city.a.big_child)]
    )
    assert [answer.code for answer in foreign] == ["child_not_found"] * 2


def test_one_bad_entry_does_not_hold_up_the_others(city, carer):
    good, bad = entry(city.a.children[0]), entry(city.b.children[0])
    answers = daily_log.record(actor=carer, entries=[bad, good])
    assert [answer.status for answer in answers] == ["refused", "created"]


def test_ten_thousand_entries_are_too_many(carer, child):
    with pytest.raises(Refused) as refusal:
        daily_log.record(actor=carer, entries=[entry(child)] * 10_000)
    assert (refusal.value.code, refusal.value.status) == ("too_many_entries", 413)


def test_only_nursery_staff_write(city, child):
    with pytest.raises(Refused) as refusal:
        daily_log.record(actor=city.actor(city.a.guardian), entries=[entry(child)])
    assert refusal.value.code == "no_institution"


def test_a_correction_is_a_new_version_and_needs_a_reason(carer, child):
    old = entry(child)
    one(carer, old)
    better = {"detail": {"meal": "lunch", "amount": "some"}, "at": old.at, "replaces": old.id}
    assert one(carer, entry(child, **better)).code == "reason_needed"
    assert one(carer, entry(child, **better, reason="看错了")).status == "created"
    first, second = DailyEntry.objects.order_by("seq")
    assert (second.root, second.version, first.replaced_by) == (old.id, 2, second.pk)
    assert list(DailyEntry.objects.current()) == [second]
    assert sum(DailyCount.objects.values_list("amount", flat=True)) == 1


def test_an_entry_is_corrected_once(carer, child):
    old = entry(child)
    one(carer, old)
    change = {"at": old.at, "replaces": old.id, "reason": "看错了"}
    first = entry(child, **change)
    assert one(carer, first).status == "created"
    assert one(carer, entry(child, **change)).code == "already_replaced"
    assert one(carer, first).status == "duplicate"


def test_what_is_not_there_cannot_be_corrected(city, carer, child):
    other = entry(city.a.big_child)
    one(city.actor(city.a.big_carer), other)
    answer = one(carer, entry(child, replaces=other.id, reason="看错了"))
    assert answer.code == "entry_not_found"


def test_one_undoes_ones_own_entry_within_a_minute_without_a_reason(carer, child, time_machine):
    old = entry(child)
    one(carer, old)
    time_machine.shift(50)
    assert one(carer, entry(child, at=old.at, replaces=old.id, void=True)).status == "created"
    assert not DailyEntry.objects.current().exists()
    assert sum(DailyCount.objects.values_list("amount", flat=True)) == 0


@pytest.fixture
def time_machine(monkeypatch):
    class Clock:
        shifted = dt.timedelta()

        def shift(self, seconds: int) -> None:
            self.shifted += dt.timedelta(seconds=seconds)

    clock, real = Clock(), daily_log.now
    monkeypatch.setattr(daily_log, "now", lambda: real() + clock.shifted)
    return clock


def test_later_or_by_others_undoing_needs_a_reason(city, carer, child, time_machine):
    old = entry(child)
    one(carer, old)
    undo = {"at": old.at, "replaces": old.id, "void": True}
    assert one(city.actor(city.a.director), entry(child, **undo)).code == "reason_needed"
    time_machine.shift(61)
    assert one(carer, entry(child, **undo)).code == "reason_needed"
    assert one(carer, entry(child, **undo, reason="点错了")).status == "created"


def test_the_nurserys_own_kind_is_checked_like_the_others(city, carer, child):
    EntryKindFactory(institution=city.a.institution)
    good = entry(child, "own-outdoor", {"minutes": {"value": 40, "unit": "min"}})
    assert one(carer, good).status == "created"
    wrong = entry(child, "own-outdoor", {"minutes": {"value": 40, "unit": "h"}})
    assert one(carer, wrong).code == "wrong_unit"
    foreign = entry(city.b.children[0], "own-outdoor", {"minutes": {"value": 40, "unit": "min"}})
    assert one(city.actor(city.b.carer), foreign).code == "unknown_kind"


def test_the_class_is_that_of_the_day_of_the_entry(city, child):
    one(city.actor(city.a.director), entry(child))
    assert DailyEntry.objects.get().class_group == city.a.small


def test_a_carer_without_a_class_writes_nothing(city, child):
    ClassDuty.objects.filter(class_group=city.a.small).delete()
    assert one(city.actor(city.a.carer), entry(child)).code == "child_not_found"


def test_queries_do_not_grow_with_the_batch(city, carer, django_assert_num_queries):
    """Enrolments, savepoint, insert, release with outbox and audit record; no kind of the nursery's own is looked up."""
    few, many = [entry(city.a.children[0])], [entry(child) for child in city.a.children]
    counts = []
    for batch in (few, many):
        with django_assert_num_queries(4) as queries:
            daily_log.record(actor=carer, entries=batch)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_tablets_sending_the_same_batch_at_once_store_it_once(transactional_db):
    from tests.factories.city import build_city  # noqa: PLC0415

    city = build_city()
    actor = city.actor(city.a.carer)
    batch = [entry(child) for child in city.a.children]
    start, answers = threading.Barrier(2), []

    def send() -> None:
        try:
            start.wait(10)
            answers.append(daily_log.record(actor=actor, entries=batch))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    statuses = sorted(answer.status for answered in answers for answer in answered)
    assert statuses == ["created"] * 3 + ["duplicate"] * 3
    assert DailyEntry.objects.count() == DailyCount.objects.get().amount == 3


class TestAttendance:
    """Kept from the arrive, leave and absence entries, in whatever order they come in."""

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_arriving_and_leaving_in_any_order(self, carer, child, order):
        moment = now() - dt.timedelta(minutes=2)
        entries = [
            entry(child, "arrive", at=moment - dt.timedelta(seconds=30)),
            entry(child, "leave", at=moment),
        ]
        for index in order:
            assert one(carer, entries[index]).status == "created"
        day = Attendance.objects.get()
        assert (day.arrived_at, day.left_at, day.presence) == (entries[0].at, entries[1].at, "left")

    def test_coming_back_after_leaving_is_being_present(self, carer, child):
        moment = now() - dt.timedelta(minutes=2)
        for kind, seconds in (("arrive", 30), ("leave", 20), ("arrive", 10)):
            one(carer, entry(child, kind, at=moment - dt.timedelta(seconds=seconds)))
        assert Attendance.objects.get().presence == "present"

    @pytest.mark.parametrize("kinds", [("absence", "arrive"), ("arrive", "absence")])
    def test_arriving_outweighs_an_absence(self, carer, child, kinds):
        for kind in kinds:
            one(carer, entry(child, kind, {"reason": "ill"} if kind == "absence" else {}))
        assert Attendance.objects.get().presence == "present"

    def test_a_withdrawn_arrival_lets_the_absence_stand(self, carer, child):
        arrival = entry(child, "arrive")
        one(carer, entry(child, "absence", {"reason": "ill", "note": "发热"}))
        one(carer, arrival)
        one(carer, entry(child, "arrive", at=arrival.at, replaces=arrival.id, void=True))
        day = Attendance.objects.get()
        assert (day.presence, day.absence, day.absence_note) == ("absent", "ill", "发热")

    def test_each_day_stands_for_itself(self, carer, child):
        yesterday = now() - dt.timedelta(days=1)
        one(carer, entry(child, "arrive", at=yesterday))
        one(carer, entry(child, "absence", {"reason": "private"}))
        presences = dict(Attendance.objects.values_list("day", "absence"))
        assert presences == {local_day(yesterday): "", local_day(now()): "private"}
