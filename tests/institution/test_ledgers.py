"""Ledgers: what is due and late, what is written, and that nobody takes it back."""

import datetime as dt

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core import reference, rls
from core.calendar import day_bounds, now, today
from core.errors import NotThere, Refused
from core.models import Attachment, AuditEvent
from core.postgres.owner import as_owner
from core.retention import Held
from institution.enums import LedgerRepeat
from institution.ledgers import due_on
from institution.models import Alert, LedgerEntry, LedgerRhythm, LedgerSchedule
from institution.selectors.ledgers import due_list, entries_of, lines, open_entries, versions_of
from institution.services import alerts, ledgers
from institution.services.retention import Pictures
from tests.core.pictures import jpeg, upload
from tests.factories.institution import (
    ClosureFactory,
    LedgerEntryFactory,
    LedgerRhythmFactory,
    LedgerScheduleFactory,
    MakeupDayFactory,
    RoomFactory,
)

DAY = dt.timedelta(days=1)
GOOD = {"state": "good"}
UV = {"method": "uv", "minutes": 30}
DAYS = st.integers(0, 2500).map(lambda number: dt.date(2024, 1, 1) + number * DAY)


@pytest.fixture
def carer(city):
    return city.actor(city.a.carer)


@pytest.fixture
def director(city):
    return city.actor(city.a.director)


def task(city, last=None, **rhythm):
    values = {"valid_from": today() - 30 * DAY} | rhythm
    found = LedgerRhythmFactory(schedule__institution=city.a.institution, **values).schedule
    if last is not None:
        LedgerEntryFactory(schedule=found, at=now() - last * DAY)
    return found


def refused(expected: str, act, /, *args, **kwargs) -> dict:
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    assert caught.value.code == expected
    return caught.value.fields


class TestDueDays:
    @pytest.mark.parametrize(
        ("rhythm", "last", "expected"),
        [
            ({"repeat": "days", "every_days": 3}, None, "2026-11-02"),
            ({"repeat": "days", "every_days": 3}, "2026-11-10", "2026-11-13"),
            ({"repeat": "days", "every_days": 3}, "2026-10-01", "2026-11-02"),
            ({"repeat": "weekly", "weekday": 3}, None, "2026-11-04"),
            ({"repeat": "weekly", "weekday": 3}, "2026-11-09", "2026-11-18"),  # done on Monday
            ({"repeat": "weekly", "weekday": 1}, "2026-11-15", "2026-11-16"),  # done on Sunday
            ({"repeat": "monthly"}, None, "2026-11-30"),
            ({"repeat": "monthly"}, "2026-12-31", "2027-01-31"),
            ({"repeat": "quarterly"}, None, "2026-12-31"),
            ({"repeat": "quarterly"}, "2026-11-20", "2027-03-31"),
            ({"repeat": "never"}, None, None),
        ],
    )
    def test_next(self, rhythm, last, expected):
        row = LedgerRhythm(**{"valid_from": dt.date(2026, 11, 2)} | rhythm)
        found = due_on(row, dt.date.fromisoformat(last) if last else None)

        assert found == (dt.date.fromisoformat(expected) if expected else None)

    @given(repeat=st.sampled_from(LedgerRepeat), every=st.integers(1, 400), since=DAYS, last=DAYS)
    def test_what_was_done_is_never_due_again_on_the_same_day(self, repeat, every, since, last):
        row = LedgerRhythm(repeat=repeat, every_days=every, weekday=every % 7 + 1, valid_from=since)
        found = due_on(row, last)

        assert found is None or (found > last and found >= since)
        if found and repeat in (LedgerRepeat.WEEKLY, LedgerRepeat.MONTHLY):
            assert found <= max(since, last) + 62 * DAY


