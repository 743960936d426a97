"""A day's entries as people read them: title, mark, words and pictures in the language in force."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from core.attachments import signed_url
from core.models import Attachment
from core.scoping import Actor
from institution.kinds import DOMAINS, KINDS, MEALS, MILKS, POSITIONS, TOILET_PLACES, summary
from institution.models import DailyEntry, EntryKind

GOOD = {("meal", "all"), ("mood", "happy"), ("toilet", "dry")}


@dataclass(frozen=True)
class Picture:
    thumb: str
    full: str
    width: int
    height: int


@dataclass(frozen=True)
class Item:
    entry: DailyEntry
    title: str
    icon: str
    tone: str
    mark: str = ""
    mark_tone: str = ""
    text: str = ""
    tags: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    fresh: bool = False

    @property
    def at(self) -> dt.datetime:
        return self.entry.at

    @property
    def anchor(self) -> str:
        return f"e-{self.entry.root}"

    @property
    def by(self) -> str:
        return self.entry.recorded_by.name

    @property
    def corrected(self) -> bool:
        return self.entry.version > 1


def items(*, actor: Actor, entries: Iterable[DailyEntry], seen: int | None = None) -> list[Item]:
    """In the order given. Entries numbered above `seen` are marked fresh. At most two queries, whatever the length."""
    entries = list(entries)
    own = _own_kinds(entries)
    pictures = _pictures(actor, entries)
    return [_item(entry, own, pictures, seen) for entry in entries]


def _own_kinds(entries: list[DailyEntry]) -> dict[str, EntryKind]:
    codes = {entry.kind for entry in entries} - KINDS.keys()
    if not codes:
        return {}
    institutions = {entry.institution_id for entry in entries}
    kinds = EntryKind.objects.filter(institution__in=institutions, code__in=codes)
    return {kind.code: kind for kind in kinds}


def _pictures(actor: Actor, entries: list[DailyEntry]) -> dict[str, Picture]:
    wanted = [pk for entry in entries if entry.kind == "photo" for pk in entry.detail["photos"]]
    if not wanted:
        return {}
    found = Attachment.objects.visible_to(actor).filter(pk__in=wanted)
    return {
        str(attachment.pk): Picture(
            thumb=signed_url(attachment, actor, "thumb"),
            full=signed_url(attachment, actor),
            width=attachment.width,
            height=attachment.height,
        )
        for attachment in found
    }


def _item(entry: DailyEntry, own: dict, pictures: dict, seen: int | None) -> Item:
    kind = KINDS.get(entry.kind) or own.get(entry.kind)
    detail = entry.detail
    return Item(
        entry=entry,
        title=_title(entry, kind),
        icon=kind.icon if kind else "notebook-pen",
        tone=getattr(kind, "tone", ""),
        mark="" if entry.kind in ("note", "photo", "activity") else summary(entry.kind, detail),
        mark_tone=_mark_tone(entry),
        text=_text(entry),
        tags=[str(DOMAINS[domain]) for domain in detail.get("domains", ())],
        pictures=[pictures[pk] for pk in detail.get("photos", ()) if pk in pictures],
        fresh=seen is not None and entry.seq > seen,
    )


def _title(entry: DailyEntry, kind) -> str:
    detail = entry.detail
    if entry.kind == "meal":
        return str(MEALS[detail["meal"]])
    if entry.kind == "activity":
        return detail["title"]
    return str(kind.label) if kind else entry.kind


def _mark_tone(entry: DailyEntry) -> str:
    detail = entry.detail
    value = detail.get("amount") or detail.get("mood") or detail.get("result")
    return "good" if (entry.kind, value) in GOOD else ""


def _text(entry: DailyEntry) -> str:
    detail = entry.detail
    extra = {
        "meal": lambda: detail.get("menu", ""),
        "milk": lambda: str(MILKS.get(detail.get("milk", "formula"), "")),
        "nap": lambda: str(POSITIONS.get(detail.get("position", ""), "")),
        "toilet": lambda: str(TOILET_PLACES.get(detail.get("place", "diaper"), "")),
        "arrive": lambda: _brought(detail, _("Brought by %(name)s.")),
        "leave": lambda: _brought(detail, _("Picked up by %(name)s.")),
    }.get(entry.kind, str)()
    note = "" if entry.kind == "note" else detail.get("note", "")
    body = detail["note"] if entry.kind == "note" else ""
    return " ".join(part for part in (extra, note, body) if part)


def _brought(detail: dict, sentence: str) -> str:
    return sentence % {"name": detail["by"]} if detail.get("by") else ""
