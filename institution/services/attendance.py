"""Attendance is kept from the arrive, leave and absence entries of the daily log, in whatever order they came in."""

import datetime as dt
from collections.abc import Mapping

from core.calendar import local_day
from institution.models import Attendance, DailyEntry

ATTENDANCE_KINDS = ("arrive", "leave", "absence")


def project(*, institution_id: int, changes: Mapping[tuple[int, dt.date], int]) -> list[Attendance]:
    """Bring the attendance rows of these (child, day) pairs, each with its class, in line with the current entries."""
    if not changes:
        return []
    days = [day for _, day in changes]
    entries = (
        DailyEntry.objects.between(min(days), max(days))
        .current()
        .filter(
            institution=institution_id,
            child__in={child for child, _ in changes},
            kind__in=ATTENDANCE_KINDS,
        )
        .order_by("at", "seq")
    )
    told: dict[tuple[int, dt.date], list[DailyEntry]] = {}
    for entry in entries:
        told.setdefault((entry.child_id, local_day(entry.at)), []).append(entry)
    rows = [
        _row(institution_id, child, day, class_group, told.get((child, day), []))
        for (child, day), class_group in changes.items()
    ]
    return Attendance.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["child", "day"],
        update_fields=["class_group", "arrived_at", "left_at", "absence", "absence_note"],
    )


def _row(institution_id, child, day, class_group, entries: list[DailyEntry]) -> Attendance:
    """First arrival, last leaving after the last arrival; an arrival outweighs an absence that was noted before."""
    arrivals = [e.at for e in entries if e.kind == "arrive"]
    leavings = [e.at for e in entries if e.kind == "leave"]
    absences = [e for e in entries if e.kind == "absence"]
    left = leavings[-1] if leavings and (not arrivals or leavings[-1] >= arrivals[-1]) else None
    absent = absences[-1] if absences and not arrivals else None
    return Attendance(
        institution_id=institution_id,
        class_group_id=class_group,
        child_id=child,
        day=day,
        arrived_at=arrivals[0] if arrivals else None,
        left_at=left,
        absence=absent.detail["reason"] if absent else "",
        absence_note=absent.detail.get("note", "")[:80] if absent else "",
    )
