import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from core.calendar import now, today
from core.errors import NotThere, Refused
from core.models import AuditEvent
from health.enums import Action, Finding, Position
from health.models import HealthRule, Measurement, MorningCheck
from health.services import records
from tests.factories.health import HealthRuleFactory, MeasurementFactory, MorningCheckFactory


@pytest.fixture
def actor(city):
    return city.actor(city.a.health_worker)


@pytest.fixture
def child(city):
    return city.a.children[0]


def check(actor, child, **values) -> MorningCheck:
    told = {"temperature": Decimal("36.5"), "action": Action.ADMITTED} | values
    return records.record_check(actor=actor, child=child, **told)


def measure(actor, child, **values) -> Measurement:
    told = {"measured_on": today(), "weight_kg": Decimal("11.2")} | values
    return records.record_measurement(actor=actor, child=child, **told)


def refused(code: str):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


def test_check_keeps_class_day_and_who(city, actor, child):
    row = check(actor, child, findings=["cough"], note="轻咳")

    assert (row.institution, row.class_group, row.day) == (
        city.a.institution,
        city.a.small,
        today(),
    )
    assert row.checked_by == city.a.health_worker
    assert row.findings == ["cough"]


def test_check_is_audited_with_the_child(actor, child):
    row = check(actor, child)

    event = AuditEvent.objects.get(action="health.check.record")
    assert event.child_ids == [child.pk]
    assert event.subject_id == str(row.pk)
    assert event.region_path == "3708/370811/"


def test_fever_is_told_by_the_temperature_not_by_the_tick(actor, child):
    row = check(
        actor, child, temperature=Decimal("37.3"), action=Action.OBSERVED, findings=["cough"]
    )

    assert row.findings == [Finding.FEVER, Finding.COUGH]


def test_ticked_fever_without_the_temperature_is_none(actor, child):
    assert check(actor, child, temperature=Decimal("37.2"), findings=["fever"]).findings == []


def test_fever_is_not_admitted(actor, child):
    with refused("fever_admitted"):
        check(actor, child, temperature=Decimal("38.0"))

    assert not MorningCheck.objects.exists()
    assert not AuditEvent.objects.exists()


def test_later_rule_moves_the_limit(actor, child):
    HealthRuleFactory(low=Decimal("37.5"), valid_from=today())

    assert check(actor, child, temperature=Decimal("37.4")).findings == []


def test_rule_of_tomorrow_does_not_count_today(actor, child):
    HealthRuleFactory(low=Decimal("36.0"), valid_from=today() + dt.timedelta(days=1))

    assert check(actor, child).findings == []


def test_without_rules_nothing_is_recorded(actor, child):
    HealthRule.objects.filter(code="temperature").delete()

    with refused("health_rules_missing"):
        check(actor, child)


@pytest.mark.parametrize("temperature", ["33.9", "43.1"])
def test_temperature_out_of_range(actor, child, temperature):
    with refused("out_of_range"):
        check(actor, child, temperature=Decimal(temperature))


def test_second_check_of_the_day_must_name_the_first(actor, child):
    first = check(actor, child)

    with refused("already_checked"):
        check(actor, child)
    second = check(actor, child, temperature=Decimal("36.9"), replaces=first.pk)

    first.refresh_from_db()
    assert first.replaced_at is not None
    assert list(MorningCheck.objects.on(today()).current()) == [second]
    assert AuditEvent.objects.order_by("-pk")[0].data == {"replaced": first.pk}


def test_correcting_what_was_corrected_meanwhile_is_refused(actor, child):
    first = check(actor, child)
    check(actor, child, replaces=first.pk)

    with refused("already_checked"):
        check(actor, child, replaces=first.pk)


def test_check_of_another_child_cannot_be_replaced(city, actor, child):
    other = check(actor, city.a.children[1])

    with refused("already_checked"):
        check(actor, child, replaces=other.pk)
    other.refresh_from_db()
    assert other.replaced_at is None


