"""Writing the daily log: many entries in one transaction, answered row by row."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import audit
from core.attachments import show_children
from core.calendar import local_day, now
from core.errors import NotThere, Refused
from core.live.groups import child_groups, region_groups
from core.models import Attachment
from core.models.stream import take
from core.realtime import announce
from core.scoping import Actor
from institution.kinds import KINDS, Kind, decode_detail, own_kind
from institution.models import DailyEntry, EntryKind
from institution.services import attendance

TOPIC = "daily-log"
MAX_BATCH = 500
CLOCK_TOLERANCE = dt.timedelta(minutes=2)
UNDO_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """What a client says. `detail` is raw JSON; `replaces` names the entry this corrects, or with `void` withdraws."""

    id: uuid.UUID
    child_id: int
    kind: str
    at: dt.datetime
    detail: bytes = b"{}"
    replaces: uuid.UUID | None = None
    void: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    id: uuid.UUID
    status: str  # created, duplicate, refused
    code: str = ""
    message: str = ""
    seq: int | None = None


@dataclass(kw_only=True)
class _Row:
    """An entry that may be stored, with what was looked up for it."""

    entry: NewEntry
    class_group_id: int
    detail: dict
    old: DailyEntry | None = None
    seq: int = 0


@dataclass(kw_only=True)
class _Sheet:
    answers: dict[uuid.UUID, Answer] = field(default_factory=dict)

    def refuse(self, entry: NewEntry, refusal: Refused) -> None:
        self.answers[entry.id] = Answer(
            id=entry.id, status="refused", code=refusal.code, message=str(refusal.message)
        )


def record(*, actor: Actor, entries: Sequence[NewEntry]) -> list[Answer]:
    """Store what may be stored and say of each entry: created, duplicate, or refused and why.

    An entry's id is its idempotency key: the same entry again is a duplicate, another entry under it is refused.
    Raises Refused `too_many_entries` for more than 500, `no_institution` for an actor outside a nursery.
    """
    if len(entries) > MAX_BATCH:
        raise Refused(
            _("Please send at most %(most)d entries at once.") % {"most": MAX_BATCH},
            "too_many_entries",
            status=413,
        )
    if actor.institution_id is None:
        raise Refused(_("Only nursery staff write the daily log."), "no_institution", status=403)
    sheet = _Sheet()
    checked = _check(actor, entries, sheet)
    if checked:
        _store(actor, checked, sheet)
    return [sheet.answers[entry.id] for entry in entries]


def _check(actor: Actor, entries: Sequence[NewEntry], sheet: _Sheet) -> list[_Row]:
    places = _places(actor, {entry.child_id for entry in entries})
    kinds = _kinds(actor.workplace, {entry.kind for entry in entries})
    taken, rows, seen = _Taken.at(now()), [], set()
    for entry in entries:
        if entry.id in seen:
            continue
        seen.add(entry.id)
        try:
            class_group_id = _place(entry, taken.day_of(entry.at), places)
            detail = _detail(entry, kinds)
        except Refused as refusal:
            sheet.refuse(entry, refusal)
        else:
            rows.append(_Row(entry=entry, class_group_id=class_group_id, detail=detail))
    return _with_photos(actor, rows, sheet)


# Enrolment.objects.visible_to(actor), as a function whose plan is kept: migration 0013 says what it does.
_PLACES = (
    "SELECT child, class_group, first, last FROM institution_places(%s, %s::bigint[], %s::bigint[])"
)


def _places(actor: Actor, child_ids: set[int]) -> dict[int, list]:
    classes = None if actor.class_ids is None else _array(actor.class_ids)
    places: dict[int, list] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [actor.institution_id, classes, _array(child_ids)])
        for child_id, class_group_id, first, end in cursor.fetchall():
            places.setdefault(child_id, []).append((class_group_id, first, end))
    return places


def _array(ids: Iterable) -> str:
    """As one text: the driver would adapt each element by itself."""
    return "{" + ",".join(map(str, ids)) + "}"


def _place(entry: NewEntry, day: dt.date, places: dict[int, list]) -> int:
    for class_group_id, first, end in places.get(entry.child_id, ()):
        if first <= day and (end is None or day < end):
            return class_group_id
    raise NotThere(_("This child was not in your class on that day."), "child_not_found")


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """From when to when entries are taken. A batch names few moments, so each is looked at once."""

    first: dt.datetime
    last: dt.datetime
    days: dict[dt.datetime, dt.date] = field(default_factory=dict)

    @classmethod
    def at(cls, moment: dt.datetime) -> "_Taken":
        oldest = dt.timedelta(days=settings.DAILY_LOG_MAX_AGE_DAYS)
        return cls(first=moment - oldest, last=moment + CLOCK_TOLERANCE)

    def day_of(self, moment: dt.datetime) -> dt.date:
        if moment not in self.days:
            self._check(moment)
            self.days[moment] = local_day(moment)
        return self.days[moment]

    def _check(self, moment: dt.datetime) -> None:
        if moment > self.last:
            raise Refused(
                _("The time is in the future. Please check the clock of this device."), "in_future"
            )
        if moment < self.first:
            raise Refused(
                _("Entries older than %(days)d days are not taken any more.")
                % {"days": settings.DAILY_LOG_MAX_AGE_DAYS},
                "too_old",
            )


def _kinds(institution_id: int, codes: set[str]) -> dict[str, Kind]:
    kinds = {code: KINDS[code] for code in codes if code in KINDS}
    own = codes - kinds.keys()
    if own:
        defined = EntryKind.objects.filter(institution=institution_id, code__in=own, active=True)
        for kind in defined:
            fields = msgspec.json.encode(kind.fields)
            kinds[kind.code] = own_kind(kind.code, kind.label, kind.icon, fields)
    return kinds


def _detail(entry: NewEntry, kinds: dict[str, Kind]) -> dict:
    if entry.kind not in kinds:
        raise Refused(_("This kind of entry is not known here."), "unknown_kind")
    return msgspec.to_builtins(decode_detail(kinds[entry.kind], entry.detail))


def _with_photos(actor: Actor, rows: list[_Row], sheet: _Sheet) -> list[_Row]:
    """Photos must be uploads of this institution; storing the entry shows them to the child's family."""
    wanted = {photo for row in rows if row.entry.kind == "photo" for photo in row.detail["photos"]}
    if not wanted:
        return rows
    known = {
        str(pk)
        for pk in Attachment.objects.visible_to(actor)
        .filter(pk__in=[photo for photo in wanted if _is_uuid(photo)])
        .values_list("pk", flat=True)
    }
    kept = []
    for row in rows:
        if row.entry.kind == "photo" and not set(row.detail["photos"]) <= known:
            sheet.refuse(
                row.entry,
                NotThere(_("A photo is missing. Please take it again."), "photo_not_found"),
            )
        else:
            kept.append(row)
    return kept


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


