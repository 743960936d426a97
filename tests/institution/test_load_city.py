import datetime as dt
import json
import sys
import uuid
from collections import Counter
from contextlib import nullcontext
from zoneinfo import ZoneInfo

import msgspec
import pytest
import time_machine
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Max, Min

from core.actors import resolve
from core.auth import people_called
from core.calendar import age_months, day_bounds
from core.crypto import keyring as keys
from core.models import AuditEvent, Region, RegionPost, Stream, User
from core.permissions import Role
from core.postgres.owner import as_owner
from core.validators import check_credit_code, check_mobile, check_resident_id
from institution import reference
from institution.demo import city, copy, families, load
from institution.demo.logins import LOGINS, PASSWORD
from institution.enums import AdmissionState, LedgerKind, Sex
from institution.kinds import KINDS, decode_detail
from institution.models import (
    Alert,
    Allergy,
    Application,
    Attendance,
    Child,
    ClassDuty,
    ClassGroup,
    ClassTypeRule,
    DailyCount,
    DailyEntry,
    Enrolment,
    Guardianship,
    Institution,
    LedgerEntry,
    Licence,
    ServiceFee,
)
from institution.selectors.ledgers import late_everywhere
from institution.selectors.places import places_from
from institution.services import attendance, daily_log

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = dt.date(2026, 11, 23)
AFTERNOON = dt.datetime(2026, 11, 23, 15, 30, tzinfo=ZONE)


class NoBar:
    def update(self, number: int) -> None: ...


def request(**given) -> load.Request:
    usual = {"scale": "demo", "seed": 1, "days": 14, "until": AFTERNOON}
    return load.Request(**usual | given, bar=lambda title, total: nullcontext(NoBar()))


@pytest.fixture(scope="module", autouse=True)
def owner(django_db_setup, django_db_blocker):
    """As the command itself: only the owner empties tables and switches their triggers off."""
    with django_db_blocker.unblock(), as_owner():
        yield


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The demonstration, loaded once for the tests that only read it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load.load(request())
        transaction.set_rollback(True)


@pytest.fixture
def tiny(monkeypatch):
    """A nursery for each county and zone: quick to load more than once."""
    monkeypatch.setitem(city.SCALES, "demo", city.Scale(14, 200))


@pytest.fixture
def showcase(loaded) -> ClassGroup:
    return ClassGroup.objects.get(name=city.SHOWCASE_CLASS, institution__name=city.SHOWCASE_NAME)


def test_it_has_the_promised_size(loaded):
    assert (loaded.institutions, loaded.children) == (24, 600)
    assert Institution.objects.count() == 24
    assert Enrolment.objects.on(MONDAY).count() == 600
    assert loaded.entries == DailyEntry.objects.count() > 60_000


def test_every_county_and_zone_has_a_nursery(loaded):
    paths = Institution.objects.values_list("region__path", flat=True)
    counties = {path.split("/")[1] for path in paths}
    assert counties == set(Region.objects.counties().values_list("code", flat=True))


def test_nurseries_stand_in_their_county(loaded):
    outlines = json.loads(city.OUTLINES.read_text())
    for nursery in Institution.objects.select_related("region").order_by("pk"):
        county = nursery.region.path.split("/")[1]
        outline = outlines[city.ZONES.get(county, (county,))[0]]["ring"]
        assert city.inside((float(nursery.longitude), float(nursery.latitude)), outline), (
            nursery.name
        )


def test_numbers_are_valid(loaded):
    for code in Institution.objects.values_list("credit_code", flat=True):
        assert check_credit_code(code=code) == code
    for child in Child.objects.exclude(resident_id_index=None).order_by("pk"):
        assert check_resident_id(number=child.resident_id, born=child.born_on) == child.resident_id
        assert (int(child.resident_id[16]) % 2 == 1) == (child.sex == Sex.MALE)
    phones = [user.phone for user in User.objects.order_by("pk")]
    assert len(set(phones)) == len(phones)
    assert all(check_mobile(phone=phone) == phone for phone in phones)