@pytest.mark.parametrize("who", ["director", "carer", "clerk"])
def test_child_of_another_nursery_is_not_there(city, who):
    with pytest.raises(NotThere):
        check(city.actor(getattr(city.a, who)), city.b.children[0])


def test_future_and_long_past_are_refused(actor, child):
    with refused("in_future"):
        check(actor, child, checked_at=now() + dt.timedelta(minutes=5))
    with refused("too_old"):
        check(actor, child, checked_at=now() - dt.timedelta(days=60))


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"findings": ["fever"]}, "health_morningcheck_fever_not_admitted"),
        ({"findings": ["plague"]}, "health_morningcheck_findings"),
        ({"temperature": Decimal("99.9")}, "health_morningcheck_temperature"),
    ],
)
def test_database_refuses_impossible_checks(city, child, values, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        MorningCheckFactory(class_group=city.a.small, child=child, **values)


def test_database_holds_one_check_per_child_and_day(city, child):
    MorningCheckFactory(class_group=city.a.small, child=child, replaced_at=now())
    MorningCheckFactory(class_group=city.a.small, child=child)

    with pytest.raises(IntegrityError, match="health_morningcheck_once"), transaction.atomic():
        MorningCheckFactory(class_group=city.a.small, child=child)


def test_length_is_lying_below_two_years_and_standing_from_then(city, actor, child):
    child.born_on = today().replace(year=today().year - 2, day=1)
    small = city.a.children[1]

    assert measure(actor, child, length_cm=Decimal("88.0")).measure == Position.STANDING
    assert measure(actor, small, length_cm=Decimal("80.0")).measure == Position.LYING


def test_measurement_without_length_has_no_position(actor, child):
    assert measure(actor, child, measure=Position.LYING).measure == ""


def test_measurement_needs_a_value(actor, child):
    with refused("nothing_measured"):
        measure(actor, child, weight_kg=None)


@pytest.mark.parametrize(
    ("name", "value"), [("weight_kg", "40.01"), ("length_cm", "39.9"), ("head_cm", "60.1")]
)
def test_measurement_out_of_range_names_the_field(actor, child, name, value):
    with refused("out_of_range") as refusal:
        measure(actor, child, **{name: Decimal(value)})

    assert list(refusal.value.fields) == [name]


def test_measurement_of_a_day_is_corrected_not_doubled(actor, child):
    first = measure(actor, child)

    with refused("already_measured"):
        measure(actor, child, weight_kg=Decimal("11.5"))
    second = measure(actor, child, weight_kg=Decimal("11.5"), replaces=first.pk)

    assert list(Measurement.objects.current()) == [second]


def test_correction_may_move_a_measurement_to_another_day(actor, child):
    wrong_day = measure(actor, child)

    moved = measure(actor, child, measured_on=today() - dt.timedelta(days=1), replaces=wrong_day.pk)

    assert list(Measurement.objects.current()) == [moved]


def test_correction_does_not_push_out_the_measurement_of_another_day(city, actor, child):
    yesterday = measure(actor, child, measured_on=today() - dt.timedelta(days=1))
    of_today = measure(actor, child)

    with refused("already_measured"):
        measure(actor, child, measured_on=yesterday.measured_on, replaces=of_today.pk)
    assert Measurement.objects.current().count() == 2


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"measure": ""}, "health_measurement_position"),
        ({"weight_kg": Decimal(-1)}, "health_measurement_positive"),
        ({"weight_kg": None, "length_cm": None, "measure": ""}, "health_measurement_something"),
    ],
)
def test_database_refuses_impossible_measurements(city, child, values, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        MeasurementFactory(institution=city.a.institution, child=child, **values)


def test_rules_bear_being_loaded_twice_and_keep_what_an_operator_added(city):
    HealthRuleFactory(low=Decimal("37.5"), valid_from=dt.date(2026, 1, 1))
    before = HealthRule.objects.count()

    call_command("load_health_rules")

    assert HealthRule.objects.count() == before
    assert HealthRule.objects.filter(low=Decimal("37.5")).exists()
