"""The list of institutions: filtered by the database, sorted and counted here, since all figures come at once."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from core.scoping import Actor
from govadmin.selectors.figures import Figures, figures_of
from govadmin.selectors.regions import Place
from institution.enums import InstitutionStatus
from institution.models import Institution


@dataclass(frozen=True)
class Listing:
    rows: list[Figures]
    counts: dict[str, int]  # by status, "" for all, with the other filters as they are


def institution_listing(*, actor: Actor, place: Place, filters: dict, day: dt.date) -> Listing:
    found = Institution.objects.visible_to(actor).in_region(place.region.path)
    if filters["form"]:
        found = found.filter(form=filters["form"])
    if filters["inclusive"]:
        found = found.filter(inclusive=True)
    rows = figures_of(found.search(filters["q"]), day)
    if filters["silent"]:
        rows = [row for row in rows if not row.entries and row.expected > 0]
    counts = Counter(row.status for row in rows)
    if filters["status"]:
        rows = [row for row in rows if row.status == filters["status"]]
    return Listing(
        rows=_sorted(rows, filters["sort"]),
        counts={"": counts.total()} | {status: counts[status] for status in InstitutionStatus},
    )


def _sorted(rows: list[Figures], sort: str) -> list[Figures]:
    """By region and name, as they come, unless a column is chosen; what has no figure stands last."""
    name = sort.removeprefix("-")
    if not name:
        return rows
    down = sort.startswith("-")
    known = [row for row in rows if getattr(row, name) is not None]
    unknown = [row for row in rows if getattr(row, name) is None]
    return sorted(known, key=lambda row: getattr(row, name), reverse=down) + unknown
