"""The audit trail: what tampering is found, how fast it is read, what it costs, and whether kills tear it from the deed."""

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.stack import running

TITLE = "Audit: seven kinds of tampering found, no deed without its record"
TITLE_ZH = "审计：七种篡改均可发现，业务与审计记录同进同退"
TAMPER_KINDS = 7
WRITER = "tests.evidence.trail.writer"


def run(proof, *, short: bool) -> None:
    _tests(proof)
    with running() as (postgres, _redis):
        _kills(proof, 2 if short else 24)
        _refusals(proof, postgres)
        _cost(proof, 200 if short else 3_000)
        _speed(proof, 20_000 if short else 400_000)


def _tests(proof) -> None:
    """Each kind is planted by a superuser with the triggers disabled; reads are looked for in every answer."""
    ran = _pytest("tests/audit/test_verify.py")
    proof.figure(
        "A4", "kinds of tampering found", TAMPER_KINDS if ran == 0 else 0, goal=TAMPER_KINDS,
        headline=True, zh="可发现的篡改种类",
    )  # fmt: skip
    deeds = _pytest("tests/audit/test_deeds.py")
    proof.figure("A1", "endpoints that write, each done once with success", _writing())
    proof.figure(
        "A1", "test files that found one of them without a record", int(deeds != 0), at_most=0,
        headline=True, zh="发现写入接口缺审计记录的测试",
    )  # fmt: skip
    reads = _pytest("tests/audit/test_reads.py")
    proof.figure(
        "A2", "test files that found an answer with sensitive fields and no record",
        int(reads != 0), at_most=0,
    )  # fmt: skip
    proof.note(
        "A1, A2 and A4 are the outcome of tests/audit: test_deeds.py (all URLs and methods that write, discovered), "
        "test_reads.py and test_verify.py."
    )


def _writing() -> int:
    """How many pytest finds there."""
    path = "tests/audit/test_deeds.py::test_a_deed_leaves_a_record"
    return _run(path, "--collect-only").stdout.count(f"{path}[")


def _pytest(path: str) -> int:
    return _run(path).returncode


def _run(path: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, path]
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        command, env=env, check=False, capture_output=True, text=True, timeout=600
    )


def _kills(proof, times: int) -> None:
    """Programs that write entries are killed; then entries and records of the daily log are counted."""
    from tests.evidence.trail.writer import prepare

    ids = prepare()
    chance = random.Random(7)
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            ready = Path(folder) / "ready"
            process = subprocess.Popen([sys.executable, "-m", WRITER, *map(str, ids), str(ready)])
            while not ready.exists() and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0.05, 0.6))
            process.send_signal(signal.SIGKILL)
            process.wait()
    from core.models import AuditEvent
    from institution.models import DailyEntry

    entries = DailyEntry.objects.count()
    recorded = sum(
        sum(data["kinds"].values())
        for data in AuditEvent.objects.filter(action="daily_log.record").values_list(
            "data", flat=True
        )
    )
    proof.figure("A3", "kills (-9) of a writing process", times, goal=2 if times < 20 else 20)
    proof.figure("A3", "entries stored meanwhile", entries, goal=times)
    proof.figure(
        "A3", "entries without a record, or records without entry", abs(entries - recorded),
        at_most=0, headline=True, zh="缺审计记录的业务行，或缺业务行的审计记录",
    )  # fmt: skip


CHANGES = (
    "UPDATE core_auditevent SET action = 'x'",
    "DELETE FROM core_auditevent",
    "TRUNCATE core_auditevent",
)


def _refusals(proof, postgres) -> None:
    import psycopg2

    refused = 0
    for role, before in (("tuoyu_app", ""), ("tuoyu", ""), ("postgres", "replica")):
        for change in CHANGES:
            connection = psycopg2.connect(dbname="tuoyu", user=role, host=str(postgres.socket))
            try:
                with connection, connection.cursor() as cursor:
                    if before:
                        cursor.execute(f"SET session_replication_role = {before}")
                    cursor.execute(change)
            except psycopg2.Error:
                refused += 1
            finally:
                connection.close()
    proof.figure(
        "A6", "changes refused: run-time role, owner, superuser in replica mode; three statements each", refused,
        goal=9,
    )  # fmt: skip


def _cost(proof, rounds: int) -> None:
    """A deed is a transaction that writes and commits; the same with a record, in turn with it."""
    from django.db import transaction

    from core import audit
    from core.models.stream import take

    def deed() -> None:
        take("evidence")

    def recorded() -> None:
        take("evidence")
        audit.record(actor=None, action="a", institution_id=1, data={"kinds": {"meal": 15}})

    took: dict = {deed: [], recorded: []}
    for _ in range(rounds):
        for work, times in took.items():
            start = time.perf_counter()
            with transaction.atomic():
                work()
            times.append((time.perf_counter() - start) * 1000)
    without, with_record = (statistics.quantiles(times, n=20)[18] for times in took.values())
    proof.figure("A7", "a deed without its record at the 95th percentile, ms", without)
    proof.figure(
        "A7", "added by a record at the 95th percentile, ms", with_record - without, at_most=3
    )


def _speed(proof, rows: int) -> None:
    from django.db import connection, transaction

    from core import audit, audit_check
    from core.postgres.owner import as_owner_where_known

    with (
        as_owner_where_known(),
        transaction.atomic(),
        audit.linked_afterwards(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO core_auditevent (actor_user_id, actor_name, actor_role, action, subject_type, subject_id,"
            " child_ids, institution_id, region_path, request_id, outcome, data)"
            " SELECT n, '王老师', 'carer', 'daily_log.record', '', '', ARRAY[n, n + 1, n + 2], n %% 50, '3708/370811/',"
            " md5(n::text), 'done', jsonb_build_object('kinds', jsonb_build_object('meal', 3))"
            " FROM generate_series(1, %s) AS n",
            [rows],
        )
    start = time.perf_counter()
    report = audit_check.verify()
    seconds = time.perf_counter() - start
    proof.figure("A5", "records that hold", report.rows, goal=rows)
    proof.figure("A5", "chains that do not hold", len(report.findings), at_most=0)
    proof.figure(
        "A5", "records verified a second", report.rows / seconds, goal=100_000 if rows > 100_000 else None,
        headline=True, zh="每秒核验的审计记录",
    )  # fmt: skip
