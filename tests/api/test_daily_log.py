"""POST /api/v1/daily-log/: whatever a tablet or a stranger sends, every row gets its answer and nothing breaks."""

import datetime as dt
import json
import threading
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from core.calendar import now
from core.models import Attachment
from institution.models import DailyEntry
from tests.factories.institution import EntryKindFactory

DEEP = b'{"entries":' + b"[" * 50_000 + b"]" * 50_000 + b"}"


def test_a_batch_is_answered_row_by_row_in_its_order(city, send, entry):
    good, also_good = entry(), entry("mood", {"mood": "happy"})
    bad = [
        entry("flying"),
        entry("water", {"volume": {"value": 120, "unit": "l"}}),
        entry("meal", {"meal": "lunch", "amount": "everything"}),
        entry(child=city.a.big_child.pk),
        entry(child=city.b.children[0].pk),
        entry(child=999_999_999),
        entry(at=(now() + dt.timedelta(minutes=10)).isoformat()),
        entry(at=(now() - dt.timedelta(days=60)).isoformat()),
        entry("note", {"note": "x" * 301}),
        entry("arrive", {"by": "妈妈", "extra": 1}),
    ]
    response = send([good, *bad, also_good])

    results = response.json()["results"]
    assert [row["id"] for row in results] == [row["id"] for row in [good, *bad, also_good]]
    assert [row["code"] or row["status"] for row in results] == [
        "created",
        "unknown_kind",
        "wrong_unit",
        "bad_detail",
        "child_not_found",
        "child_not_found",
        "child_not_found",
        "in_future",
        "too_old",
        "bad_detail",
        "bad_detail",
        "created",
    ]
    assert all(row["message"] for row in results if row["status"] == "refused")
    assert all(row["seq"] is None for row in results if row["status"] == "refused")
    assert DailyEntry.objects.count() == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"child": 10**30},
        {"child": -1},
        {"child": "7"},
        {"child": 1.5},
        {"child": None},
        {"id": "not-a-uuid"},
        {"id": 7},
        {"kind": ""},
        {"kind": "x" * 41},
        {"at": "2026-11-23T12:00:00"},
        {"at": "yesterday"},
        {"at": 1795000000},
        {"at": "0000-00-00T00:00:00Z"},
        {"replaces": "x"},
        {"void": "yes"},
        {"reason": "x" * 121},
        {"reason": "a\0b"},
        {"institution": 1},
    ],
    ids=str,
)
def test_a_row_that_cannot_be_read_is_refused_alone(codes, entry, changed):
    assert codes([entry(**changed), entry()]) == ["bad_entry", "created"]


@pytest.mark.parametrize(
    "note",
    ['"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', "1e999", "NaN", "Infinity", "null", '"\\x"'],
)
def test_strange_text_is_refused_and_never_stored(send, entry, note):
    body = json.dumps({"entries": [entry("note", {"note": "here"})]}).replace('"here"', note)
    response = send(body.encode())

    refused = response.status_code == 400 or response.json()["results"][0]["status"] == "refused"
    assert refused, response.content
    assert not DailyEntry.objects.exists()


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_time_are_refused(codes, entry, at):
    assert codes([entry(at=at)])[0] in {"too_old", "in_future", "child_not_found", "bad_entry"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_batch"),
        (b"lunch", "bad_batch"),
        (b"[]", "bad_batch"),
        (b"null", "bad_batch"),
        (b"{}", "bad_batch"),
        (b'{"entries": 3}', "bad_batch"),
        (b'{"entries": {}}', "bad_batch"),
        (b'{"entries": [], "more": 1}', "bad_batch"),
        (b'{"entries": [\0]}', "bad_batch"),
        (DEEP, "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b'{"entries": [' + b'{"detail":' * 10_000 + b"1" + b"}" * 10_000 + b"]}", "too_deep"),
    ],
    ids=lambda value: str(value[:24]),
)
def test_what_is_no_batch_is_400_with_a_code(send, body, code):
    response = send(body)

    assert response.status_code == 400
    assert response.json()["code"] == code
    assert response.json()["message"]


def test_rows_that_are_no_entries_are_answered_too(send):
    response = send(b'{"entries": [1, "x", null, [], {}, {"id": "\xff"}]}')

    assert response.status_code == 200
    assert [row["code"] for row in response.json()["results"]] == ["bad_entry"] * 6


def test_an_empty_batch_is_answered_with_nothing(send):
    assert send([]).json() == {"results": []}


def test_ten_thousand_entries_are_413(send, entry):
    response = send([entry()] * 10_000)

    assert (response.status_code, response.json()["code"]) == (413, "too_many_entries")
    assert not DailyEntry.objects.exists()


def test_a_body_larger_than_allowed_is_refused(send, settings):
    body = b'{"entries": ["' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"]}'
    response = send(body)

    assert (response.status_code, response.json()["code"]) == (400, "body_too_large")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_media_types_are_415(send, entry, content_type):
    response = send(json.dumps({"entries": [entry()]}).encode(), content_type=content_type)

    assert response.status_code == 415
    assert not DailyEntry.objects.exists()


def test_the_same_entry_again_is_a_duplicate_with_the_same_number(send, entry):
    batch = [entry(), entry("mood", {"mood": "calm"})]
    first = send(batch).json()["results"]
    second = send(batch).json()["results"]

    assert [row["status"] for row in second] == ["duplicate", "duplicate"]
    assert [row["seq"] for row in second] == [row["seq"] for row in first]
    assert DailyEntry.objects.count() == 2


