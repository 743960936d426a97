import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from core import anchors, audit, rls
from core.models import AuditEvent
from core.permissions import Role
from core.postgres.owner import as_owner
from core.scoping import Actor
from govadmin.actions import ACTIONS, action_label
from govadmin.selectors import audit as selector
from tests.factories.core import RegionPostFactory, UserFactory

APPS = ["core", "institution", "health", "quality", "training", "govadmin", "parents", "portal"]
LIST = "gov:audit-list"
WRITERS = re.compile(r"record|write|note|viewed")
CODE = re.compile(r"[a-z_]+(\.[a-z_]+)+")


def record(city, number: int, **values) -> None:
    actor = city.actor(city.a.carer)
    with transaction.atomic():
        for _ in range(number):
            audit.record(actor=actor, **({"action": "daily_log.record"} | values))


def shown(client, **query) -> list[int]:
    return [row["event"].pk for row in client.get(reverse(LIST), query).context["rows"]]


def codes_in(path: Path) -> set[str]:
    """Every code that the file hands to audit.record, or to a helper of its own that does."""
    return {
        value.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and WRITERS.search(ast.unparse(node.func))
        for value in [*node.args, *(word.value for word in node.keywords if word.arg == "action")]
        if isinstance(value, ast.Constant) and CODE.fullmatch(str(value.value))
    }


def test_every_action_in_the_program_has_words():
    base = Path(settings.BASE_DIR)
    written = {
        code
        for app in APPS
        for path in (base / app).rglob("*.py")
        if "migrations" not in path.parts
        for code in codes_in(path)
    } | audit.ACTIONS

    assert {"daily_log.record", "access.denied", "audit.exported", "allergy.added"} <= written
    assert not written - set(ACTIONS), "give them words in govadmin/actions.py"


def test_every_word_is_chinese_by_default():
    with translation.override("zh-hans"):
        assert not [label for label in ACTIONS.values() if re.search("[A-Za-z]{3}", str(label))]


def test_an_unknown_action_shows_its_code(a_day, signed_in):
    record(a_day, 1, action="future.thing")

    page = signed_in(a_day.auditor).get(reverse(LIST)).content.decode()

    assert "future.thing" in page
    assert action_label("future.thing") == "future.thing"


def test_only_auditors_read_records(a_day, signed_in):
    for user in (a_day.regulator, a_day.county_regulator, a_day.assessor, a_day.admin):
        assert signed_in(user).get(reverse(LIST)).status_code == 403


def test_an_auditor_of_a_county_reads_its_records_only(a_day, signed_in, county_auditor):
    city, county = signed_in(a_day.auditor), signed_in(county_auditor)

    of_b = set(
        AuditEvent.objects.filter(institution_id=a_day.b.institution.pk).values_list(
            "pk", flat=True
        )
    )
    assert of_b
    assert of_b <= set(shown(city))
    assert not of_b & set(shown(county))
    assert shown(county)
    assert a_day.b.institution.name not in county.get(reverse(LIST)).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"action": "daily_log.record"}, True),
        ({"action": "child.viewed"}, False),
        ({"action": "no.such.action"}, False),
        ({"nursery": "任城"}, True),
        ({"nursery": "曲阜"}, False),
        ({"person": "carer-of-a"}, True),
        ({"person": "somebody else"}, False),
        ({"since": "2020-01-01", "until": "2020-12-31"}, False),
        ({"since": "2020-01-01"}, True),
        ({"until": "9999-12-31"}, False),
        ({"since": "0001-01-01"}, False),
        ({"since": "2026-02-30"}, False),
        ({"institution": "99999999999999999999"}, False),
        ({"institution": "x"}, False),
        ({"person": "\x00"}, False),
    ],
)
def test_filters(city, signed_in, query, found):
    city.a.carer.name = "carer-of-a"
    city.a.carer.save()
    record(city, 1)

    assert bool(shown(signed_in(city.auditor), **query)) == found


