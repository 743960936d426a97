"""Health-and-safety ledgers: entries that are only ever added, how often things are due, and alerts of what is late."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from core import attachments, audit
from core.calendar import local_day, now, today
from core.errors import NotThere, Refused
from core.models import Attachment
from core.realtime import announce
from core.scoping import Actor
from institution.enums import AlertKind, AlertOutcome, AlertState, LedgerKind, LedgerRepeat
from institution.ledgers import LEDGERS, Ledger, check_detail
from institution.models import Alert, Institution, LedgerEntry, LedgerRhythm, LedgerSchedule, Room
from institution.selectors.ledgers import late_everywhere, ledger_of, overdue_hazards
from institution.services import alerts

TOPIC = "ledgers"
DAYS_BACK = 7
DAYS_AHEAD = 400
MOST_PHOTOS = 6
MOST_DAYS = 400
CLOCK = dt.timedelta(minutes=5)  # by which a device may be ahead

Picture = UploadedFile | uuid.UUID


def record(
    *,
    actor: Actor,
    kind: str,
    detail: dict,
    what: str = "",
    at: dt.datetime | None = None,
    schedule: LedgerSchedule | None = None,
    note: str = "",
    photos: Iterable[Picture] = (),
    mend_by: dt.date | None = None,
) -> LedgerEntry:
    """Raises Refused `bad_detail`, `what_needed`, `fault_unexplained`, `in_future`, `too_old`, `photo_needed`, `too_many_photos`,
    `other_kind`, `not_a_hazard`, and what a picture is refused for."""
    moment = at or now()
    _check_moment(moment)
    with transaction.atomic():
        institution = _own(actor, locked=False)
        rhythm = _rhythm(actor, schedule, kind, local_day(moment)) if schedule else None
        entry = LedgerEntry(
            institution=institution,
            kind=LedgerKind(kind),
            schedule=schedule,
            what=schedule.what if schedule else what.strip(),
            at=moment,
            by_id=actor.user_id,
            mend_by=mend_by,
        )
        _tell_of(entry, LEDGERS[entry.kind], detail, note)
        pictures = list(photos)
        if rhythm and rhythm.needs_photo and not pictures:
            raise _wrong("photos", _("This needs a photo."), "photo_needed")
        _add(actor, entry, _stored(actor, pictures), "ledger.recorded")
    return entry


def settle(
    *,
    actor: Actor,
    entry: LedgerEntry,
    detail: dict,
    at: dt.datetime | None = None,
    note: str = "",
    photos: Iterable[Picture] = (),
) -> LedgerEntry:
    """A hazard is mended, or a visitor has left. Raises Refused `not_open`, and what `record` raises."""
    moment = at or now()
    _check_moment(moment)
    pictures = _stored(actor, photos)
    with transaction.atomic():
        institution = _own(actor)
        still = LedgerEntry.objects.visible_to(actor).open().filter(pk=entry.pk).first()
        if still is None:
            raise Refused(_("This is settled already. Please look again."), "not_open")
        if moment < still.at:
            raise _wrong("at", _("That is before it began."), "before_it_began")
        settled = LedgerEntry(
            institution=institution,
            kind=still.kind,
            at=moment,
            by_id=actor.user_id,
            closes_id=still.root,
        )
        _tell_of(settled, ledger_of(settled), detail, note)
        _add(actor, settled, pictures, "ledger.settled")
    return settled


def correct(
    *,
    actor: Actor,
    entry: LedgerEntry,
    reason: str,
    detail: dict,
    what: str = "",
    note: str = "",
    photos: Iterable[Picture] = (),
    mend_by: dt.date | None = None,
) -> LedgerEntry:
    """A new row in place of the entry, whose time and photos it keeps. Raises Refused `reason_needed`, `already_corrected`, and
    what `record` raises."""
    pictures = _stored(actor, photos)
    with transaction.atomic():
        old = _standing(actor, entry, reason)
        new = _in_place_of(actor, old, reason)
        new.what = old.schedule.what if old.schedule else what.strip()
        new.mend_by = mend_by
        _tell_of(new, ledger_of(old), detail, note)
        _add(actor, new, [*old.photos, *pictures], "ledger.corrected")
    return new


def strike(*, actor: Actor, entry: LedgerEntry, reason: str) -> LedgerEntry:
    """A new row that says that nothing of the kind was done. Raises Refused `reason_needed`, `already_corrected`."""
    with transaction.atomic():
        old = _standing(actor, entry, reason)
        new = _in_place_of(actor, old, reason)
        new.what, new.detail, new.note = old.what, old.detail, old.note
        new.mend_by, new.void = old.mend_by, True
        _add(actor, new, old.photos, "ledger.struck")
    return new


def set_rhythm(
    *,
    actor: Actor,
    kind: str,
    what: str,
    repeat: str,
    valid_from: dt.date,
    room: Room | None = None,
    every_days: int | None = None,
    weekday: int | None = None,
    needs_photo: bool = False,
    basis: str = "",
) -> LedgerSchedule:
    """How often something is due from a day on. Raises Refused `not_repeated`, `out_of_range`, `too_far`, `in_past`, `not_due`."""
    if not LEDGERS[LedgerKind(kind)].repeated:
        raise _wrong("kind", _("This ledger has no regular tasks."), "not_repeated")
    values = _rhythm_values(repeat, every_days, weekday)
    if valid_from < today():
        raise _wrong("valid_from", _("It can be set from today on; the past stays."), "in_past")
    if valid_from > today() + dt.timedelta(days=DAYS_AHEAD):
        sentence = _("Please check the day: it is more than a year ahead.")
        raise _wrong("valid_from", sentence, "too_far")
    with transaction.atomic():
        institution = _own(actor)
        if room and not Room.objects.visible_to(actor).filter(pk=room.pk).exists():
            raise NotThere
        named = {"institution": institution, "kind": LedgerKind(kind), "what": what.strip()}
        schedule = LedgerSchedule.objects.filter(**named, room=room).first()
        if schedule is None:
            if repeat == LedgerRepeat.NEVER:
                raise _wrong("repeat", _("This is not due yet, so it cannot end."), "not_due")
            schedule = LedgerSchedule.objects.create(**named, room=room)
        values |= {"needs_photo": needs_photo, "basis": basis.strip()}
        LedgerRhythm.objects.update_or_create(
            schedule=schedule,
            valid_from=valid_from,
            defaults=values,
            create_defaults=values | {"institution": institution},
        )
        audit.record(
            actor=actor,
            action="ledger.rhythm_set",
            subject=schedule,
            region_path=institution.region.path,
            data={"kind": str(kind), "repeat": str(repeat), "valid_from": str(valid_from)},
        )
    return schedule


def raise_late(*, day: dt.date | None = None) -> int:
    """An alert for each task and hazard that is late, and an end to those that no longer are; answers how many are late.

    By the schedule, every hour. What somebody has closed is not raised again for the same due day.
    """
    day = day or today()
    late: dict[tuple[int, str], dict] = {
        (task.schedule.institution_id, f"task:{task.schedule.pk}:{task.due_on}"): {
            "ledger": task.schedule.kind,
            "due": task.due_on,
        }
        for task in late_everywhere(day)
    }
    for hazard in overdue_hazards(day):
        named = hazard.institution_id, f"hazard:{hazard.root}:{hazard.mend_by}"
        late[named] = {"ledger": hazard.kind, "due": hazard.mend_by}
    told = Alert.objects.filter(kind=AlertKind.LEDGER_LATE, key__in={key for _place, key in late})
    by_people = told.exclude(outcome=AlertOutcome.ENDED).order_by("pk")
    known = set(by_people.values_list("institution_id", "key"))
    for (institution_id, key), evidence in late.items():
        if (institution_id, key) not in known:
            alerts.raise_alert(
                actor=None,
                institution_id=institution_id,
                kind=AlertKind.LEDGER_LATE,
                key=key,
                evidence=evidence,
            )
    _end_over(late.keys())
    return len(late)


def _end_over(late: Iterable[tuple[int, str]]) -> None:
    standing = set(late)
    open_ones = Alert.objects.filter(kind=AlertKind.LEDGER_LATE).exclude(state=AlertState.CLOSED)
    for institution_id, key in open_ones.order_by("pk").values_list("institution_id", "key"):
        if (institution_id, key) not in standing:
            alerts.condition_ended(
                institution_id=institution_id, kind=AlertKind.LEDGER_LATE, key=key
            )


def _check_moment(moment: dt.datetime) -> None:
    if moment > now() + CLOCK:
        raise _wrong("at", _("The time is in the future."), "in_future")
    if moment < now() - dt.timedelta(days=DAYS_BACK):
        sentence = _("Entries older than %(days)d days are not taken any more.")
        raise _wrong("at", sentence % {"days": DAYS_BACK}, "too_old")


def _rhythm(actor: Actor, schedule: LedgerSchedule, kind: str, day: dt.date) -> LedgerRhythm | None:
    known = LedgerSchedule.objects.visible_to(actor).with_rhythm(day)
    found = known.filter(pk=schedule.pk).first()
    if found is None:
        raise NotThere
    if found.kind != kind:
        raise Refused(_("This belongs to another ledger."), "other_kind")
    return next(iter(found.in_force), None)


def _rhythm_values(repeat: str, every_days: int | None, weekday: int | None) -> dict:
    """Only what the repetition asks for."""
    days = every_days if repeat == LedgerRepeat.DAYS else None
    if repeat == LedgerRepeat.DAYS and not (days and 1 <= days <= MOST_DAYS):
        sentence = _("Please check the days: from 1 to %(most)s.") % {"most": MOST_DAYS}
        raise _wrong("every_days", sentence, "out_of_range")
    until = weekday if repeat == LedgerRepeat.WEEKLY else None
    if repeat == LedgerRepeat.WEEKLY and not (until and 1 <= until <= 7):
        raise _wrong("weekday", _("Please choose the weekday."), "out_of_range")
    return {"repeat": LedgerRepeat(repeat), "every_days": days, "weekday": until}


def _standing(actor: Actor, entry: LedgerEntry, reason: str) -> LedgerEntry:
    """The entry, with the nursery's row locked, so that nobody corrects the same one at the same time."""
    if not reason.strip():
        raise _wrong("reason", _("Please write why."), "reason_needed")
    _own(actor)
    rows = LedgerEntry.objects.visible_to(actor).select_related("schedule", "institution__region")
    old = rows.filter(pk=entry.pk).first()
    if old is None:
        raise NotThere
    if old.void or LedgerEntry.objects.filter(corrects=old).exists():
        sentence = _("Somebody has corrected this entry already. Please look again.")
        raise Refused(sentence, "already_corrected")
    return old


