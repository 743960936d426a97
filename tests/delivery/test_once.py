import datetime as dt
import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from core import once
from core.models import SentOnce
from core.tasks import forget_sent_once
from core.viewsets import WRITES, Once
from health.models import MorningCheck
from institution.models import Child, EntryKind
from tests.delivery.posts import API, BESIDE, FORMS, NO_KEY, Post, load_reference
from tests.factories.city import build_city
from tests.permissions.table import TABLE

CHECKS = "api:health-check-list"
HTMX = {"HX-Request": "true", "HX-Target": "div#day"}


def send(client: Client, name: str, post: Post, city, key: str, /, **changes):
    body = post.body(city) | changes
    path = post.path(name, city)
    files = {field: SimpleUploadedFile("photo.jpg", data) for field, data in post.files.items()}
    if name in FORMS:
        return client.post(path, body | files | {once.FIELD: key})
    headers = {once.HEADER: key}
    if files:
        return client.post(path, body | files, headers=headers)
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def key() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def city(city):
    load_reference()
    return city


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [*API, *FORMS])
def test_sent_three_times_it_has_one_effect_and_one_answer(name, signed_in):
    city, post, same = build_city(), (API | FORMS)[name], key()
    load_reference()
    post.path(name, city)  # makes what its address names
    start, before = Barrier(3), post.count(post.made)

    def tap(client: Client):
        start.wait()
        try:
            return send(client, name, post, city, same)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as fingers:
        answers = list(fingers.map(tap, [signed_in(post.user(city)) for _finger in range(3)]))
    later = send(signed_in(post.user(city)), name, post, city, same)
    other = send(signed_in(post.user(city)), name, post, city, same, **post.other)

    assert post.count(post.made) == before + 1
    assert {answer.status_code for answer in [*answers, later]} <= (
        {200, 201} if name in API else {201, 302}
    )
    assert {(a.content, a.headers.get("Location")) for a in answers} == {
        (later.content, later.headers.get("Location"))
    }
    assert sum(once.REPLAYED in answer.headers for answer in answers) == 2
    assert other.status_code == 422
    assert "key_reused" in other.text or name in FORMS


def walk(resolver: URLResolver, space: str = ""):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield f"{space}{pattern.name}", pattern.callback


def test_every_request_that_creates_takes_a_key_or_says_why_not():
    views = dict(walk(get_resolver()))
    writing = {name for name, methods in TABLE.items() if WRITES & methods.keys()}

    def takes_key(name: str) -> bool:
        view = views[name]
        if hasattr(view, "cls"):
            return issubclass(view.cls, Once) and view.cls.takes_key
        return getattr(view, "once", False)

    taking = {name for name in writing if takes_key(name)}
    undecided = writing - taking - NO_KEY.keys()
    assert undecided == set(), "give the view @once or the mixin Once, or say in NO_KEY why not"
    assert BESIDE.keys() <= taking
    assert taking - BESIDE.keys() == API.keys() | FORMS.keys(), (
        "tests/delivery/posts.py sends each of them"
    )
    assert NO_KEY.keys() <= writing - taking


def application_page(name: str, city) -> str:
    return reverse("nursery:application-page", args=FORMS[name].args(city))


@pytest.mark.parametrize("name", FORMS)
def test_every_such_form_brings_a_key(city, signed_in, name):
    FORMS[name].body(city)  # what can be chosen in it
    page = {
        "nursery:allergy-new": lambda: reverse("nursery:child-page", args=[city.a.children[0].pk]),
        "nursery:application-move": lambda: application_page(name, city),
        "nursery:menu-open": lambda: reverse("nursery:menu"),
        "nursery:visit-book": lambda: application_page(name, city),
        "gov:audit-export": lambda: reverse("gov:audit-list"),
        "family:pass-make": lambda: reverse(
            "family:child-pickup", args=FORMS["family:pass-make"].args(city)
        ),
        "nursery:absence-note": lambda: reverse(
            "nursery:absence-case", args=FORMS["nursery:absence-note"].args(city)
        ),
    }.get(name, lambda: FORMS[name].path(name, city))()

    text = signed_in(FORMS[name].user(city)).get(page).text

    assert f'name="{once.FIELD}" value="' in text


def test_without_a_key_nothing_is_kept(city, signed_in):
    client, post = signed_in(city.a.director), FORMS["nursery:child-new"]

    client.post(reverse("nursery:child-new"), post.body(city))

    assert not SentOnce.objects.exists()


def test_what_was_refused_can_be_sent_again_under_its_key(city, signed_in):
    client, post, same = signed_in(city.a.health_worker), API[CHECKS], key()
    body = post.body(city) | {"checked_at": "2126-01-01T08:00:00Z"}

    refused = client.post(
        reverse(CHECKS), body, content_type="application/json", headers={once.HEADER: same}
    )
    accepted = send(client, CHECKS, post, city, same)

    assert (refused.status_code, refused.json()["code"]) == (409, "in_future")
    assert accepted.status_code == 201


