"""Messages between the guardians of a child and the team of its class."""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, jobs, rls
from core.calendar import now, today
from core.crypto import keyring
from core.errors import NotThere, Refused
from core.live.groups import child_groups
from core.realtime import announce
from core.scoping import Actor
from institution.enums import PushAbout, Side
from institution.models import (
    Child,
    Guardianship,
    Institution,
    Message,
    MessageHours,
    ReadMark,
    Thread,
)
from institution.selectors.messages import hours_of, place_now, side_of
from institution.services import pushes

TOPIC = "message"
TELL = "institution.tasks.tell_message"
MOST = 1000


def send(
    *, actor: Actor, child: Child, message_id: uuid.UUID, body: str, is_request: bool = False
) -> tuple[Message, bool]:
    """The message, and whether it is new: the same id again is the same message.

    Raises Refused `empty`, `too_long`, `no_place`, `not_a_family`, `id_taken`.
    """
    body = body.strip()
    side = side_of(actor)
    _check(body, side, is_request=is_request)
    place = place_now(actor, child)
    if place is None:
        raise Refused(_("The child has no place at a nursery today."), "no_place")
    with rls.system("child: key of its own"):  # a family writes no keys
        keyring.of_subject("child", child.sealed_id)
    try:
        with transaction.atomic():
            thread = _thread(place.institution, child)
            if same := Message.objects.filter(pk=message_id).first():
                return _same(same, actor, thread), False
            moment = now()
            message = Message.objects.create(
                id=message_id,
                institution=place.institution,
                thread=thread,
                child=child,
                seq=thread.last_seq + 1,
                side=side,
                author_id=actor.user_id,
                body=body,
                sent_at=moment,
                is_request=is_request,
            )
            Thread.objects.filter(pk=thread.pk).update(last_seq=message.seq, last_at=moment)
            _mark(actor, thread, message.seq, moment)
            if side == Side.STAFF:
                jobs.later(TELL, message_id=str(message.pk))
            _announce(thread)
            _record(actor, message, place.institution, "message.sent")
    except IntegrityError as error:  # somebody else's message has this id
        raise _taken() from error
    return message, True


def mark_read(*, actor: Actor, child: Child, seq: int) -> None:
    """The actor has read the thread up to this number; further than there is, or back, nobody reads."""
    with transaction.atomic():
        place = place_now(actor, child)
        threads = Thread.objects.visible_to(actor).filter(child=child)
        if place is not None:
            threads = threads.filter(institution=place.institution)
        thread = threads.order_by("-last_at", "pk").first()
        if thread is None:
            raise NotThere
        if _mark(actor, thread, min(seq, thread.last_seq), now()):
            _announce(thread)


def done(*, actor: Actor, message: Message) -> Message:
    """The request is done; again it stays as it was. Raises Refused `not_a_request`."""
    with transaction.atomic():
        rows = Message.objects.visible_to(actor).select_for_update(of=("self",))
        found = rows.select_related("thread", "institution__region").filter(pk=message.pk).first()
        if found is None or side_of(actor) != Side.STAFF:
            raise NotThere
        if not found.is_request:
            raise Refused(_("This message asks for nothing."), "not_a_request")
        if found.done_at is None:
            found.done_at, found.done_by_id = now(), actor.user_id
            Message.objects.filter(pk=found.pk).update(
                done_at=found.done_at, done_by=found.done_by_id
            )
            _announce(found.thread)
            _record(actor, found, found.institution, "message.request_done")
    return found


def set_hours(*, actor: Actor, begins: dt.time, ends: dt.time, valid_from: dt.date) -> MessageHours:
    """When messages are answered from a day on. Raises Refused `hours_reversed`, `in_past`."""
    if ends <= begins:
        raise _wrong("ends", _("It ends before it begins."), "hours_reversed")
    if valid_from < today():
        raise _wrong("valid_from", _("The day has passed."), "in_past")
    with transaction.atomic():
        mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
        institution = mine.select_for_update(of=("self",)).select_related("region").get()
        hours, _new = MessageHours.objects.update_or_create(
            institution=institution,
            valid_from=valid_from,
            defaults={"begins": begins, "ends": ends},
        )
        audit.record(
            actor=actor,
            action="message.hours.set",
            subject=hours,
            region_path=institution.region.path,
        )
    return hours


def tell(*, message_id: str) -> int:
    """The phones of the guardians, when the nursery's hours allow it. In the worker."""
    message = Message.objects.select_related("institution").filter(pk=message_id).first()
    if message is None:
        return 0
    hours = hours_of(message.institution, today())
    guardians = Guardianship.objects.valid(today()).filter(child=message.child_id)
    return pushes.queue(
        institution_id=message.institution_id,
        user_ids=sorted(set(guardians.values_list("user_id", flat=True))),
        about=PushAbout.MESSAGE,
        subject=str(message.pk),
        due_at=hours.next_begin(message.sent_at),
    )


def _check(body: str, side: Side, *, is_request: bool) -> None:
    if not body:
        raise _wrong("body", _("Please write something."), "empty")
    if len(body) > MOST:
        sentence = _("Please write at most %(most)d characters.") % {"most": MOST}
        raise _wrong("body", sentence, "too_long")
    if is_request and side != Side.FAMILY:
        raise _wrong("is_request", _("Only a family asks for something here."), "not_a_family")


def _thread(institution: Institution, child: Child) -> Thread:
    """Locked: messages of a thread are numbered one after the other."""
    thread, _new = Thread.objects.get_or_create(institution=institution, child=child)
    return Thread.objects.select_for_update().get(pk=thread.pk)


def _same(message: Message, actor: Actor, thread: Thread) -> Message:
    if message.author_id != actor.user_id or message.thread_id != thread.pk:
        raise _taken()
    return message


def _mark(actor: Actor, thread: Thread, seq: int, moment: dt.datetime) -> bool:
    """Whether the mark went on."""
    if not seq:
        return False
    mark, new = ReadMark.objects.get_or_create(
        thread=thread,
        user_id=actor.user_id,
        defaults={
            "institution_id": thread.institution_id,
            "child_id": thread.child_id,
            "side": side_of(actor),
            "seq": seq,
            "read_at": moment,
        },
    )
    if new:
        return True
    behind = ReadMark.objects.filter(pk=mark.pk, seq__lt=seq)
    return bool(behind.update(seq=seq, read_at=moment))


def _announce(thread: Thread) -> None:
    announce(
        topic=TOPIC,
        groups=[*child_groups([thread.child_id]), f"institution.{thread.institution_id}"],
        cursor=thread.child_id,
    )


def _record(actor: Actor, message: Message, institution: Institution, action: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=message,
        institution_id=institution.pk,
        region_path=institution.region.path,
        child_ids=[message.child_id],
        data={"request": message.is_request},
    )


def _taken() -> Refused:
    return Refused(
        _("This number belongs to another message. Load the page again."), "id_taken", status=422
    )


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