def _in_place_of(actor: Actor, old: LedgerEntry, reason: str) -> LedgerEntry:
    return LedgerEntry(
        institution=old.institution,
        kind=old.kind,
        schedule=old.schedule,
        at=old.at,
        by_id=actor.user_id,
        root=old.root,
        corrects=old,
        reason=reason.strip(),
        closes_id=old.closes_id,
    )


def _tell_of(entry: LedgerEntry, ledger: Ledger, detail: dict, note: str) -> None:
    entry.detail, entry.note = check_detail(ledger, detail), note.strip()
    if ledger.what and not entry.what:
        raise _wrong("what", _("Please say what it is about."), "what_needed")
    if entry.detail.get("state") == "fault" and not entry.note:
        raise _wrong("note", _("Please say what is wrong with it."), "fault_unexplained")
    if entry.mend_by and (entry.kind != LedgerKind.HAZARD or entry.closes_id):
        raise _wrong("mend_by", _("Only a hazard has a day to be mended by."), "not_a_hazard")


def _add(actor: Actor, entry: LedgerEntry, photos: Iterable[uuid.UUID], action: str) -> None:
    entry.photos = list(dict.fromkeys(photos))
    if len(entry.photos) > MOST_PHOTOS:
        raise _too_many()
    entry.root = entry.root or entry.pk
    entry.save(force_insert=True)
    if not entry.void:
        _end_alerts(entry)
    audit.record(
        actor=actor,
        action=action,
        subject=entry,
        region_path=entry.institution.region.path,
        data={"kind": str(entry.kind)},
    )
    announce(topic=TOPIC, groups=[f"institution.{entry.institution_id}"])


