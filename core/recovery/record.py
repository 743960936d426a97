"""A row and an audit record for each run, so that the system page and the auditor can say what was done."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from core import audit, calendar
from core.models import UpkeepRun
from core.models.upkeep import UpkeepKind, UpkeepState
from core.recovery.errors import Trouble


@contextmanager
def run(kind: UpkeepKind, action: str) -> Iterator[UpkeepRun]:
    """What the block puts into `report` is kept. It fails by an exception or by setting the state."""
    row = UpkeepRun.objects.create(kind=kind)
    row.refresh_from_db(fields=["started_at"])
    try:
        yield row
    except BaseException as fault:
        row.state = UpkeepState.FAILED
        said = str(fault) if isinstance(fault, Trouble) else type(fault).__name__
        row.report = {**row.report, "error": said[:500]}
        _end(row, action)
        raise
    if row.state == UpkeepState.RUNNING:
        row.state = UpkeepState.DONE
    _end(row, action)


def _end(row: UpkeepRun, action: str) -> None:
    row.finished_at = calendar.now()
    brief = (
        "backup",
        "bytes",
        "seconds",
        "differences",
        "tables",
        "rows",
        "error",
        "removed",
        "deleted",
        "held",
        "left",
    )
    with transaction.atomic():
        row.save(update_fields=["state", "finished_at", "report"])
        audit.record(
            actor=None,
            action=action,
            subject=row,
            outcome=row.state,
            data={name: row.report[name] for name in brief if name in row.report},
        )