@pytest.mark.django_db
def test_more_children_are_copied_in_than_keys_are_remembered(monkeypatch):
    monkeypatch.setattr(sys.modules["core.crypto.keyring"], "REMEMBERED", 3)
    monkeypatch.setattr(copy, "BATCH", 4)
    keys.forget()
    born = dt.date(2025, 2, 3)
    rows = [Child(name="C", sex="male", born_on=born, resident_id=f"id {n}") for n in range(20)]

    with transaction.atomic():
        copy.copy_in(Child, rows)

    read = Child.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk")
    assert [child.resident_id for child in read] == [f"id {n}" for n in range(20)]


def test_sealed_numbers_are_found_by_their_index(loaded):
    parent = User.objects.get(username="parent")
    assert list(people_called(parent.phone)) == [parent]


def test_classes_keep_to_the_rules(loaded):
    rules = {rule.class_type: rule for rule in ClassTypeRule.objects.on(MONDAY)}
    for group in ClassGroup.objects.order_by("pk"):
        rule = rules[group.class_type]
        places = Enrolment.objects.filter(class_group=group).select_related("child").order_by("pk")
        assert 1 <= len(places) <= group.capacity <= rule.max_children
        carers = ClassDuty.objects.filter(class_group=group).count()
        assert carers * (rule.children_per_carer or 5) >= len(places)
        for place in places:
            assert rule.min_months <= age_months(place.child.born_on, MONDAY) < rule.below_months
            assert age_months(place.child.born_on, place.during.lower) >= rule.min_months
            assert place.during.lower >= group.opened_on


def test_children_have_one_or_two_guardians(loaded):
    numbers = Counter(
        Guardianship.objects.values("child").annotate(n=Count("pk")).values_list("n", flat=True)
    )
    assert set(numbers) == {1, 2}
    assert sum(numbers.values()) == 600
    assert Guardianship.objects.values("user").annotate(n=Count("child")).filter(n=2).exists()
    assert 20 <= Allergy.objects.count() <= 80


def test_details_are_stored_as_the_service_stores_them(loaded):
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT kind, detail::text FROM institution_dailyentry")
        said = cursor.fetchall()
    assert len({kind for kind, _ in said}) > 10
    for kind, text in said:
        stored = json.loads(text)
        assert msgspec.to_builtins(decode_detail(KINDS[kind], text.encode())) == stored


def test_a_day_has_ten_to_fifteen_entries_and_ends_with_the_present(loaded):
    days = (
        DailyEntry.objects.filter(at__lt=day_bounds(MONDAY)[0])
        .exclude(kind="absence")
        .values("child", "at__date")
        .annotate(n=Count("pk"))
        .values_list("n", flat=True)
    )
    assert {10, 11, 12, 13, 14, 15} >= set(days) > {12, 13, 14}
    told = DailyEntry.objects.aggregate(last=Max("recorded_at"), first=Min("at"))
    assert AFTERNOON - dt.timedelta(minutes=10) < told["last"] <= AFTERNOON
    assert told["first"] >= day_bounds(dt.date(2026, 11, 10))[0]


def test_weekends_are_free(loaded):
    days = set(Attendance.objects.values_list("day", flat=True))
    assert len(days) == 10
    assert all(day.weekday() < 5 for day in days)


def test_carers_write_for_their_own_class(loaded):
    mine = set(ClassDuty.objects.values_list("membership__user", "class_group"))
    wrote = set(DailyEntry.objects.values_list("recorded_by", "class_group").distinct())
    assert wrote <= mine


def test_attendance_is_what_the_service_makes_of_the_entries(loaded, showcase):
    rows = Attendance.objects.filter(institution=showcase.institution).order_by("child", "day")
    told = list(rows.values())
    changes = {(row["child_id"], row["day"]): row["class_group_id"] for row in told}
    with transaction.atomic():
        attendance.project(institution_id=showcase.institution_id, changes=changes)
        assert [row | {"id": 0} for row in rows.values()] == [row | {"id": 0} for row in told]
        transaction.set_rollback(True)


