"""The database links records itself and refuses to change them, whoever asks."""

import hashlib

import psycopg2
import pytest
from django.db import DatabaseError, connection, transaction

from core import audit
from core.models import AuditChain, AuditEvent
from core.permissions import Role
from core.postgres.owner import as_owner
from core.scoping import Actor

pytestmark = pytest.mark.django_db

CITY, COUNTY, TOWN = "3708/", "3708/370811/", "3708/370811/370811001/"
CARER = Actor(user_id=5, role=Role.CARER, name="Li", region_path=TOWN, institution_id=3)
CHANGES = {
    "update": "UPDATE core_auditevent SET action = 'b'",
    "delete": "DELETE FROM core_auditevent",
    "truncate": "TRUNCATE core_auditevent",
    "head update": "UPDATE core_auditchain SET seq = 0",
    "head insert": "INSERT INTO core_auditchain (chain, seq, hash) VALUES ('x', 0, '')",
    "head delete": "DELETE FROM core_auditchain",
    "head truncate": "TRUNCATE core_auditchain",
}


def record(number: int = 1, **values) -> list[AuditEvent]:
    for _number in range(number):
        audit.record(**({"actor": CARER, "action": "a"} | values))
    return list(AuditEvent.objects.order_by("-id")[:number])[::-1]


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_records_of_an_institution_are_linked_one_to_the_next():
    first, second, third = record(3)

    assert [event.chain for event in (first, second, third)] == ["institution:3"] * 3
    assert [event.seq for event in (first, second, third)] == [1, 2, 3]
    assert bytes(first.prev_hash) == hashlib.sha256(b"institution:3").digest()
    assert bytes(second.prev_hash) == bytes(first.hash)
    assert bytes(third.prev_hash) == bytes(second.hash)
    head = AuditChain.objects.get(chain="institution:3")
    assert (head.seq, bytes(head.hash)) == (3, bytes(third.hash))


@pytest.mark.parametrize(
    ("path", "chain"),
    [
        (CITY, "region:3708/"),
        (COUNTY, "region:3708/370811/"),
        (TOWN, "region:3708/370811/"),
        ("", "system"),
    ],
)
def test_records_of_no_institution_stand_in_the_chain_of_their_region(path, chain):
    (event,) = record(actor=None, region_path=path)

    assert (event.chain, event.seq) == (chain, 1)


def test_chains_do_not_touch_each_other():
    record(2)
    (other,) = record(institution_id=4)

    assert (other.chain, other.seq) == ("institution:4", 1)


def test_a_statement_cannot_say_its_own_link():
    record(2)
    forged = AuditEvent.objects.create(
        action="a", institution_id=3, chain="system", seq=900, hash=b"x", prev_hash=b"y", tx=1
    )
    forged.refresh_from_db()

    assert (forged.chain, forged.seq) == ("institution:3", 3)
    assert len(bytes(forged.hash)) == 32
    assert forged.tx > 1


def test_many_rows_of_one_statement_are_linked():
    AuditEvent.objects.bulk_create([AuditEvent(action="a", institution_id=3) for _ in range(5)])

    assert list(AuditEvent.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3, 4, 5]


def test_what_was_rolled_back_leaves_no_gap():
    record()
    point = transaction.savepoint()
    record()
    transaction.savepoint_rollback(point)
    (second,) = record()

    assert second.seq == 2


@pytest.mark.django_db(transaction=True)
def test_the_owner_changes_neither_records_nor_heads():
    with transaction.atomic():
        record()

    with as_owner():
        for change in CHANGES.values():
            with pytest.raises(DatabaseError, match="audit records are append-only"):
                run(change)

    assert AuditEvent.objects.get().action == "a"
    assert AuditChain.objects.get().seq == 1


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_has_no_right_to_change_either(change):
    record()

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        run(CHANGES[change])

    assert AuditEvent.objects.get().action == "a"
    assert AuditChain.objects.get().seq == 1


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_a_superuser_changes_nothing_either_and_is_linked_like_anybody(superuser, role):
    with transaction.atomic():
        record()

    for change in CHANGES.values():
        with pytest.raises(psycopg2.Error, match="append-only"), superuser() as cursor:
            cursor.execute(f"SET session_replication_role = {role}; {change}")
    with superuser() as cursor:
        cursor.execute(f"SET session_replication_role = {role}")
        cursor.execute(
            "INSERT INTO core_auditevent (action, institution_id, actor_name, actor_role, subject_type, subject_id,"
            " child_ids, region_path, request_id, outcome, data) VALUES ('b', 3, '', '', '', '', '{}', '', '', '', '{}')"
        )

    assert list(AuditEvent.objects.order_by("pk").values_list("action", "seq")) == [
        ("a", 1),
        ("b", 2),
    ]


def test_every_trigger_of_the_trail_is_always_on():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'core_audit%%'"
        )
        found = cursor.fetchall()

    assert {(table, name) for table, name, _on in found} == {
        (table, name) for table, names in audit.TRIGGERS.items() for name in names
    }
    assert {on for _table, _name, on in found} == {"A"}


@pytest.mark.django_db(transaction=True)
def test_what_was_stored_before_is_linked_in_its_order():
    with transaction.atomic():
        record(2)
        record(2, institution_id=4)
    before = list(AuditEvent.objects.order_by("pk").values_list("chain", "seq", "hash"))

    # as rows stood before there were chains
    with as_owner(), transaction.atomic(), audit.linked_afterwards():
        run("UPDATE core_auditevent SET chain = '', seq = NULL, prev_hash = NULL, hash = NULL")
        run("DELETE FROM core_auditchain")
    after = list(AuditEvent.objects.order_by("pk").values_list("chain", "seq", "hash"))

    assert [(chain, seq, bytes(value)) for chain, seq, value in after] == [
        (chain, seq, bytes(value)) for chain, seq, value in before
    ]
    with transaction.atomic():
        assert record()[0].seq == 3