def test_the_cursor_visits_every_record_once(city, signed_in, monkeypatch):
    monkeypatch.setattr(selector, "PAGE", 4)
    record(city, 10)
    client = signed_in(city.auditor)
    pages, url = [], reverse(LIST)

    while url:
        context = client.get(url).context
        pages.append([row["event"].pk for row in context["rows"]])
        url = context["older"] and reverse(LIST) + context["older"]

    everything = list(AuditEvent.objects.order_by("-pk").values_list("pk", flat=True))
    assert [len(page) for page in pages] == [4, 4, 3]  # ten, and the auditor's own sign-in
    assert [pk for page in pages for pk in page] == everything

    newer = client.get(reverse(LIST) + context["newer"]).context
    assert [row["event"].pk for row in newer["rows"]] == pages[1]
    newest = client.get(reverse(LIST) + newer["newer"]).context
    assert [row["event"].pk for row in newest["rows"]] == pages[0]
    assert newest["newer"] == ""


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "\x00", ""])
def test_a_broken_cursor_is_the_beginning(city, signed_in, cursor):
    record(city, 2)
    client = signed_in(city.auditor)

    assert shown(client, before=cursor) == shown(client)


@pytest.mark.parametrize("number", [1, 3])
def test_queries_do_not_grow_and_nothing_is_counted(city, signed_in, number):
    record(city, number)
    client = signed_in(city.auditor)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(reverse(LIST))

    assert len(queries) == 7
    assert not [query for query in queries if "COUNT(" in query["sql"]]


@pytest.mark.parametrize("who", ["auditor", "county auditor"])
def test_the_page_says_how_the_last_anchor_stands(city, signed_in, settings, tmp_path, who):
    settings.AUDIT_ANCHOR_FILE = tmp_path / "anchors.jsonl"
    user = city.auditor
    if who != "auditor":
        user = UserFactory()
        RegionPostFactory(user=user, region=city.a.institution.region, role=Role.AUDITOR)
    client = signed_in(user)
    assert client.get(reverse(LIST)).context["anchor"]["tone"] == "warn"

    anchors.anchor()
    assert client.get(reverse(LIST)).context["anchor"]["tone"] == "ok"

    settings.AUDIT_ANCHOR_FILE.write_text("")
    assert client.get(reverse(LIST)).context["anchor"]["tone"] == "danger"


@pytest.mark.parametrize(
    ("path", "seen"),
    [("370800/", 3), ("370800/370811/", 2), ("370800/370811/9/", 1), ("37080/", 0)],
)
def test_a_region_is_found_by_the_operators_of_its_index(db, path, seen):
    for below in ("370800/370811/", "370800/370811/9/", "370800/370812/", "3708/"):
        AuditEvent.objects.create(action="test.done", region_path=below)

    assert AuditEvent.objects.filter(region_path__under=path).count() == seen


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["370800/", "370800/370811/"])
def test_the_newest_records_are_found_without_reading_all_of_them(path):
    """Neither by the policy, whose bounds the planner does not know, nor by the filter of the region."""
    AuditEvent.objects.bulk_create(
        AuditEvent(action="test.done", region_path=f"370800/3708{11 + number % 2}/")
        for number in range(1500)
    )
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE core_auditevent")
    auditor = Actor(user_id=1, role=Role.AUDITOR, region_path=path)
    with rls.of_actor(auditor):
        plan = AuditEvent.objects.visible_to(auditor).order_by("-pk")[:51].explain()

    assert "Index Scan Backward using core_auditevent_pkey" in plan
    assert "Sort" not in plan


@pytest.mark.django_db(transaction=True)
def test_the_records_of_a_small_place_are_found_by_their_index():
    """However old: walking back from the newest would read all that is younger."""
    paths = ["370800/370899/"] * 5 + ["370800/370811/"] * 3000
    AuditEvent.objects.bulk_create(
        AuditEvent(action="test.done", region_path=each) for each in paths
    )
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE core_auditevent")
    auditor = Actor(user_id=1, role=Role.AUDITOR, region_path="370800/370899/")
    with rls.of_actor(auditor):
        plan = AuditEvent.objects.visible_to(auditor).order_by("-pk")[:51].explain()

    assert "core_audit_region" in plan