def test_counters_and_streams_agree_with_the_entries(loaded):
    counted = Counter()
    for count in DailyCount.objects.order_by("pk"):
        counted[count.institution_id, count.day, count.kind] += count.amount
    entries = DailyEntry.objects.values_list("institution_id", "at__date", "kind").annotate(
        n=Count("pk")
    )
    assert counted == Counter({(i, day, kind): n for i, day, kind, n in entries})
    for nursery in Institution.objects.order_by("pk"):
        found = DailyEntry.objects.filter(institution=nursery).aggregate(
            n=Count("pk"), last=Max("seq"), first=Min("seq"), different=Count("seq", distinct=True)
        )
        stream = Stream.objects.get(name=f"institution.{nursery.pk}").seq
        assert (found["first"], found["n"], found["different"]) == (1, stream, stream)
        assert found["last"] == stream


def test_every_batch_has_an_audit_record(loaded):
    recorded = Counter()
    for event in AuditEvent.objects.filter(action="daily_log.record").order_by("pk"):
        recorded.update(event.data["kinds"])
        assert event.region_path
        assert len(event.child_ids) == sum(event.data["kinds"].values())
    kinds = DailyEntry.objects.values_list("kind").annotate(n=Count("pk"))
    assert recorded == Counter(dict(kinds))


def test_the_showcase_waits_for_lunch(loaded, showcase):
    places = Enrolment.objects.filter(class_group=showcase).select_related("child")
    assert {place.child.name for place in places} == set(families.SHOWCASE_CHILDREN)
    assert len(places) == showcase.capacity == 15
    today = DailyEntry.objects.filter(class_group=showcase).on(MONDAY)
    assert today.filter(kind="meal", detail__meal="breakfast").count() == 14
    assert not today.filter(detail__meal="lunch").exists()
    here = Attendance.objects.filter(class_group=showcase, day=MONDAY)
    assert here.present().count() == 14
    absent = here.get(child__name=families.ILL_CHILD)
    assert (absent.absence, absent.absence_note) == ("ill", "发热")
    allergy = Allergy.objects.get(
        child__name=families.ALLERGIC_CHILD, institution=showcase.institution
    )
    assert (allergy.substance, allergy.icon) == (families.MILK, "milk-off")
    assert DailyEntry.objects.on(MONDAY).filter(detail__meal="lunch").exists()


def test_a_visitor_logs_lunch_for_the_showcase(loaded, showcase):
    actor = resolve(User.objects.get(username="carer"))
    children = Attendance.objects.filter(class_group=showcase, day=MONDAY).present()
    before = Stream.objects.get(name=f"institution.{showcase.institution_id}").seq
    entries = [
        daily_log.NewEntry(
            id=uuid.UUID(int=number),
            child_id=child,
            kind="meal",
            at=AFTERNOON,
            detail=b'{"meal": "lunch", "amount": "all"}',
        )
        for number, child in enumerate(
            children.order_by("child").values_list("child_id", flat=True), 1
        )
    ]
    with time_machine.travel(AFTERNOON, tick=False), transaction.atomic():
        answers = daily_log.record(actor=actor, entries=entries)
        transaction.set_rollback(True)
    assert [answer.status for answer in answers] == ["created"] * 14
    assert [answer.seq for answer in answers] == list(range(before + 1, before + 15))


@pytest.mark.parametrize(("username", "role"), LOGINS.items())
def test_every_login_works(loaded, rf, username, role):
    user = authenticate(rf.post("/sign-in/"), username=username, password=PASSWORD)
    assert user is not None
    actor = resolve(user)
    assert actor.role == role
    known = {
        Role.CARER: lambda: actor.class_ids,
        Role.CLINIC_DOCTOR: lambda: actor.institution_ids,
        Role.GUARDIAN: lambda: actor.child_ids,
        Role.RELATIVE: lambda: actor.child_ids,
    }
    assert known.get(role, lambda: actor.region_path)()


def test_the_family_has_two_children_and_a_grandmother(loaded):
    parent, grandma = (resolve(User.objects.get(username=name)) for name in ("parent", "grandma"))
    places = (
        Enrolment.objects.filter(child__in=parent.child_ids).select_related("child").order_by("pk")
    )
    assert [place.child.name for place in places] == [families.KNOWN_CHILD, families.SISTER]
    assert len({place.class_group_id for place in places}) == 2
    assert grandma.child_ids < parent.child_ids


def test_logins_are_listed(loaded, settings, capsys):
    settings.DEMO_CITY_ALLOWED = True
    call_command("demo_logins", "--json")
    rows = json.loads(capsys.readouterr().out)
    assert [row["username"] for row in rows] == list(LOGINS)
    assert all(
        row["name"] and row["password"] == PASSWORD and row["path"] == "/sign-in/" for row in rows
    )
    assert {role.value for role in LOGINS.values()} == set(Role.values)


