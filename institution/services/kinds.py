"""An institution's own kinds of entry, defined without code."""

import re

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from core import audit, drawing
from core.errors import Refused
from core.scoping import Actor
from institution.models import EntryKind

FIELD_TYPES = ("choice", "number", "text")
NAME = re.compile(r"^[a-z][a-z0-9_]{0,19}$")
MOST_FIELDS = 6
MOST_CHOICES = 8


def add_kind(
    *,
    actor: Actor,
    code: str,
    label: str,
    icon: str = "notebook-pen",
    fields: list,
    active: bool = True,
) -> EntryKind:
    """Raises Refused `bad_fields`, `unknown_icon`, or `kind_exists` when the institution has that code already."""
    check_fields(fields)
    _check_icon(icon)
    code = code if code.startswith("own-") else f"own-{slugify(code)}"
    try:
        with transaction.atomic():
            kind = EntryKind.objects.create(
                institution_id=actor.workplace,
                code=code,
                label=label,
                icon=icon,
                fields=fields,
                active=active,
            )
            audit.record(actor=actor, action="entry_kind.added", subject=kind, data={"code": code})
    except IntegrityError as error:
        raise Refused(_("There is already a kind with this code."), "kind_exists") from error
    return kind


@transaction.atomic
def set_active(*, actor: Actor, kind: EntryKind, active: bool) -> EntryKind:
    """A kind that is not wanted any more stays with its entries; it only leaves the board."""
    if kind.active != active:
        kind.active = active
        kind.save(update_fields=["active"])
        audit.record(
            actor=actor, action="entry_kind.changed", subject=kind, data={"active": active}
        )
    return kind


def check_fields(fields: list) -> None:
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS:
        raise _bad(_("A kind has at most %(most)d fields.") % {"most": MOST_FIELDS})
    names = [field.get("name") if isinstance(field, dict) else None for field in fields]
    if len(set(map(str, names))) != len(names) or "note" in names:
        raise _bad(_("Every field needs a name of its own."))
    for field, name in zip(fields, names, strict=True):
        if (
            not isinstance(name, str)
            or not NAME.match(name)
            or field.get("type") not in FIELD_TYPES
        ):
            raise _bad(_("A field has a name in small letters and a type: choice, number or text."))
        if field["type"] == "choice":
            _check_choices(field.get("choices"))
        if field["type"] == "number":
            _check_limits(field)


def _check_icon(icon: str) -> None:
    """The board draws it: an icon that is not there would take the whole board with it."""
    if not drawing.is_icon(icon):
        message = _("There is no icon of this name.")
        raise Refused(message, "unknown_icon", fields={"icon": [message]}, status=400)


def _check_choices(choices) -> None:
    texts = isinstance(choices, list) and all(
        isinstance(c, str) and 0 < len(c) <= 20 for c in choices
    )
    if not texts or not 2 <= len(choices) <= MOST_CHOICES or len(set(choices)) != len(choices):
        raise _bad(_("A choice has two to eight different answers."))


def _check_limits(field: dict) -> None:
    low, high = field.get("min", 0), field.get("max", 100_000)
    numbers = all(isinstance(n, int | float) and not isinstance(n, bool) for n in (low, high))
    if not numbers or low >= high or not isinstance(field.get("unit", ""), str):
        raise _bad(_("A number has a least and a greatest value and a unit."))


def _bad(message: str) -> Refused:
    return Refused(message, "bad_fields", fields={"fields": [message]}, status=400)
