import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection

from core.calendar import today
from core.errors import NotThere, Refused
from core.models import AuditEvent
from institution.models import Membership
from tests.factories.training import (
    CertificateFactory,
    CertificateTypeFactory,
    TrainingRecordFactory,
)
from training.models import Certificate, CertificateType, TrainingRecord
from training.services import records


def add(actor, member, kind, **values) -> Certificate:
    told = {"issued_on": today() - dt.timedelta(days=3)} | values
    return records.add_certificate(actor=actor, membership=member, type=kind, **told)


def refused(code: str):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


@pytest.mark.parametrize(
    ("months", "issued", "end"),
    [
        (12, dt.date(2026, 3, 1), dt.date(2027, 3, 1)),
        (12, dt.date(2024, 2, 29), dt.date(2025, 2, 28)),
        (1, dt.date(2026, 1, 31), dt.date(2026, 2, 28)),
        (24, dt.date(2026, 12, 15), dt.date(2028, 12, 15)),
        (None, dt.date(2026, 3, 1), None),
    ],
)
def test_usual_end(months, issued, end):
    assert records.usual_end(CertificateType(validity_months=months), issued) == end


def test_term_of_the_kind_gives_the_last_day(city, member, types):
    issued = today() - dt.timedelta(days=3)

    health = add(city.actor(city.a.director), member, types["health_cert"])
    nurse = add(city.actor(city.a.director), member, types["nurse"])

    assert health.expires_on == records.usual_end(types["health_cert"], issued)
    assert nurse.expires_on is None


def test_trainer_adds_in_the_region_and_the_audit_says_where(city, member, types):
    add(city.actor(city.trainer), member, types["first_aid"], number="JN-1234567")

    event = AuditEvent.objects.get(action="training.certificate.add")
    assert event.institution_id == city.a.institution.pk
    assert event.region_path == city.counties[0].path
    assert event.data == {"type": "first_aid", "membership": member.pk}


def test_number_is_sealed_in_the_database(city, member, types):
    add(city.actor(city.a.director), member, types["doctor"], number="110370811199001011234")

    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM training_certificate")
        (sealed,) = cursor.fetchone()
    assert b"1990" not in bytes(sealed)
    assert Certificate.objects.get().masked_number == "****1234"


def test_same_certificate_twice_is_refused(city, member, types):
    actor = city.actor(city.a.director)
    add(actor, member, types["nurse"])

    with refused("already_added"):
        add(actor, member, types["nurse"])


def test_days_in_the_wrong_order_or_future_are_refused(city, member, types):
    actor = city.actor(city.a.director)

    with refused("dates_reversed"):
        add(actor, member, types["nurse"], expires_on=today() - dt.timedelta(days=30))
    with refused("in_future"):
        add(actor, member, types["nurse"], issued_on=today() + dt.timedelta(days=1))
    assert not AuditEvent.objects.exists()


def test_staff_of_another_nursery_is_not_there(city, types):
    theirs = Membership.objects.get(user=city.b.carer)

    with pytest.raises(NotThere):
        add(city.actor(city.a.director), theirs, types["nurse"])


def test_who_left_gets_nothing_any_more(city, member, types):
    Membership.objects.filter(pk=member.pk).update(ended_on=today())

    with pytest.raises(NotThere):
        add(city.actor(city.a.director), member, types["nurse"])


def test_training_is_added_once(city, member):
    told = {"topic": "睡眠照护", "hours": Decimal("4.5"), "held_on": today()}
    actor = city.actor(city.a.director)

    records.add_training(actor=actor, membership=member, **told)

    with refused("already_added"):
        records.add_training(actor=actor, membership=member, **told)
    assert TrainingRecord.objects.get().institution == city.a.institution


@pytest.mark.parametrize("hours", ["0", "-1", "24.1"])
def test_hours_of_a_day(city, member, hours):
    with refused("out_of_range"):
        records.add_training(
            actor=city.actor(city.a.director),
            membership=member,
            topic="睡眠照护",
            hours=Decimal(hours),
            held_on=today(),
        )


def test_types_bear_being_loaded_twice_and_keep_own_ones(types):
    CertificateTypeFactory(code="own", name="本地证书")

    call_command("load_certificate_types")

    assert CertificateType.objects.count() == len(types) + 1
    assert types["health_cert"].validity_months == 12
    assert types["teacher"].validity_months is None


def test_database_refuses_what_cannot_be(member):
    with pytest.raises(IntegrityError, match="training_certificate_dates"):
        CertificateFactory(
            membership=member, issued_on=today(), expires_on=today() - dt.timedelta(days=1)
        )


def test_database_refuses_a_day_of_30_hours(member):
    with pytest.raises(IntegrityError, match="training_trainingrecord_hours"):
        TrainingRecordFactory(membership=member, hours=Decimal(30))