class TestDue:
    def test_is_what_was_last_done_long_enough_ago(self, city, carer):
        done = task(city, every_days=1, last=0)
        due = task(city, every_days=7, last=7)
        late = task(city, every_days=7, last=12)
        never = task(city, every_days=7, valid_from=today())
        soon = task(city, every_days=7, last=5)
        task(city, every_days=30, last=2)
        ended = task(city, every_days=1, last=9)
        LedgerRhythmFactory(schedule=ended, repeat="never", valid_from=today())

        found = due_list(actor=carer, day=today())

        assert found.due[0].schedule == late
        assert {each.schedule for each in found.due} == {late, due, never}
        assert ([each.is_late for each in found.due], found.late) == ([True, False, False], 1)
        assert [each.schedule for each in found.soon] == [soon]
        assert [each.schedule for each in found.done] == [done]

    def test_what_fell_due_while_the_nursery_was_closed_is_not_late(self, city, carer):
        task(city, every_days=1, last=4)
        ClosureFactory(
            institution=city.a.institution, during=(today() - 3 * DAY, today()), class_group=None
        )
        (found,) = due_list(actor=carer, day=today()).due
        assert (found.due_on, found.is_late) == (today() - 3 * DAY, False)

    def test_the_calendar_is_asked_as_it_is_stored(self, city, carer):
        """On the Monday after a weekend, what fell due on Saturday is due and not late, unless Saturday was open."""
        reference.load_calendar_days()
        monday = dt.date(2026, 11, 23)
        found = task(city, every_days=1, valid_from=dt.date(2026, 11, 1))
        LedgerEntryFactory(schedule=found, at=day_bounds(dt.date(2026, 11, 20))[0])

        (before,) = due_list(actor=carer, day=monday).due
        MakeupDayFactory(institution=city.a.institution, day=dt.date(2026, 11, 22))
        (after,) = due_list(actor=carer, day=monday).due

        assert (before.due_on, before.is_late) == (dt.date(2026, 11, 21), False)
        assert after.is_late

    def test_what_was_struck_does_not_count(self, city, carer):
        found = task(city, every_days=1)
        entry = LedgerEntryFactory(schedule=found)
        assert not due_list(actor=carer, day=today()).due
        ledgers.strike(actor=carer, entry=entry, reason="没有做")

        assert [each.schedule for each in due_list(actor=carer, day=today()).due] == [found]


class TestRhythm:
    def test_it_changes_from_a_day_on(self, city, director):
        told = {"actor": director, "kind": "fire", "what": "灭火器"}
        ledgers.set_rhythm(**told, repeat="days", every_days=7, valid_from=today())
        ledgers.set_rhythm(**told, repeat="weekly", weekday=5, valid_from=today() + 5 * DAY)
        ledgers.set_rhythm(**told, repeat="never", valid_from=today() + 9 * DAY)
        ledgers.set_rhythm(**told, repeat="monthly", valid_from=today() + 9 * DAY)

        rows = LedgerRhythm.objects.order_by("valid_from")
        assert list(rows.values_list("repeat", flat=True)) == ["days", "weekly", "monthly"]
        assert AuditEvent.objects.filter(action="ledger.rhythm_set").count() == 4

    def test_the_same_in_two_rooms_is_two(self, city, director):
        told = {"actor": director, "kind": "fire", "what": "灭火器", "repeat": "monthly"}
        room = RoomFactory(institution=city.a.institution)
        for where in (None, room, room):
            ledgers.set_rhythm(**told, room=where, valid_from=today())

        assert LedgerSchedule.objects.count() == 2

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"kind": "visitor"}, "not_repeated", "kind"),
            ({"every_days": 0}, "out_of_range", "every_days"),
            ({"every_days": None}, "out_of_range", "every_days"),
            ({"repeat": "weekly"}, "out_of_range", "weekday"),
            ({"repeat": "never"}, "not_due", "repeat"),
            ({"valid_from": dt.date(2999, 1, 1)}, "too_far", "valid_from"),
            ({"valid_from": dt.date(2020, 1, 1)}, "in_past", "valid_from"),
        ],
    )
    def test_what_cannot_be_is_refused(self, director, changes, code, field):
        told = {"kind": "fire", "what": "灭火器", "repeat": "days", "every_days": 7}
        told |= {"valid_from": today()}

        assert field in refused(code, ledgers.set_rhythm, actor=director, **told | changes)

    def test_a_room_of_another_nursery_is_not_there(self, city, director):
        room = RoomFactory(institution=city.b.institution)
        told = {"kind": "fire", "what": "灭火器", "repeat": "monthly", "valid_from": today()}

        with pytest.raises(NotThere):
            ledgers.set_rhythm(actor=director, room=room, **told)