@transaction.atomic
def _store(actor: Actor, rows: list[_Row], sheet: _Sheet) -> None:
    if any(row.entry.replaces for row in rows):
        take(_stream(actor), 0)  # corrections of one entry wait for each other in one order
    rows = [row for row in rows if _find_old(actor, row, sheet)]
    numbers = _insert(actor, rows)
    stored = [row for row in rows if row.entry.id in numbers]
    for row in stored:
        row.seq = numbers[row.entry.id]
        sheet.answers[row.entry.id] = Answer(id=row.entry.id, status="created", seq=row.seq)
    _explain_known([row for row in rows if row.entry.id not in numbers], sheet)
    if not stored:
        return
    _mark_replaced(stored)
    _show_photos(actor, stored)
    attendance.project(
        institution_id=actor.workplace,
        changes={
            (row.entry.child_id, local_day(row.entry.at)): row.class_group_id
            for row in stored
            if row.entry.kind in KINDS and KINDS[row.entry.kind].attendance
        },
    )
    audit.record(
        actor=actor,
        action="daily_log.record",
        institution_id=actor.institution_id,
        region_path=actor.region_path,
        child_ids=sorted({row.entry.child_id for row in stored}),
        data={
            "kinds": dict(Counter(row.entry.kind for row in stored)),
            "replaced": [str(row.entry.replaces) for row in stored if row.entry.replaces],
        },
    )
    announce(topic=TOPIC, groups=_groups(actor, stored), cursor=str(stored[-1].seq))


def _stream(actor: Actor) -> str:
    return f"institution.{actor.institution_id}"


