"""Visits: a time is booked by as many families as have room, also when they book at once."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connections, transaction

from core import rls
from core.calendar import now
from core.errors import Refused
from core.models import AuditEvent
from institution.enums import AdmissionState
from institution.models import Application, VisitBooking, VisitSlot
from institution.services import admissions, visits
from tests.factories.city import build_city
from tests.factories.institution import (
    ApplicationFactory,
    VisitBookingFactory,
    VisitSlotFactory,
)

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def clerk(city):
    return city.actor(city.a.clerk)


@pytest.fixture
def slot(city):
    return VisitSlotFactory(institution=city.a.institution)


def family(city) -> Application:
    return ApplicationFactory(institution=city.a.institution, state="enquiry")


def test_a_family_books_and_books_another_time(city, clerk, slot):
    application = family(city)
    other = VisitSlotFactory(institution=city.a.institution)

    visits.book_visit(actor=clerk, application=application, slot=slot)
    visits.book_visit(actor=clerk, application=application, slot=other)

    assert VisitBooking.objects.get().slot == other
    assert Application.objects.get().state == AdmissionState.VISIT


def test_whoever_goes_back_to_an_enquiry_gives_the_time_back(city, clerk, slot):
    application = family(city)
    visits.book_visit(actor=clerk, application=application, slot=slot)

    admissions.move(actor=clerk, application=application, to="enquiry")

    assert not VisitBooking.objects.exists()


def test_a_full_or_past_visit_is_refused(city, clerk, slot):
    VisitBookingFactory.create_batch(2, slot=slot)
    over = VisitSlotFactory(institution=city.a.institution, starts_at=now() - HOUR)
    for taken, code in ((slot, "visit_full"), (over, "visit_over")):
        with pytest.raises(Refused) as refused:
            visits.book_visit(actor=clerk, application=family(city), slot=taken)
        assert refused.value.code == code


def test_a_visit_that_is_booked_stays(city, clerk, slot):
    booking = VisitBookingFactory(slot=slot)
    with pytest.raises(Refused) as refused:
        visits.remove_slot(actor=clerk, slot=slot)
    booking.delete()
    visits.remove_slot(actor=clerk, slot=slot)

    assert refused.value.code == "slot_booked"
    assert AuditEvent.objects.filter(action="visit.slot.removed").count() == 1


@pytest.mark.parametrize(
    ("starts_at", "code"), [(-HOUR, "slot_time"), (200 * 24 * HOUR, "slot_time")]
)
def test_a_time_that_cannot_be_meant_is_refused(clerk, starts_at, code):
    with pytest.raises(Refused) as refused:
        visits.add_slot(actor=clerk, starts_at=now() + starts_at, places=2)
    assert refused.value.code == code


def test_one_visit_at_a_time(clerk, slot):
    with pytest.raises(Refused) as refused:
        visits.add_slot(actor=clerk, starts_at=slot.starts_at, places=2)
    assert refused.value.code == "slot_there"


def test_the_database_books_no_visit_beyond_its_places(slot):
    VisitBookingFactory.create_batch(2, slot=slot)
    with pytest.raises(IntegrityError, match="every place"), transaction.atomic():
        VisitBookingFactory(slot=slot)
    with pytest.raises(IntegrityError, match="more families"), transaction.atomic():
        VisitSlot.objects.filter(pk=slot.pk).update(places=1)


@pytest.mark.parametrize(
    ("wrong", "name"), [({"places": 0}, "visitslot_places"), ({}, "visitslot_once")]
)
def test_the_database_refuses_a_visit_that_cannot_be(slot, wrong, name):
    same = {"institution": slot.institution, "starts_at": slot.starts_at}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        VisitSlotFactory(**({"institution": slot.institution} if wrong else same), **wrong)


@pytest.mark.django_db(transaction=True)
def test_eight_families_that_book_two_places_at_once_get_two():
    city = build_city()
    slot = VisitSlotFactory(institution=city.a.institution)
    clerk = city.actor(city.a.clerk)
    gate = Barrier(8)

    def book(application: Application) -> str:
        gate.wait()
        try:
            with rls.of_actor(clerk):
                visits.book_visit(actor=clerk, application=application, slot=slot)
        except Refused as refused:
            return refused.code
        finally:
            connections.close_all()
        return "booked"

    with ThreadPoolExecutor(8) as clerks:
        answers = sorted(clerks.map(book, [family(city) for _family in range(8)]))

    assert answers == ["booked"] * 2 + ["visit_full"] * 6
    assert VisitBooking.objects.count() == 2