class TestEntries:
    def test_one_is_written_with_its_photos(self, city, carer):
        found = task(city, needs_photo=True)
        told = {"actor": carer, "kind": found.kind, "schedule": found, "detail": UV}
        assert "photos" in refused("photo_needed", ledgers.record, **told)
        with rls.of_actor(carer):
            entry = ledgers.record(**told, note=" 三十分钟 ", photos=[upload(jpeg())])

        assert entry.photos == [Attachment.objects.get().pk]
        assert (entry.what, entry.note) == (found.what, "三十分钟")
        assert AuditEvent.objects.get(action="ledger.recorded").data == {"kind": "disinfection"}
        (line,) = lines(actor=carer, entries=[entry])
        assert [str(value) for _label, value in line.said] == ["紫外线灯", "30"]
        assert len(line.pictures) == 1

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"detail": {}}, "bad_detail"),
            ({"detail": GOOD | {"more": 1}}, "bad_detail"),
            ({"kind": "visitor", "detail": {"reason": "a\x00"}}, "bad_detail"),
            ({"kind": "visitor", "detail": {"reason": "\ud83d"}}, "bad_detail"),
            ({"detail": {"state": "fault"}}, "fault_unexplained"),
            ({"what": "  "}, "what_needed"),
            ({"at": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)}, "in_future"),
            ({"at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "too_old"),
            ({"photos": range(7)}, "too_many_photos"),
            ({"mend_by": dt.date(2026, 12, 1)}, "not_a_hazard"),
        ],
    )
    def test_what_cannot_be_is_refused(self, carer, changes, code):
        told = {"kind": "fire", "what": "灭火器", "detail": GOOD}
        refused(code, ledgers.record, actor=carer, **told | changes)

        assert not LedgerEntry.objects.exists()

    def test_a_correction_takes_the_place_of_the_old_and_says_why(self, city, carer):
        found = task(city)
        photo = upload(jpeg())
        told = {"actor": carer, "kind": found.kind, "schedule": found, "detail": UV}
        old = ledgers.record(**told, at=now() - DAY, photos=[photo])
        assert "reason" in refused(
            "reason_needed", ledgers.correct, actor=carer, entry=old, reason=" ", detail=UV
        )
        new = ledgers.correct(
            actor=carer, entry=old, reason="方法写错", detail={"method": "chlorine"}
        )

        assert (new.at, new.photos, new.root) == (old.at, old.photos, old.pk)
        assert list(LedgerEntry.objects.current()) == [new]
        assert [line.entry for line in versions_of(actor=carer, root=old.root)] == [new, old]
        refused("already_corrected", ledgers.strike, actor=carer, entry=old, reason="又错")
        struck = ledgers.strike(actor=carer, entry=new, reason="没有做")
        refused("already_corrected", ledgers.strike, actor=carer, entry=struck, reason="又错")
        shown = entries_of(actor=carer, first=today() - DAY, last=today())
        assert list(shown) == [struck]

    def test_a_hazard_stands_open_until_it_is_mended(self, city, carer):
        hazard = ledgers.record(
            actor=carer,
            kind="hazard",
            what="防滑条翘起",
            detail={"place": "楼梯口", "severity": "serious", "mender": "张师傅"},
            mend_by=today() + DAY,
        )
        worse = {"place": "楼梯口", "severity": "minor"}
        again = ledgers.correct(
            actor=carer, entry=hazard, reason="轻微", what="防滑条翘起", detail=worse
        )
        assert open_entries(actor=carer, kind="hazard") == [again]
        mended = ledgers.settle(actor=carer, entry=again, detail={"measure": "换防滑条"})

        assert open_entries(actor=carer, kind="hazard") == []
        assert mended.closes_id == hazard.pk
        refused("not_open", ledgers.settle, actor=carer, entry=again, detail={"measure": "又换"})
        ledgers.strike(actor=carer, entry=mended, reason="还没换")
        assert open_entries(actor=carer, kind="hazard") == [again]

    def test_a_visitor_is_here_until_he_left(self, city, carer):
        visitor = ledgers.record(
            actor=carer, kind="visitor", what="李科长", detail={"reason": "日常检查"}
        )
        early = visitor.at - dt.timedelta(hours=1)
        refused("before_it_began", ledgers.settle, actor=carer, entry=visitor, detail={}, at=early)
        ledgers.settle(actor=carer, entry=visitor, detail={})

        assert open_entries(actor=carer, kind="visitor") == []

    def test_nothing_of_another_nursery_or_ledger_is_named(self, city, carer):
        other = LedgerEntryFactory(schedule__institution=city.b.institution)
        fire = LedgerScheduleFactory(institution=city.a.institution, kind="fire")
        told = {"actor": carer, "kind": "disinfection", "detail": UV}

        with pytest.raises(NotThere):
            ledgers.record(**told, schedule=other.schedule)
        with pytest.raises(NotThere):
            ledgers.strike(actor=carer, entry=other, reason="x")
        refused("not_open", ledgers.settle, actor=carer, entry=other, detail={})
        refused("other_kind", ledgers.record, **told, schedule=fire)

    def test_the_evidence_outlives_the_term_of_pictures(self, city, carer):
        for color in ((1, 2, 3), (200, 2, 3)):
            kept = ledgers.record(
                actor=carer,
                kind="fire",
                what="灭火器",
                detail=GOOD,
                photos=[upload(jpeg(color=color))],
            )
        Attachment.objects.exclude(pk__in=kept.photos).update(child_ids=[])
        LedgerEntry.objects.count()
        after = now() + DAY

        assert Pictures().due(after, Held(institutions=frozenset(), children=frozenset())) == 0