def test_an_id_used_for_something_else_is_refused(codes, entry):
    first = entry()

    assert codes([first]) == ["created"]
    assert codes([entry("mood", {"mood": "calm"}, id=first["id"])]) == ["key_reused"]


def test_correction_withdrawal_and_the_minute_for_second_thoughts(codes, entry, time_machine):
    first = entry()
    assert codes([first]) == ["created"]
    correction = entry(detail={"meal": "lunch", "amount": "some"}, replaces=first["id"])
    assert codes([correction]) == ["reason_needed"]
    assert codes([correction | {"reason": "看错了"}]) == ["created"]
    assert codes([entry(replaces=first["id"], reason="晚了")]) == ["already_replaced"]

    undone = entry(**{**correction, "id": str(uuid.uuid4())}) | {
        "replaces": correction["id"],
        "void": True,
    }
    time_machine.move_to(now() + dt.timedelta(seconds=61))
    assert codes([undone]) == ["reason_needed"]
    time_machine.move_to(now() - dt.timedelta(seconds=61))
    assert codes([undone]) == ["created"]
    assert codes([entry(replaces=undone["id"], reason="x")]) == ["already_replaced"]
    assert not DailyEntry.objects.current().exists()


def test_somebody_elses_entry_is_undone_only_with_a_reason(codes, entry, nursery, signed_in):
    first = entry()
    assert codes([first]) == ["created"]
    director = signed_in(nursery.director)
    undone = first | {"id": str(uuid.uuid4()), "replaces": first["id"], "void": True}

    assert codes([undone], client=director) == ["reason_needed"]
    assert codes([undone | {"reason": "记错孩子"}], client=director) == ["created"]


def test_an_entry_of_another_nursery_cannot_be_corrected(codes, entry, city, signed_in):
    other = entry(child=city.b.children[0].pk)
    assert codes([other], client=signed_in(city.b.carer)) == ["created"]

    assert codes([entry(replaces=other["id"], reason="x")]) == ["entry_not_found"]


def test_an_own_kind_is_known_only_to_its_nursery(codes, entry, city):
    EntryKindFactory(institution=city.a.institution, code="own-outdoor")
    EntryKindFactory(institution=city.b.institution, code="own-garden")
    EntryKindFactory(institution=city.a.institution, code="own-old", active=False)
    minutes = {"minutes": {"value": 40, "unit": "min"}}

    assert codes(
        [
            entry("own-outdoor", minutes),
            entry("own-outdoor", {"minutes": {"value": 40, "unit": "h"}}),
            entry("own-outdoor", {"minutes": {"value": 601, "unit": "min"}}),
            entry("own-garden", minutes),
            entry("own-old", minutes),
        ]
    ) == ["created", "wrong_unit", "bad_detail", "unknown_kind", "unknown_kind"]


def photo_of(user, nursery) -> str:
    made = Attachment.objects.create(
        institution_id=nursery.institution.pk,
        owner=user,
        sha256="0" * 64,
        width=1,
        height=1,
        size_bytes=1,
    )
    return str(made.pk)


def test_only_photos_of_the_own_nursery_are_taken(codes, entry, city, child):
    own, foreign = photo_of(city.a.carer, city.a), photo_of(city.b.carer, city.b)
    batches = [[own], [foreign], [own, foreign], [str(uuid.uuid4())], ["x" * 36]]

    assert codes([entry("photo", {"photos": photos}) for photos in batches]) == [
        "created",
        *["photo_not_found"] * 4,
    ]
    assert Attachment.objects.get(pk=own).child_ids == [child.pk]
    assert Attachment.objects.get(pk=foreign).child_ids == []


def test_without_a_session_the_tablet_is_told_to_sign_in(send, entry):
    response = send([entry()], client=Client())

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")


def test_a_stale_csrf_token_is_said_so_that_the_tablet_can_fetch_another(nursery, entry, send):
    client = Client(enforce_csrf_checks=True)
    client.force_login(nursery.carer)
    refused = send([entry()], client=client)
    fresh = client.get(reverse("portal:whoami")).json()["csrf"]
    taken = send([entry()], client=client, headers={"X-CSRFToken": fresh})

    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert taken.json()["results"][0]["status"] == "created"


@pytest.mark.parametrize("who", ["guardian", "clerk"])
def test_who_may_not_write_is_refused(send, entry, nursery, signed_in, who):
    assert send([entry()], client=signed_in(getattr(nursery, who))).status_code == 403


def test_two_tablets_sending_one_batch_at_once_store_it_once(transactional_db, city, entry, send):
    batch = [entry() for _ in range(10)]
    ready, statuses = threading.Barrier(2), []

    def tablet() -> None:
        client = Client()
        client.force_login(city.a.carer)
        ready.wait(10)
        results = send(batch, client=client).json()["results"]
        statuses.append([row["status"] for row in results])
        connection.close()

    tablets = [threading.Thread(target=tablet) for _ in range(2)]
    for each in tablets:
        each.start()
    for each in tablets:
        each.join(30)

    assert sorted(statuses) == [["created"] * 10, ["duplicate"] * 10]
    assert DailyEntry.objects.count() == 10


@pytest.mark.parametrize("size", [1, 15])
def test_query_count_does_not_grow_with_the_batch(
    send, entry, nursery, size, django_assert_max_num_queries
):
    batch = [entry(child=nursery.children[n % 3].pk) for n in range(size)]
    with django_assert_max_num_queries(16):
        send(batch)
