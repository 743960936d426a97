import io
import json
import logging

import pytest
import structlog
from django.db import IntegrityError, transaction
from django.test import RequestFactory
from django_structlog.signals import bind_extra_request_metadata
from hypothesis import given
from hypothesis import strategies as st

from core.logging import HIDDEN, bind, configure, hide_personal_data, hide_text
from core.models import User
from core.permissions import Role
from core.scoping import Actor

PHONE, RESIDENT_ID = "13805371234", "37081120240615123X"


@pytest.fixture
def written(request):
    """What reaches the log, as lines of JSON."""
    before = structlog.get_config(), logging.root.handlers[:], logging.root.level
    configure({"json": True, "level": "INFO"})
    handler = next(h for h in logging.root.handlers if h.name == "stderr")
    out = io.StringIO()
    handler.setStream(out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    structlog.configure(**before[0])
    logging.root.handlers[:] = before[1]
    logging.root.setLevel(before[2])
    structlog.contextvars.clear_contextvars()


def test_line_says_when_where_how_bad_and_for_whom(written):
    bind(Actor(user_id=5, role=Role.CARER, name="Li Na", institution_id=3))

    structlog.get_logger("core.x").warning("lunch_late", minutes=7)

    (line,) = written()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "lunch_late",
        "minutes": 7,
        "level": "warning",
        "logger": "core.x",
        "user_id": 5,
        "role": "carer",
        "institution_id": 3,
    }


def test_a_line_end_in_a_value_makes_no_second_line(written):
    forged = 'eaten\n{"event": "signed_in", "user_id": 1}\r\n'

    structlog.get_logger("core.x").info("note", text=forged)
    logging.getLogger("core.x").info(forged)

    assert [line["event"] for line in written()] == ["note", forged]


@pytest.mark.parametrize(
    "log",
    [
        lambda: structlog.get_logger("a").info(f"calling {PHONE}"),
        lambda: structlog.get_logger("a").info("calling %s", PHONE),
        lambda: structlog.get_logger("a").info("calling", number=PHONE),
        lambda: structlog.get_logger("a").info("calling", people=[{"n": {"x": (PHONE,)}}]),
        lambda: structlog.get_logger("a").info("calling", number=int(PHONE)),
        lambda: logging.getLogger("a").info("calling %s", PHONE),
        lambda: logging.getLogger("a").info("calling %(n)s", {"n": "+86 138-0537-1234"}),
        lambda: logging.getLogger("django.request").error("at %s", PHONE),
        lambda: structlog.get_logger("a").info("calling", phone="any form at all"),
        lambda: structlog.get_logger("a").info("calling", user=User(username=PHONE)),
    ],
)
def test_logged_phone_does_not_come_out(written, log):
    log()

    (line,) = written()
    text = json.dumps(line)
    assert PHONE not in text
    assert "0537" not in text
    assert "any form" not in text


def test_phone_in_an_exception_does_not_come_out(written):
    for logger in (structlog.get_logger("a"), logging.getLogger("b")):
        try:
            int(f"number {PHONE}")
        except ValueError:
            logger.exception("failed")

    lines = written()
    assert len(lines) == 2
    for line in lines:
        assert "invalid literal for int() with base 10: 'number [phone]'" in line["exception"]
        assert "test_logging.py" in line["exception"]


@pytest.mark.django_db
def test_row_that_broke_a_rule_does_not_come_out(written):
    username = "wang-xiaoming"
    broken = User(username=username, name=None)

    with pytest.raises(IntegrityError, match=username) as failed, transaction.atomic():
        User.objects.bulk_create([broken])
    structlog.get_logger("a").error("failed", exc_info=failed.value)

    (line,) = written()
    assert username not in line["exception"]
    assert 'null value in column "name"' in line["exception"]


@pytest.mark.parametrize(
    "key", ["name", "Phone", "password", "child_name", "id_number", "token", "address"]
)
def test_personal_keys_are_hidden_at_any_depth(key):
    event = hide_personal_data(
        None, "info", {"event": "x", "data": [{key: "王小明"}], key: "王小明"}
    )

    assert event["data"] == [{key: HIDDEN}]
    assert event[key] == HIDDEN


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"id {RESIDENT_ID}.", "id [id]."),
        ("tel:+8613805371234", "tel:[phone]"),
        ("电话13805371234家长", "电话[phone]家长"),
        ("138 0537 1234", "[phone]"),
        ("Q370123456", "[birth certificate]"),
        ("to li.na@example.cn now", "to [email] now"),
        ("GET /children/?q=王小明&page=2", "GET /children/?[query]"),
        ("GET /files/abc-1-full-99:sig/", "GET /files/[token]/"),
        ("DETAIL:  Failing row contains (1, 王小明).", "DETAIL: [hidden]"),
    ],
)
def test_personal_patterns_are_hidden(text, shown):
    assert hide_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v1/children/7/timeline/",
        "3f2504e0-4f89-11d3-9a0c-13805371234c",
        "2026-11-23T12:00:00.000000Z",
        "1778040300123",
        "job 138 done in 12 ms",
        "institution_id=370811",
    ],
)
def test_ids_times_and_paths_stay_readable(text):
    assert hide_text(text) == text


@pytest.mark.parametrize("value", [True, None, 1.5, 7, 370811])
def test_plain_values_keep_their_kind(value):
    assert hide_personal_data(None, "info", {"a": value})["a"] is value


@given(
    st.integers(min_value=3, max_value=9),
    st.integers(min_value=0, max_value=10**9 - 1),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_no_mobile_number_survives_among_other_text(second, rest, before, after):
    number = f"1{second}{rest:09}"
    if before[-1:].isalnum() or after[:1].isalnum():
        before, after = f"{before} ", f" {after}"

    assert number not in hide_text(before + number + after)


def test_address_and_actor_of_the_request_are_bound():
    request = RequestFactory().get("/")
    request.actor = Actor(user_id=5, role=Role.DIRECTOR, institution_id=3)

    bind_extra_request_metadata.send(sender=None, request=request, logger=None, log_kwargs={})

    bound = structlog.contextvars.get_contextvars()
    structlog.contextvars.clear_contextvars()
    assert bound == {
        "ip": "127.0.0.1",
        "user_id": 5,
        "role": "director",
        "institution_id": 3,
    }


def test_request_without_an_actor_binds_its_address_alone(settings):
    settings.PROXY_COUNT = 0
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "6.6.6.6"})

    bind_extra_request_metadata.send(sender=None, request=request, logger=None, log_kwargs={})

    bound = structlog.contextvars.get_contextvars()
    structlog.contextvars.clear_contextvars()
    assert bound == {"ip": "127.0.0.1"}


def test_level_of_the_settings_is_kept(written):
    logging.getLogger("a").debug("quiet")
    structlog.get_logger("a").debug("quiet")

    assert written() == []