class _Stored(msgspec.Struct):
    """A row as migration 0013 reads it."""

    id: uuid.UUID
    class_group_id: int
    child_id: int
    kind: str
    at: dt.datetime
    detail: dict
    root: uuid.UUID
    version: int
    void: bool
    reason: str

    @classmethod
    def of(cls, row: _Row) -> "_Stored":
        entry, old = row.entry, row.old
        return cls(
            id=entry.id,
            class_group_id=row.class_group_id,
            child_id=entry.child_id,
            kind=entry.kind,
            at=entry.at,
            detail=row.detail,
            root=old.root if old else entry.id,
            version=old.version + 1 if old else 1,
            void=entry.void,
            reason=entry.reason,
        )


_INSERT = (
    "SELECT id, seq FROM institution_store_batch(%s, %s, %s, %s, %s, %s, %s::uuid[], %s::json)"
)


def _insert(actor: Actor, rows: list[_Row]) -> dict[uuid.UUID, int]:
    """The new ones among the rows, each with its number in the institution's stream. Counters go with them."""
    if not rows:
        return {}
    moment = now()
    params = [
        _stream(actor),
        actor.institution_id,
        actor.user_id,
        settings.TIME_ZONE,
        moment - dt.timedelta(days=settings.DAILY_LOG_MAX_AGE_DAYS + 1),
        moment + dt.timedelta(days=1),
        _array(row.entry.id for row in rows),
        msgspec.json.encode([_Stored.of(row) for row in rows]).decode(),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, params)
        return dict(cursor.fetchall())


def _explain_known(rows: list[_Row], sheet: _Sheet) -> None:
    if not rows:
        return
    stored = DailyEntry.objects.in_bulk([row.entry.id for row in rows])
    for row in rows:
        old, entry = stored.get(row.entry.id), row.entry
        said = (entry.child_id, entry.kind, entry.at, row.detail, entry.void)
        if old and (old.child_id, old.kind, old.at, old.detail, old.void) == said:
            sheet.answers[entry.id] = Answer(id=entry.id, status="duplicate", seq=old.seq)
        else:
            sheet.refuse(
                entry, Refused(_("Another entry was already sent under this id."), "key_reused")
            )


def _find_old(actor: Actor, row: _Row, sheet: _Sheet) -> bool:
    """Lock the entry that this one corrects. A correction that was stored before goes on as a duplicate."""
    entry = row.entry
    if entry.replaces is None:
        return True
    old = (
        DailyEntry.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .filter(pk=entry.replaces, child=entry.child_id, kind=entry.kind)
        .first()
    )
    row.old = old
    try:
        _check_replacement(actor, entry, old)
    except Refused as refusal:
        sheet.refuse(entry, refusal)
        return False
    return True


def _check_replacement(actor: Actor, entry: NewEntry, old: DailyEntry | None) -> None:
    if old is None:
        raise NotThere(_("The entry to correct is not there."), "entry_not_found")
    if old.replaced_by == entry.id:
        return
    if old.replaced_by or old.void:
        raise Refused(
            _("Somebody has already corrected this entry. Please look again."), "already_replaced"
        )
    fresh = (now() - old.recorded_at).total_seconds() <= UNDO_SECONDS
    if not entry.reason and not (entry.void and fresh and old.recorded_by_id == actor.user_id):
        raise Refused(_("Please say why the entry is changed."), "reason_needed")


def _mark_replaced(rows: Iterable[_Row]) -> None:
    for row in rows:
        if row.old:
            DailyEntry.objects.filter(pk=row.old.pk, at=row.old.at).update(replaced_by=row.entry.id)


def _show_photos(actor: Actor, rows: Iterable[_Row]) -> None:
    """The same pictures of a whole class are linked to its children at once."""
    shown: dict[tuple[uuid.UUID, ...], list[int]] = {}
    for row in rows:
        if row.entry.kind == "photo" and not row.entry.void:
            photos = tuple(uuid.UUID(photo) for photo in row.detail["photos"])
            shown.setdefault(photos, []).append(row.entry.child_id)
    for attachment_ids, child_ids in shown.items():
        show_children(actor=actor, attachment_ids=attachment_ids, child_ids=child_ids)


def _groups(actor: Actor, rows: Iterable[_Row]) -> list[str]:
    children = sorted({row.entry.child_id for row in rows})
    classes = sorted({row.class_group_id for row in rows})
    return [
        *child_groups(children),
        *(f"class.{pk}" for pk in classes),
        f"institution.{actor.institution_id}",
        *region_groups(actor.region_path),
    ]
