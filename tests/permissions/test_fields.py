"""The names of the fields that each role reads in each answer of the API, against fields.json.

A field that is not in the list fails here, and so does one that has gone. After a wanted change,
`WRITE_FIELDS=1 python -m pytest tests/permissions/test_fields.py` writes the list anew; read its difference.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse

from core.permissions import PERMISSIONS
from tests.leak.world import Person, World, build_world, child_of
from tests.permissions.discovery import ANY_ACTOR, OPEN, endpoints

GOLDEN = Path(__file__).with_name("fields.json")
FREE = {
    "data",
    "detail",
    "evidence",
    "fields",
    "figures",
}  # their keys are of the rows, not of the API
ASKED = {
    name: endpoint.gates["GET"]
    for name, endpoint in endpoints().items()
    if endpoint.api and "GET" in endpoint.gates and name != "api:schema"
}


@pytest.fixture
def world(city) -> World:
    return build_world(city)


def paths(value, prefix: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for member in value:
            yield from paths(member, f"{prefix}[]")
    elif isinstance(value, dict):
        for key, member in value.items():
            name = f"{prefix}.{key}".lstrip(".")
            yield name
            if key not in FREE:
                yield from paths(member, name)


def answers(client, name: str, world: World) -> list:
    """The list, or the rows behind it one by one."""
    if name == "api:child-timeline":
        return [client.get(reverse(name, args=[child_of(world.b).pk])).json()]
    if name == "api:institution-days":
        period = {"first": "2026-12-01", "last": "2026-12-02"}
        return [client.get(reverse(name, args=[world.b.institution.pk]), period).json()]
    if name.endswith("-detail"):
        rows = client.get(reverse(name.removesuffix("-detail") + "-list")).json()
        rows = rows["results"] if isinstance(rows, dict) else rows
        keys = [row.get("id", row.get("code")) for row in rows[:5]]
        return [client.get(reverse(name, args=[key])).json() for key in keys]
    return [client.get(reverse(name)).json()]


def fields_of(person: Person, world: World, signed_in) -> dict[str, list[str]]:
    client = signed_in(person.user, person.post)
    return {
        name: sorted({path for answer in answers(client, name, world) for path in paths(answer)})
        for name, gate in ASKED.items()
        if gate in (OPEN, ANY_ACTOR) or gate in PERMISSIONS[person.actor.role]
    }


def grouped(found: dict[str, dict[str, list[str]]]) -> dict[str, list[dict]]:
    """{endpoint: [{"roles": ..., "fields": ...}]}, roles that read the same together."""
    lists: dict[str, list[dict]] = {}
    for name in sorted(ASKED):
        same: dict[tuple[str, ...], list[str]] = {}
        for role in sorted(found):
            if name in found[role]:
                same.setdefault(tuple(found[role][name]), []).append(role)
        lists[name] = [
            {"roles": ", ".join(roles), "fields": list(fields)}
            for fields, roles in sorted(same.items(), key=lambda pair: pair[1])
        ]
    return lists


def test_each_role_reads_these_fields_and_no_other(world, signed_in):
    found = grouped(
        {person.actor.role.value: fields_of(person, world, signed_in) for person in world.insiders}
    )
    if os.environ.get("WRITE_FIELDS"):
        GOLDEN.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")

    assert found == json.loads(GOLDEN.read_text())


def test_every_endpoint_was_read_with_rows_in_it():
    golden = json.loads(GOLDEN.read_text())
    empty = [name for name, groups in golden.items() if not any(g["fields"] for g in groups)]

    assert empty == ["api:job-detail"]
    assert set(golden) == set(ASKED)