class TestAlerts:
    def test_what_is_late_is_raised_once_and_ends_when_it_is_done(self, city, carer):
        found = task(city, every_days=7, last=12)
        assert ledgers.raise_late() == 1
        assert ledgers.raise_late() == 1
        alert = Alert.objects.get()
        assert alert.evidence == {"ledger": "disinfection", "due": str(today() - 5 * DAY)}
        with rls.of_actor(carer):
            ledgers.record(actor=carer, kind=found.kind, schedule=found, detail=UV)

        alert.refresh_from_db()
        assert alert.outcome == "ended"
        assert ledgers.raise_late() == 0

    def test_it_comes_again_when_the_entry_is_struck(self, city, carer):
        found = task(city, every_days=7, last=12)
        ledgers.raise_late()
        entry = ledgers.record(actor=carer, kind=found.kind, schedule=found, detail=UV)
        ledgers.strike(actor=carer, entry=entry, reason="没有做")

        assert ledgers.raise_late() == 1
        assert Alert.objects.unsettled().count() == 1

    def test_what_somebody_closed_is_not_raised_again_for_the_same_day(self, city, director):
        task(city, every_days=7, last=12)
        ledgers.raise_late()
        alerts.close(actor=director, alert=Alert.objects.get(), outcome="resolved")

        assert ledgers.raise_late() == 1
        assert not Alert.objects.unsettled().exists()

    def test_it_ends_when_it_is_not_due_any_more(self, city):
        found = task(city, every_days=7, last=12)
        ledgers.raise_late()
        LedgerRhythmFactory(schedule=found, repeat="never", valid_from=today())

        assert ledgers.raise_late() == 0
        assert Alert.objects.get().outcome == "ended"

    def test_it_is_passed_on_to_the_director_when_nobody_comes(self, city):
        task(city, every_days=7, last=12)
        ledgers.raise_late()
        alert = Alert.objects.get()

        assert alerts.on_duty(alert) == [city.a.clerk.pk]
        assert alerts.escalate(at=alert.due_at + dt.timedelta(minutes=1)) == 1
        assert alerts.on_duty(Alert.objects.get()) == [city.a.director.pk]

    def test_a_hazard_is_late_after_its_day(self, city, carer):
        hazard = ledgers.record(
            actor=carer,
            kind="hazard",
            what="积水",
            detail={"place": "盥洗室", "severity": "minor"},
            mend_by=today(),
        )
        assert ledgers.raise_late() == 0
        with time_machine.travel(now() + DAY):
            assert ledgers.raise_late() == 1
            ledgers.settle(actor=carer, entry=hazard, detail={"measure": "加地漏"})
            assert ledgers.raise_late() == 0
        assert Alert.objects.get().outcome == "ended"

    def test_the_look_asks_as_much_for_three_nurseries_as_for_one(
        self, city, django_assert_num_queries
    ):
        for _number in range(2):
            task(city, every_days=7, last=12)
            for place in (city.a, city.b):
                found = LedgerRhythmFactory(schedule__institution=place.institution).schedule
                LedgerEntryFactory(schedule=found, at=now() - 9 * DAY)
            ledgers.raise_late()
            with django_assert_num_queries(8):
                ledgers.raise_late()


