"""Numbers are masked until somebody says what the whole one is needed for."""

import datetime as dt

import pytest
from django.urls import reverse

from core.calendar import today
from core.models import AuditEvent
from institution.models import Guardianship

ID = "370811202502033120"
PHONE = "13805371234"
HTMX = {"HX-Request": "true", "HX-Target": "div#identity-sheet-body"}


@pytest.fixture
def guardianship(city) -> Guardianship:
    held = city.a.guardian.guardianships.get()
    held.child.resident_id = ID
    held.child.save()
    held.user.phone = PHONE
    held.user.save()
    return held


@pytest.fixture
def clerk(city, signed_in):
    return signed_in(city.a.clerk)


def looks() -> list[dict]:
    return list(
        AuditEvent.objects.filter(action="child.unmasked")
        .order_by("pk")
        .values_list("data", flat=True)
    )


def test_the_file_shows_masked_numbers_and_a_button_for_each(clerk, guardianship):
    page = clerk.get(reverse("nursery:child-page", args=[guardianship.child_id])).text

    assert ID not in page
    assert PHONE not in page
    assert page.count("data-secret-form") == 2
    assert f'data-open="phone-{guardianship.pk}"' in page
    ids = [part.split('"')[0] for part in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert looks() == []


def test_a_phone_is_shown_for_a_purpose_and_each_time_is_on_record(clerk, guardianship):
    url = reverse("nursery:guardian-phone", args=[guardianship.child_id, guardianship.pk])

    refused = clerk.post(url, {"purpose": ""}, headers=HTMX)
    shown = [clerk.post(url, {"purpose": "emergency"}, headers=HTMX) for _ in range(2)]

    assert refused.status_code == 422
    assert PHONE not in refused.text
    assert f'id="phone-{guardianship.pk}-purpose"' in refused.text
    assert all(PHONE in each.text and 'data-secret="30"' in each.text for each in shown)
    assert "<html" not in shown[0].text
    assert shown[0].headers["Cache-Control"] == "no-store"
    assert looks() == 2 * [
        {"field": "guardian_phone", "purpose": "emergency", "guardian": guardianship.pk}
    ]


def test_without_scripts_the_number_is_a_page(clerk, guardianship):
    url = reverse("nursery:child-identity", args=[guardianship.child_id])

    page = clerk.post(url, {"purpose": "filing"}).text

    assert ID in page
    assert "<html" in page


def test_a_guardian_of_before_or_of_another_child_is_not_there(city, clerk, guardianship):
    other = city.b.guardian.guardianships.get()
    url = reverse("nursery:guardian-phone", args=[guardianship.child_id, other.pk])
    assert clerk.post(url, {"purpose": "emergency"}).status_code == 404

    Guardianship.objects.filter(pk=guardianship.pk).update(valid_to=today() - dt.timedelta(days=1))
    url = reverse("nursery:guardian-phone", args=[guardianship.child_id, guardianship.pk])
    assert clerk.post(url, {"purpose": "emergency"}).status_code == 404
    assert looks() == []


def test_the_api_unmasks_one_field_for_a_purpose(clerk, guardianship):
    url = reverse("api:child-unmask", args=[guardianship.child_id])

    def ask(**body):
        return clerk.post(url, body, content_type="application/json")

    assert ask(field="resident_id", purpose="filing").json() == {"value": ID}
    phone = ask(field="guardian_phone", guardian=guardianship.pk, purpose="emergency")
    assert phone.json() == {"value": PHONE}
    assert phone.headers["Cache-Control"] == "no-store"
    assert [each["field"] for each in looks()] == ["resident_id", "guardian_phone"]
    for body in (
        {"field": "resident_id"},
        {"field": "resident_id", "purpose": "curiosity"},
        {"field": "name", "purpose": "filing"},
        {"field": "guardian_phone", "purpose": "filing"},
    ):
        assert ask(**body).status_code == 400
    assert len(looks()) == 2