@pytest.mark.parametrize("command", ["load_city", "demo_logins"])
def test_it_is_refused_where_it_is_not_wanted(loaded, settings, command):
    settings.DEMO_CITY_ALLOWED = False
    with pytest.raises(CommandError, match="not a demonstration"):
        call_command(command)


def test_it_is_not_loaded_over_another(loaded, settings):
    settings.DEMO_CITY_ALLOWED = True
    with pytest.raises(CommandError, match="--replace"):
        call_command("load_city")


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01"])
def test_a_time_that_is_none_is_refused(loaded, settings, text):
    settings.DEMO_CITY_ALLOWED = True
    with pytest.raises(CommandError, match="--until"):
        call_command("load_city", "--until", text)


def test_families_ask_every_nursery_for_a_place_and_no_class_is_promised_too_often(loaded):
    asked = Application.objects.order_by("institution", "state")
    states = set(asked.values_list("institution", "state"))
    for nursery in Institution.objects.order_by("pk"):
        of_nursery = {state for place, state in states if place == nursery.pk}
        assert {"enquiry", "visit", "applied", "waiting", "withdrawn"} <= of_nursery
    assert {state for _place, state in states} == set(AdmissionState.values) - {"left"}
    with time_machine.travel(AFTERNOON, tick=False):
        for group in ClassGroup.objects.order_by("pk"):
            assert places_from(group, MONDAY).free >= 0


def test_every_nursery_has_a_fee_and_documents_of_which_some_run_out(loaded):
    assert not Institution.objects.with_fee(MONDAY).filter(monthly_fee=None).exists()
    assert not Institution.objects.filter(person_in_charge="").exists()
    licences = Licence.objects.with_state(MONDAY)
    assert not licences.filter(issued_on__gt=MONDAY).exists()
    assert {"valid"} < set(licences.values_list("state", flat=True))


def test_the_ledgers_of_the_showcase_go_on_and_one_is_late(loaded):
    shown = Institution.objects.get(name=city.SHOWCASE_NAME)
    late = [t for t in late_everywhere(MONDAY) if t.schedule.institution_id == shown.pk]
    entries = LedgerEntry.objects.filter(institution=shown)

    assert [task.schedule.what for task in late] == ["户外大型玩具"]
    alert = Alert.objects.get(kind="ledger_late", institution=shown)
    assert alert.key == f"task:{late[0].schedule.pk}:{late[0].due_on}"
    assert set(entries.values_list("kind", flat=True)) == set(LedgerKind.values)
    assert entries.open().filter(kind=LedgerKind.HAZARD).count() == 2
    assert entries.open().filter(kind=LedgerKind.VISITOR).count() == 1
    assert not entries.filter(at__gt=AFTERNOON).exists()


def snapshot() -> dict:
    """Everything but ids, hashes and sealed bytes."""
    return {
        "institutions": list(
            Institution.objects.with_fee(MONDAY)
            .order_by("credit_code")
            .values_list(
                "name",
                "credit_code",
                "region__code",
                "latitude",
                "longitude",
                "places",
                "monthly_fee",
                "legal_representative",
                "person_in_charge",
                "service_modes",
                "inclusive_until",
            )
        ),
        "fees": list(
            ServiceFee.objects.order_by(
                "institution__credit_code", "mode", "unit", "valid_from"
            ).values_list("institution__credit_code", "mode", "unit", "amount", "valid_from")
        ),
        "licences": list(
            Licence.objects.order_by("institution__credit_code", "kind", "number").values_list(
                "institution__credit_code", "kind", "number", "issued_on", "valid_until"
            )
        ),
        "users": [(u.username, u.name, u.phone) for u in User.objects.order_by("username")],
        "posts": list(
            RegionPost.objects.order_by("user__username").values_list("role", "region__code")
        ),
        "children": [
            (c.name, c.born_on, c.sex, c.resident_id)
            for c in Child.objects.order_by("name", "born_on", "pk")
        ],
        "guardians": list(
            Guardianship.objects.order_by("user__username", "child__name").values_list(
                "user__username", "child__name", "relation"
            )
        ),
        "entries": list(
            DailyEntry.objects.order_by("id").values_list(
                "id",
                "child__name",
                "kind",
                "at",
                "detail",
                "seq",
                "recorded_by__username",
                "recorded_at",
            )
        ),
        "attendance": list(
            Attendance.objects.order_by(
                "day", "child__name", "arrived_at", "child__born_on"
            ).values_list("day", "child__name", "arrived_at", "left_at", "absence")
        ),
    }


