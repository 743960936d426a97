"""Each deed that changes a state: how to do it over HTTP, and how many effects it has had. One is right."""

import json
import uuid
from collections.abc import Callable, Iterator

from django.test import Client
from django.urls import reverse
from stdnum.cn import ric

from core.calendar import now, today
from core.models import Attachment, Job
from health.models import Measurement, MorningCheck
from health.services.reference import load_rules
from institution.models import Allergy, Child, DailyEntry, EntryKind
from quality.enums import Level
from quality.models import SelfCheck, StandardItem
from quality.services.standard import load_standard
from tests.core.pictures import jpeg, upload
from tests.factories.city import City

NUMBER = "37081120250301002"
Deed = Callable[[], int]


def _browser(user) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def _json(user, name: str, body: dict) -> Deed:
    client = _browser(user)
    cookies = client.cookies

    def act() -> int:
        own = Client(raise_request_exception=False)
        own.cookies = cookies
        return own.post(
            reverse(name), json.dumps(body, default=str), content_type="application/json"
        ).status_code

    return act


def _form(user, url: str, values: dict) -> Deed:
    cookies = _browser(user).cookies

    def act() -> int:
        own = Client(raise_request_exception=False)
        own.cookies = cookies
        return own.post(url, values).status_code

    return act


def deeds(city: City) -> Iterator[tuple[str, Deed, Callable[[], int]]]:
    load_rules()
    load_standard()
    a, child = city.a, city.a.children[0]
    entry = uuid.uuid4()
    water = {"volume": {"value": 50, "unit": "ml"}}
    first = {
        "id": entry,
        "child": child.pk,
        "kind": "water",
        "at": now().isoformat(),
        "detail": water,
    }
    yield (
        "one entry of the daily log",
        _json(a.carer, "api:daily-log", {"entries": [first]}),
        lambda: DailyEntry.objects.filter(id=entry).count(),
    )
    changed = first | {"replaces": entry, "reason": "x"}
    yield (
        "one correction of it",
        _correct(a.carer, changed),
        lambda: DailyEntry.objects.filter(root=entry, version=2).count(),
    )
    check = {"child": child.pk, "temperature": "36.6", "action": "admitted", "findings": []}
    yield (
        "the morning check of a child",
        _json(a.health_worker, "api:health-check-list", check),
        lambda: MorningCheck.objects.filter(child=child, replaced_at=None).count(),
    )
    measured = {"child": child.pk, "measured_on": today(), "weight_kg": "10.5"}
    yield (
        "the measurement of a day",
        _json(a.health_worker, "api:health-measurement-list", measured),
        lambda: Measurement.objects.filter(child=child, replaced_at=None).count(),
    )
    kind = {"code": "race", "label": "R", "icon": "leaf", "fields": [], "active": True}
    kind["fields"] = [{"name": "words", "type": "text"}]
    yield (
        "a kind of entry",
        _json(a.director, "api:entry-kind-list", kind),
        lambda: EntryKind.objects.filter(code="own-race").count(),
    )
    item = StandardItem.objects.filter(level=Level.INDICATOR).order_by("pk").first()
    yield (
        "the answer to an indicator",
        _json(a.director, "api:quality-self-check-list", {"item": item.pk, "answer": "met"}),
        lambda: SelfCheck.objects.filter(item=item).count(),
    )
    yield (
        "an allergy",
        _form(
            a.director,
            reverse("nursery:allergy-new", args=[child.pk]),
            {"substance": "鸡蛋", "severity": "severe"},
        ),
        lambda: Allergy.objects.filter(child=child).count(),
    )
    enrol = {"name": "竞速", "sex": "female", "born_on": "2025-03-01", "class_group": a.small.pk}
    enrol |= {
        "start_on": today(),
        "guardian_name": "竞",
        "guardian_phone": "13800000000",
        "relation": "mother",
    }
    yield (
        "the enrolment of a child",
        _form(
            a.director,
            reverse("nursery:child-new"),
            enrol | {"resident_id": NUMBER + ric.calc_check_digit(NUMBER + "0")},
        ),
        lambda: Child.objects.filter(name="竞速").count(),
    )
    yield (
        "an export",
        _form(city.auditor, reverse("gov:audit-export"), {}),
        lambda: Job.objects.filter(owner=city.auditor).count(),
    )
    yield (
        "a picture",
        _picture(a.director),
        lambda: Attachment.objects.filter(owner=a.director).count(),
    )


def _correct(user, entry: dict) -> Deed:
    """Sixteen tablets correct the same entry, each with an id of its own: one of them is first."""
    cookies = _browser(user).cookies

    def act() -> int:
        own = Client(raise_request_exception=False)
        own.cookies = cookies
        body = {"entries": [entry | {"id": str(uuid.uuid4()), "replaces": str(entry["replaces"])}]}
        return own.post(
            reverse("api:daily-log"), json.dumps(body), content_type="application/json"
        ).status_code

    return act


def _picture(user) -> Deed:
    cookies, data = _browser(user).cookies, jpeg()

    def act() -> int:
        own = Client(raise_request_exception=False)
        own.cookies = cookies
        return own.post(reverse("api:attachment-list"), {"file": upload(data)}).status_code

    return act
