"""Threads and messages as both sides read them, and when a nursery answers."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from core import audit
from core.calendar import local_day, now, today, zone
from core.permissions import FAMILY_ROLES, Permission
from core.scoping import Actor
from institution.enums import Side
from institution.models import (
    Child,
    Enrolment,
    Institution,
    Message,
    MessageHours,
    ReadMark,
    Thread,
)
from institution.selectors.attention import Item

PAGE = 30
BODY = Message._meta.get_field("body")


@dataclass(frozen=True)
class Hours:
    begins: dt.time
    ends: dt.time

    def holds(self, moment: dt.datetime) -> bool:
        return self.begins <= moment.astimezone(zone()).time() < self.ends

    def next_begin(self, moment: dt.datetime) -> dt.datetime:
        """The moment itself within the hours, else when they begin next."""
        if self.holds(moment):
            return moment
        day = local_day(moment)
        late = moment.astimezone(zone()).time() >= self.ends
        return dt.datetime.combine(day + dt.timedelta(days=late), self.begins, zone())


@dataclass(frozen=True)
class Line:
    """One message as the reader sees it."""

    message: Message
    mine: bool
    own_side: bool
    read: bool  # by somebody of the other side
    new_day: dt.date | None  # the first of a day on this page


@dataclass(frozen=True)
class ThreadPage:
    child: Child
    institution: Institution | None  # where the child is now; None: nothing can be written
    thread: Thread | None
    lines: list[Line]
    earlier: int | None  # the number before which there is more
    hours: Hours | None
    quiet: bool  # outside the hours now
    message_id: uuid.UUID  # of the next one

    @property
    def last_seq(self) -> int:
        return self.lines[-1].message.seq if self.lines else 0

    @property
    def may_write(self) -> bool:
        return self.institution is not None


def side_of(actor: Actor) -> Side:
    return Side.FAMILY if actor.role in FAMILY_ROLES else Side.STAFF


def place_now(actor: Actor, child: Child) -> Enrolment | None:
    """Where the child is today, as far as the actor reaches."""
    places = Enrolment.objects.visible_to(actor).filter(child=child).on(today())
    return places.select_related("institution__region", "class_group").first()


def hours_of(institution: Institution, on: dt.date) -> Hours:
    own = MessageHours.objects.filter(institution=institution).in_force(on).first()
    if own is None:
        return Hours(institution.opens_at, institution.closes_at)
    return Hours(own.begins, own.ends)


def thread_page(*, actor: Actor, child: Child, before: int | None = None) -> ThreadPage:
    """The last messages, oldest first. Reading them is on record."""
    place = place_now(actor, child)
    institution = place.institution if place else None
    threads = Thread.objects.visible_to(actor).filter(child=child)
    if institution is not None:
        threads = threads.filter(institution=institution)
    thread = threads.order_by("-last_at", "pk").first()
    found = _latest(actor, thread, before) if thread else []
    shown, more = found[:PAGE], len(found) > PAGE
    shown.reverse()
    hours = hours_of(institution, today()) if institution else None
    if shown:
        BODY.load_keys(shown)
        audit.viewed(
            actor=actor,
            child_ids=[child.pk],
            fields=["messages"],
            purpose="messages",
            institution_id=thread.institution_id if thread else None,
            region_path=institution.region.path if institution else "",
        )
    return ThreadPage(
        child=child,
        institution=institution,
        thread=thread,
        lines=_lines(actor, thread, shown),
        earlier=shown[0].seq if more else None,
        hours=hours,
        quiet=hours is not None and not hours.holds(now()),
        message_id=uuid.uuid4(),
    )


def _latest(actor: Actor, thread: Thread, before: int | None) -> list[Message]:
    rows = Message.objects.visible_to(actor).filter(thread=thread)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    rows = rows.select_related("author", "done_by", "child")
    return list(rows.order_by("-seq")[: PAGE + 1])


def _lines(actor: Actor, thread: Thread | None, shown: list[Message]) -> list[Line]:
    side, lines, day = side_of(actor), [], None
    others = ReadMark.objects.filter(thread=thread).exclude(side=side) if thread else None
    seen = (others.aggregate(seq=Max("seq"))["seq"] or 0) if others is not None else 0
    for message in shown:
        on = local_day(message.sent_at)
        own = message.side == side
        lines.append(
            Line(
                message=message,
                mine=message.author_id == actor.user_id,
                own_side=own,
                read=own and message.seq <= seen,
                new_day=on if on != day else None,
            )
        )
        day = on
    return lines


def inbox(*, actor: Actor) -> QuerySet[Thread]:
    """Threads of children who are here today, those with something to do first."""
    here = Enrolment.objects.visible_to(actor).on(today()).values("child")
    mine = Thread.objects.visible_to(actor).filter(child__in=here)
    threads: QuerySet = mine.with_unread(actor.user_id)  # its columns are unknown to the types
    return threads.select_related("child").order_by("-asked", "-unread", "-last_at", "pk")


def waiting(actor: Actor) -> int:
    """Threads with something unread or asked, for the menu."""
    waits = Q(unread__gt=0) | Q(asked__gt=0)
    return inbox(actor=actor).filter(waits).count()


def attention(actor: Actor) -> Item | None:
    if not actor.may(Permission.TEAM_MESSAGES):
        return None
    count = waiting(actor)
    if not count:
        return None
    return Item(
        code="messages",
        title=_("Messages of families"),
        sentence=_("Unread, or with a request that is still open."),
        url_name="nursery:inbox",
        icon="message-circle",
        count=count,
    )
