"""Seven ways to tamper with the trail, each done by a superuser with the triggers disabled, and each found."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from core import anchors, audit, audit_check
from core.audit_check import Kind
from core.models import AuditEvent

CHAIN = "institution:3"
CONTENT = "action, subject_id, data, tx"


@pytest.fixture
def trail(transactional_db, tmp_path, settings):
    """Three chains of some records each, anchored twice."""
    settings.AUDIT_ANCHOR_FILE = tmp_path / "audit" / "anchors.jsonl"
    for _ in range(2):
        write(5)
        anchors.anchor()
    return settings.AUDIT_ANCHOR_FILE


def write(number: int) -> None:
    with transaction.atomic():
        for each in range(number):
            audit.record(actor=None, action="a", institution_id=3, data={"n": each})
    with transaction.atomic():
        for each in range(number):
            audit.record(actor=None, action="a", institution_id=4, data={"n": each})


@pytest.fixture
def tamper(superuser):
    def run(*statements: str) -> None:
        tables = ("core_auditevent", "core_auditchain")
        with superuser() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for statement in statements:
                cursor.execute(statement)
            for table, names in audit.TRIGGERS.items():
                for name in names:
                    cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")

    return run


def found(file=None, **options) -> list[tuple[str, int, Kind]]:
    report = audit_check.verify(file=file, **options)
    return [(finding.chain, finding.seq, finding.kind) for finding in report.findings]


# The database's own functions, as a forger would use them.
FORGE = f"""
DO $$ DECLARE e core_auditevent; last bytea := sha256('{CHAIN}'); n bigint := 0; BEGIN
    FOR e IN SELECT * FROM core_auditevent WHERE chain = '{CHAIN}' ORDER BY seq LOOP
        n := n + 1; e.seq := n; e.prev_hash := last;
        e.hash := sha256(convert_to(core_audit_text(e), 'UTF8'));
        UPDATE core_auditevent SET seq = -n, prev_hash = e.prev_hash, hash = e.hash WHERE id = e.id;
        last := e.hash;
    END LOOP;
    UPDATE core_auditevent SET seq = -seq WHERE chain = '{CHAIN}';
    UPDATE core_auditchain SET seq = n, hash = last WHERE chain = '{CHAIN}';