def _end_alerts(entry: LedgerEntry) -> None:
    """What was late is done; should it be late still, the next look tells so."""
    start = f"task:{entry.schedule_id}:" if entry.schedule_id else f"hazard:{entry.closes_id}:"
    standing = Alert.objects.filter(
        institution=entry.institution_id, kind=AlertKind.LEDGER_LATE, key__startswith=start
    ).exclude(state=AlertState.CLOSED)
    for key in standing.order_by("pk").values_list("key", flat=True):
        alerts.condition_ended(
            institution_id=entry.institution_id, kind=AlertKind.LEDGER_LATE, key=key
        )


def _stored(actor: Actor, photos: Iterable[Picture]) -> list[uuid.UUID]:
    """Before a row is locked: to look at a picture takes its time."""
    pictures = list(photos)
    if len(pictures) > MOST_PHOTOS:
        raise _too_many()
    return [_one_stored(actor, picture) for picture in pictures]


def _one_stored(actor: Actor, picture: Picture) -> uuid.UUID:
    if isinstance(picture, uuid.UUID):
        if not Attachment.objects.visible_to(actor).filter(pk=picture).exists():
            raise NotThere
        return picture
    stored = attachments.store_image(
        actor=actor, institution_id=actor.institution_id, upload=picture
    )
    return stored.pk


def _own(actor: Actor, *, locked: bool = True) -> Institution:
    mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
    mine = mine.select_related("region")
    return (mine.select_for_update(of=("self",)) if locked else mine).get()


def _too_many() -> Refused:
    sentence = _("At most %(most)s photos.") % {"most": MOST_PHOTOS}
    return _wrong("photos", sentence, "too_many_photos")


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