def load_and_forget(**given) -> dict:
    with transaction.atomic():
        load.load(request(days=3, **given))
        found = snapshot()
        transaction.set_rollback(True)
    return found


def test_the_same_seed_makes_the_same_city(db, tiny):
    first = load_and_forget()
    assert load_and_forget() == first
    other = load_and_forget(seed=2)
    assert other.pop("posts") == first.pop("posts")
    assert all(other[table] != first[table] for table in first)


def test_before_breakfast_the_showcase_is_already_there(db, tiny):
    until = dt.datetime(2026, 11, 23, 3, 10, tzinfo=ZONE)
    load.load(request(days=2, until=until))
    here = Attendance.objects.filter(day=MONDAY).present()
    assert here.filter(class_group__name=city.SHOWCASE_CLASS).count() == 14
    assert not DailyEntry.objects.filter(recorded_at__gt=until).exists()
    assert not DailyEntry.objects.filter(recorded_at__lt=F("at")).exists()


def test_on_a_sunday_there_is_something_to_see(db, tiny):
    sunday = dt.datetime(2026, 11, 22, 11, tzinfo=ZONE)
    load.load(request(days=4, until=sunday))
    days = Attendance.objects.order_by("day").values_list("day", flat=True).distinct()
    assert [day.isoformat() for day in days] == ["2026-11-19", "2026-11-20", "2026-11-22"]


def test_in_the_evening_the_children_are_still_there():
    with time_machine.travel(dt.datetime(2026, 11, 23, 21, tzinfo=ZONE), tick=False):
        assert load.usual_until() == dt.datetime(2026, 11, 23, 16, 20, tzinfo=ZONE)
    with time_machine.travel(AFTERNOON, tick=False):
        assert load.usual_until() == AFTERNOON


def test_the_days_since_are_told_once(db, tiny):
    load.load(request(days=2, until=dt.datetime(2026, 11, 19, 16, tzinfo=ZONE)))
    before = DailyEntry.objects.count()
    told = load.catch_up(request())
    days = Attendance.objects.order_by("day").values_list("day", flat=True).distinct()
    assert [day.day for day in days] == [18, 19, 20, 23]
    assert DailyEntry.objects.count() == before + told.entries
    assert load.catch_up(request()).entries == 0


def test_another_city_takes_the_place_of_the_first(db, tiny, settings, capsys):
    settings.DEMO_CITY_ALLOWED = True
    load.load(request(days=1))
    first = User.objects.order_by("-pk").first()
    events = AuditEvent.objects.count()
    connection.check_constraints()  # as a commit does
    with time_machine.travel(AFTERNOON, tick=False):
        call_command("load_city", "--replace", "--days", "1", "--seed", "2")
    assert "14 nurseries, 200 children" in capsys.readouterr().out
    assert Institution.objects.count() == 14
    assert User.objects.order_by("pk").first().pk > first.pk
    assert AuditEvent.objects.count() > events


def test_reference_data_bears_a_second_load(db):
    first = reference.load()
    Region.objects.filter(code="370811").update(population=5)
    assert (
        reference.load()
        == first
        == {
            "regions": 173,
            "class type rules": 4,
            "alert rules": 11,
            "food rules": 41,
            "illness rules": 14,
            "report rules": 1,
            "site rules": 14,
            "days of the calendar": 2557,
        }
    )
    assert Region.objects.count() == 173
    assert Region.objects.get(code="370811").population == 5
    assert Region.objects.get(code="370811011").path == "370800/370811/370811011/"
    zones = Region.objects.counties().filter(national_code=False)
    assert set(zones.values_list("code", flat=True)) == {"370871", "JN-TBH", "JN-JKQ"}
    assert not Region.objects.filter(name_en="").exists()