END $$"""
COPY_ROW = (
    "INSERT INTO core_auditevent (chain, seq, prev_hash, hash, action, institution_id, actor_name, actor_role,"
    " subject_type, subject_id, child_ids, region_path, request_id, outcome, data)"
    " SELECT chain, {seq}, prev_hash, hash, 'forged', institution_id, '', '', '', '', '{{}}', '', '', 'done', '{{}}'"
    " FROM core_auditevent WHERE chain = '{chain}' AND seq = {like}"
)
SHIFT_UP = (
    f"UPDATE core_auditevent SET seq = -seq WHERE chain = '{CHAIN}' AND seq >= 4",
    f"UPDATE core_auditevent SET seq = 1 - seq WHERE chain = '{CHAIN}' AND seq < 0",
)
SWAP_NUMBERS = (
    f"UPDATE core_auditevent SET seq = -4 WHERE chain = '{CHAIN}' AND seq = 7",
    f"UPDATE core_auditevent SET seq = 7 WHERE chain = '{CHAIN}' AND seq = 4",
    f"UPDATE core_auditevent SET seq = 4 WHERE chain = '{CHAIN}' AND seq = -4",
)
SWAP_CONTENT = (
    (
        "UPDATE core_auditevent a SET id = -b.id, action = b.action, data = b.data, tx = b.tx, at = b.at"
        f" FROM core_auditevent b WHERE a.chain = '{CHAIN}' AND b.chain = '{CHAIN}' AND (a.seq, b.seq) IN ((4, 7), (7, 4))"
    ),
    "UPDATE core_auditevent SET id = -id WHERE id < 0",
)
LAST = f"(SELECT hash FROM core_auditevent WHERE chain = '{CHAIN}' AND seq = 7)"

# What is done -> what is found, without the anchors and with them.
TAMPERING = {
    "edit": (
        (f"UPDATE core_auditevent SET actor_name = 'x' WHERE chain = '{CHAIN}' AND seq = 4",),
        (4, Kind.EDIT),
    ),
    "edit of the time": (
        (f"UPDATE core_auditevent SET at = at - interval '1 s' WHERE chain = '{CHAIN}' AND seq = 4",),
        (4, Kind.EDIT),
    ),
    "delete": (
        (f"DELETE FROM core_auditevent WHERE chain = '{CHAIN}' AND seq IN (4, 5)",),
        (4, Kind.DELETE),
    ),
    "delete of the first": (
        (f"DELETE FROM core_auditevent WHERE chain = '{CHAIN}' AND seq = 1",),
        (1, Kind.DELETE),
    ),
    "delete and number anew": (
        (
            f"DELETE FROM core_auditevent WHERE chain = '{CHAIN}' AND seq = 4",
            f"UPDATE core_auditevent SET seq = seq - 1 WHERE chain = '{CHAIN}' AND seq > 4",
            f"UPDATE core_auditchain SET seq = 9 WHERE chain = '{CHAIN}'",
        ),
        (4, Kind.DELETE),
    ),
    "insert outside the chain": (
        (("INSERT INTO core_auditevent (action, actor_name, actor_role, subject_type, subject_id, child_ids, region_path,"
         " request_id, outcome, data) VALUES ('b', '', '', '', '', '{}', '', '', '', '{}')"),),
        (0, Kind.INSERT),
    ),
    "insert before the first": (
        (COPY_ROW.format(chain=CHAIN, seq=-1, like=1),),
        (0, Kind.INSERT),
    ),
    "insert of a number twice": (
        (
            "ALTER TABLE core_auditevent DROP CONSTRAINT core_auditevent_chain",
            COPY_ROW.format(chain=CHAIN, seq=4, like=4),
        ),
        (4, Kind.INSERT),
    ),
    "insert and number anew": (
        (*SHIFT_UP, COPY_ROW.format(chain=CHAIN, seq=4, like=5),
         (f"UPDATE core_auditevent SET hash = sha256(convert_to(core_audit_text(core_auditevent.*), 'UTF8'))"
         f" WHERE chain = '{CHAIN}' AND seq = 4")),
        (4, Kind.INSERT),
    ),
    "reorder by number": (SWAP_NUMBERS, (4, Kind.REORDER)),
    "reorder by content": (SWAP_CONTENT, (4, Kind.REORDER)),
    "cut tail": (
        (f"DELETE FROM core_auditevent WHERE chain = '{CHAIN}' AND seq > 7",),
        (8, Kind.CUT),
    ),
    "rewritten head": (
        (f"UPDATE core_auditchain SET hash = sha256('x') WHERE chain = '{CHAIN}'",),
        (10, Kind.HEAD),
    ),
    "head set back": (
        (f"UPDATE core_auditchain SET seq = 7, hash = {LAST} WHERE chain = '{CHAIN}'",),
        (7, Kind.HEAD),
    ),
    "head gone": ((f"DELETE FROM core_auditchain WHERE chain = '{CHAIN}'",), (10, Kind.HEAD)),
}  # fmt: skip


@pytest.mark.parametrize("way", TAMPERING)
def test_tampering_is_found(trail, tamper, way):
    statements, (seq, kind) = TAMPERING[way]
    try:
        tamper(*statements)

        without = found()
        assert [(number, what) for _chain, number, what in without] == [(seq, kind)]
        assert without[0][0] == (CHAIN if seq or way == "insert before the first" else "")
        assert (without[0][0], seq, kind) in found(trail)
    finally:
        if "DROP CONSTRAINT" in " ".join(statements):
            tamper(
                "DELETE FROM core_auditevent",
                "ALTER TABLE core_auditevent ADD CONSTRAINT core_auditevent_chain UNIQUE (chain, seq)",
            )


def test_an_untouched_trail_holds(trail):
    report = audit_check.verify(file=trail)

    assert report.findings == []
    assert (report.chains, report.rows) == (3, AuditEvent.objects.count())
    assert report.anchors == 6


def test_a_tail_cut_with_its_head_is_found_by_the_anchors(trail, tamper):
    tamper(
        f"DELETE FROM core_auditevent WHERE chain = '{CHAIN}' AND seq > 7",
        f"UPDATE core_auditchain SET seq = 7, hash = {LAST} WHERE chain = '{CHAIN}'",
    )

    assert found() == []
    assert found(trail) == [(CHAIN, 10, Kind.CUT)]


def test_a_chain_forged_from_end_to_end_is_found_by_the_anchors(trail, tamper):
    tamper(
        f"UPDATE core_auditevent SET actor_name = 'x' WHERE chain = '{CHAIN}' AND seq = 4", FORGE
    )

    assert found() == []
    assert found(trail) == [(CHAIN, 5, Kind.HEAD)]


@pytest.mark.parametrize("grown_again", [False, True], ids=["as it was", "written on since"])
def test_an_old_backup_is_found_by_the_anchors(trail, tamper, grown_again):
    tamper(
        "CREATE TABLE kept_events AS TABLE core_auditevent",
        "CREATE TABLE kept_heads AS TABLE core_auditchain",
    )
    write(3)
    anchors.anchor()
    tamper(
        "DELETE FROM core_auditevent", "INSERT INTO core_auditevent SELECT * FROM kept_events",
        "DELETE FROM core_auditchain", "INSERT INTO core_auditchain SELECT * FROM kept_heads",
        "DROP TABLE kept_events, kept_heads",
    )  # fmt: skip
    if grown_again:
        write(6)
        with transaction.atomic():
            audit.record(actor=None, action="a")
            audit.record(actor=None, action="a")

    assert found() == []
    assert {(chain, kind) for chain, _seq, kind in found(trail)} == {
        (CHAIN, Kind.RESTORED),
        ("institution:4", Kind.RESTORED),
        ("system", Kind.RESTORED),
    }


def test_one_chain_or_a_part_of_it_can_be_read(trail, tamper):
    tamper(f"UPDATE core_auditevent SET actor_name = 'x' WHERE chain = '{CHAIN}' AND seq = 4")

    assert found(chain="institution:4") == []
    assert found(chain=CHAIN) == [(CHAIN, 4, Kind.EDIT)]
    assert found(chain=CHAIN, since=5) == []
    assert audit_check.verify(chain=CHAIN, since=5).rows == 6


def test_pages_are_read_one_after_the_other(trail, monkeypatch):
    monkeypatch.setattr(audit_check, "PAGE", 3)

    assert found(trail) == []


@pytest.mark.parametrize("damage", ["changed", "between", "missing", "shortened", "not json"])
def test_a_damaged_anchor_file_is_found(trail, damage):
    lines = trail.read_text().splitlines()
    changed = json.loads(lines[1]) | {"seq": 4}
    lines = {
        "changed": [lines[0], json.dumps(changed), *lines[2:]],
        "between": [*lines[:2], lines[1], *lines[2:]],
        "missing": [lines[0], *lines[2:]],
        "shortened": lines[:-1],
        "not json": ["{", *lines[1:]],
    }[damage]
    trail.write_text("\n".join(lines) + "\n")

    assert [kind for _chain, _seq, kind in found(trail)] == [Kind.ANCHORS]


def test_nothing_is_written_behind_a_forged_line(trail):
    lines = trail.read_text().splitlines()
    trail.write_text("\n".join([*lines[:-1], json.dumps(json.loads(lines[-1]) | {"seq": 1})]))

    with pytest.raises(CommandError, match="The anchor file is damaged"):
        call_command("anchor_audit", stdout=StringIO())


def test_the_command_says_what_it_found_and_ends_with_one(trail, tamper):
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "records in 3 chains hold, 6 anchors met" in out.getvalue()

    tamper(f"DELETE FROM core_auditevent WHERE chain = '{CHAIN}' AND seq = 4")
    with pytest.raises(CommandError) as ended:
        call_command("verify_audit", stdout=out)

    assert ended.value.returncode == 1
    assert "institution:3 4: deleted. The records 4 to 4 are missing" in out.getvalue()


def test_anchors_are_signed_with_their_own_key(trail, settings):
    settings.AUDIT_ANCHOR_KEY = "another"

    assert [kind for _chain, _seq, kind in found(trail)] == [Kind.ANCHORS]


def test_only_chains_that_grew_are_anchored_again(trail):
    with transaction.atomic():
        audit.record(actor=None, action="a", institution_id=3)
    marks = list(anchors.read(trail))
    anchors.anchor()

    assert [mark.chain for mark in marks] == [
        CHAIN, "institution:4", "system", CHAIN, "institution:4", "system",
    ]  # fmt: skip
    assert trail.stat().st_mode & 0o777 == 0o600


def test_the_state_of_the_last_anchor(trail, settings):
    assert anchors.state().code == "ok"
    assert anchors.state().number == 6

    lines = trail.read_text().splitlines()
    trail.write_text("\n".join(lines[:-1]) + "\n")
    assert anchors.state().code == "broken"
    trail.unlink()
    assert anchors.state().code == "away"
