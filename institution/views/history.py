"""The history of a child's rows, and how changes of rows are said. Regulators' pages say them the same way."""

import re
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.http import ActorRequest, gate
from core.models import User
from core.permissions import Permission, Role
from institution.history import TABLES, column_label
from institution.models import Child, RowChange
from institution.models.row_change import Deed
from institution.selectors.history import (
    HistoryPage,
    Names,
    history_of_child,
    model_of,
    values_of,
)

NOTHING = "–"
PERIOD = re.compile(r"^\[([0-9-]*),([0-9-]*)\)$")  # as the database writes a range of days
TONES = {Deed.ADDED: "ok", Deed.CHANGED: "info", Deed.REMOVED: "warn"}


@gate(Permission.HISTORY_READ)
def child_history(request: ActorRequest, pk: int) -> HttpResponse:
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    page = history_of_child(
        actor=request.actor, child=child, before=number_in(request.GET.get("before"))
    )
    context = {"child": child, "page": page, "rows": history_rows(page)}
    response = render(request, "institution/child_history.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def number_in(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def history_rows(page: HistoryPage) -> list[dict]:
    people = page.names.get(User, {})
    return [
        {
            "at": change.at,
            "day": change.at,
            "who": people.get(str(change.person_id), "") or _("The system"),
            "what": TABLES.get(change.table, change.table),
            "deed": Deed(change.deed).label,
            "tone": TONES[Deed(change.deed)],
            "place": change.institution.name if change.institution else "",
            "lines": [
                {
                    "label": column_label(field),
                    "before": said(field, before, page.names),
                    "after": said(field, after, page.names),
                }
                for field, before, after in values_of(change)
                if change.deed == Deed.CHANGED or before not in (None, "", [])
            ],
            "removed": change.deed == Deed.REMOVED,
            "sealed": list(_sealed(change)),
        }
        for change in page.changes
    ]


def _sealed(change: RowChange) -> Iterable[str]:
    columns = {field.column: field for field in model_of(change)._meta.concrete_fields}
    for name in change.sealed:
        yield str(column_label(columns[name])) if name in columns else name


def said(field: models.Field, value, names: Names) -> str:
    """A stored value in words, as far as there are words for it."""
    if value in (None, "", []):
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(field, ArrayField):
        return pgettext("between listed words", ", ").join(
            said(field.base_field, each, names) for each in value
        )
    if related := field.related_model:
        return names.get(related, {}).get(str(value), "") or f"# {value}"
    choices = dict(field.flatchoices) or (dict(Role.choices) if field.name == "role" else {})
    period = PERIOD.match(str(value))
    return " – ".join(period.groups()) if period else str(choices.get(value, value))