class TestDatabase:
    def test_the_application_may_not_even_ask(self, city, carer):
        entry = LedgerEntryFactory(schedule__institution=city.a.institution)
        with (
            rls.of_actor(carer),
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
        ):
            LedgerEntry.objects.filter(pk=entry.pk).update(note="x")

    @pytest.mark.parametrize(
        ("name", "wrong"),
        [
            ("ledgerrhythm_once", lambda entry: LedgerRhythmFactory(schedule=entry.schedule)),
            ("ledgerrhythm_days", lambda entry: LedgerRhythmFactory(every_days=0)),
            (
                "ledgerrhythm_days",
                lambda entry: LedgerRhythmFactory(repeat="monthly", every_days=3),
            ),
            ("ledgerrhythm_weekday", lambda entry: LedgerRhythmFactory(repeat="weekly")),
            ("ledgerrhythm_weekday", lambda entry: LedgerRhythmFactory(weekday=2)),
            (
                "ledgerschedule_house_once",
                lambda entry: LedgerScheduleFactory(institution=entry.institution, what=entry.what),
            ),
            ("ledgerentry_closes", lambda entry: LedgerEntryFactory(closes=entry)),
            (
                "ledgerentry_mend_by",
                lambda entry: LedgerEntryFactory(schedule=entry.schedule, mend_by=today()),
            ),
            (
                "ledgerentry_correction",
                lambda entry: LedgerEntryFactory(schedule=entry.schedule, void=True),
            ),
            (
                "ledgerentry_correction",
                lambda entry: LedgerEntryFactory(
                    schedule=entry.schedule, corrects=entry, root=entry.root
                ),
            ),
        ],
    )
    def test_what_cannot_be_is_refused(self, city, name, wrong):
        entry = LedgerEntryFactory(schedule__institution=city.a.institution)
        LedgerRhythmFactory(schedule=entry.schedule)

        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            wrong(entry)

    def test_an_entry_is_corrected_once(self, city):
        old = LedgerEntryFactory(schedule__institution=city.a.institution)
        said = {"schedule": old.schedule, "corrects": old, "root": old.root, "reason": "x"}
        LedgerEntryFactory(**said)

        with pytest.raises(IntegrityError, match="corrects_id"), transaction.atomic():
            LedgerEntryFactory(**said)


KEEP = "institution_ledgerentry"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", [f"UPDATE {KEEP} SET note = 'x'", f"DELETE FROM {KEEP}"])
def test_every_entry_is_kept_even_from_the_owner(statement):
    LedgerEntryFactory()
    with (
        as_owner(),
        pytest.raises(DatabaseError, match="never changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"ALTER TABLE {KEEP} NO FORCE ROW LEVEL SECURITY; {statement}")