def test_a_form_with_errors_can_be_sent_again_under_its_key(city, signed_in):
    client, same = signed_in(city.a.director), key()
    post = FORMS["nursery:kind-new"]

    wrong = send(client, "nursery:kind-new", post, city, same, label="")
    right = send(client, "nursery:kind-new", post, city, same)

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert EntryKind.objects.count() == 1


@pytest.mark.parametrize("bad", ["x" * 65, "a b", "键"])
def test_a_key_that_is_none_is_refused(city, signed_in, bad):
    response = signed_in(city.a.director).post(
        reverse("nursery:kind-new"), FORMS["nursery:kind-new"].body(city) | {once.FIELD: bad}
    )

    assert response.status_code == 400
    assert not EntryKind.objects.exists()


def test_the_same_key_of_two_people_is_two_keys(city, signed_in):
    same, post = key(), API[CHECKS]
    first = send(signed_in(city.a.health_worker), CHECKS, post, city, same)
    second = send(
        signed_in(city.b.health_worker), CHECKS, post, city, same, child=city.b.children[0].pk
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert MorningCheck.objects.count() == 2


def test_a_key_opens_nothing_for_somebody_who_may_not(city, signed_in):
    same, post = key(), API[CHECKS]
    client = signed_in(city.a.health_worker)
    send(client, CHECKS, post, city, same)
    city.a.health_worker.memberships.update(ended_on=dt.date(2026, 1, 1))

    assert send(client, CHECKS, post, city, same).status_code in (401, 403)


def test_the_kept_answer_is_sealed(city, signed_in):
    send(signed_in(city.a.health_worker), CHECKS, API[CHECKS], city, key())

    with connection.cursor() as cursor:
        cursor.execute("SELECT body, request FROM core_sentonce")
        body, request = map(bytes, cursor.fetchone())
    assert "擦伤".encode() not in body
    assert b"temperature" not in body
    assert len(request) == 32
    assert "擦伤" in SentOnce.objects.get().body


def test_a_page_that_answered_with_a_fragment_is_loaded_anew_instead(city, signed_in):
    client, same = signed_in(city.a.health_worker), key()
    name, post = "health:check-record", FORMS["health:check-record"]
    body = post.body(city) | {once.FIELD: same}

    first = client.post(post.path(name, city), body, headers=HTMX)
    second = client.post(post.path(name, city), body, headers=HTMX)

    assert (first.status_code, second.status_code) == (200, 204)
    assert second.headers["HX-Refresh"] == "true"
    assert MorningCheck.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_may_not_wait_longer_is_told_that_it_is_in_progress(signed_in):
    """The key is held by a transaction that does not end; the database ends the waiting (lock_timeout)."""
    city, post, same = build_city(), API[CHECKS], key()
    load_reference()
    client, held, done = signed_in(city.a.health_worker), Barrier(2), Barrier(2)

    def hold() -> None:
        def act():
            held.wait()
            done.wait()
            raise InterruptedError

        try:
            with pytest.raises(InterruptedError):
                once.answered(
                    user_id=city.a.health_worker.pk, key=same, request=b"", act=act, keep=id
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        holding = other.submit(hold)
        held.wait()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        try:
            waited = send(client, CHECKS, post, city, same)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
            done.wait()
        holding.result()

    assert (waited.status_code, waited.json()["code"]) == (409, "in_progress")
    assert send(client, CHECKS, post, city, same).status_code == 201


def test_old_keys_are_forgotten(city, signed_in, settings):
    for _time in range(2):
        send(signed_in(city.a.director), "nursery:kind-new", FORMS["nursery:kind-new"], city, key())
    SentOnce.objects.filter(pk=SentOnce.objects.order_by("pk")[0].pk).update(
        created_at=once.now() - dt.timedelta(days=settings.IDEMPOTENCY_DAYS, seconds=1)
    )

    assert forget_sent_once() == 1
    assert SentOnce.objects.count() == 1


def test_the_description_of_the_api_names_the_header(client, city):
    client.force_login(city.a.director)
    paths = client.get("/api/v1/schema/", {"format": "json"}).json()["paths"]

    named = {
        path
        for path, methods in paths.items()
        if any(p["name"] == once.HEADER for p in methods.get("post", {}).get("parameters", []))
    }
    beside = {
        "/api/v1/classes/{id}/close/",
        "/api/v1/food-samples/{id}/destroyed/",
        "/api/v1/incidents/{id}/submit/",
        "/api/v1/meal-entries/{id}/reverse/",
        "/api/v1/menus/{id}/publish/",
        "/api/v1/menus/{id}/take-back/",
        "/api/v1/notices/{id}/read/",
    }
    keyed = {re.sub(r"/[0-9]+/", "/{id}/", API[name].path(name, city)) for name in API}
    assert named == keyed | beside


def test_a_child_enrolled_twice_without_a_key_would_be_two(city, signed_in):
    """What the key is for: nothing else would stop it."""
    client, post = signed_in(city.a.director), FORMS["nursery:child-new"]
    before = Child.objects.count()
    for _time in range(2):
        client.post(reverse("nursery:child-new"), post.body(city))

    assert Child.objects.count() == before + 2
