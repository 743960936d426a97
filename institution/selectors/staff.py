"""The staff as the director sees it: who works here, and whose papers are missing or run out."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from core.calendar import today
from core.crypto import holds_number, mask_id, mask_phone
from core.models import User
from core.scoping import Actor
from institution.models import ClassDuty, Membership, StaffFile, StaffIdentity, StaffLeave

WORST, BAD, FINE = 0, 1, 2


@dataclass(frozen=True)
class Gap:
    """What is missing, has run out or soon will."""

    code: str
    text: str
    urgent: bool
    until: dt.date | None = None


@dataclass(frozen=True)
class StaffLine:
    user: User
    file: StaffFile | None  # None: a post on the platform without a file
    membership: Membership | None
    gaps: list[Gap]
    classes: list[str] = field(default_factory=list)

    @property
    def rank(self) -> int:
        if any(gap.urgent for gap in self.gaps):
            return WORST
        return BAD if self.gaps else FINE

    @property
    def post(self) -> str:
        if self.file:
            return self.file.get_post_display()
        return self.membership.get_role_display() if self.membership else ""


def staff_lines(
    *, actor: Actor, day: dt.date, words: str = "", gone: bool = False
) -> list[StaffLine]:
    """Those who miss something first, then by name. `gone` shows those whose post has ended instead."""
    if holds_number(words):
        return []
    files = StaffFile.objects.visible_to(actor).select_related("user", "membership")
    files = files.exclude(pk__in=files.not_ended(day)) if gone else files.not_ended(day)
    known = set(
        StaffIdentity.objects.visible_to(actor).values_list("user_id", flat=True).order_by("pk")
    )
    lines = [
        StaffLine(
            file.user, file, file.membership, [] if gone else gaps(file, file.user_id in known, day)
        )
        for file in files.defer("health_number").order_by("user__name", "pk")
    ]
    if not gone:
        lines += _without_file(actor, day)
    shown = [line for line in lines if all(word in line.user.name for word in words.split())]
    classes = _classes(actor, day)
    return sorted(
        (
            StaffLine(
                line.user,
                line.file,
                line.membership,
                line.gaps,
                classes.get(line.membership.pk, []) if line.membership else [],
            )
            for line in shown
        ),
        key=lambda line: (line.rank, line.user.name, line.user.pk),
    )


def _without_file(actor: Actor, day: dt.date) -> list[StaffLine]:
    members = Membership.objects.visible_to(actor).working(day).filter(staff_file=None)
    missing = Gap("file", _("No staff file yet"), urgent=True)
    return [
        StaffLine(member.user, None, member, [missing])
        for member in members.select_related("user").order_by("user__name", "pk")
    ]


def _classes(actor: Actor, day: dt.date) -> dict[int, list[str]]:
    duties = ClassDuty.objects.visible_to(actor).filter(during__contains=day)
    named: dict[int, list[str]] = defaultdict(list)
    for member, name in duties.order_by("class_group__name", "pk").values_list(
        "membership_id", "class_group__name"
    ):
        named[member].append(name)
    return named


def gaps(file: StaffFile, identified: bool, day: dt.date) -> list[Gap]:  # noqa: FBT001 -- what the file lacks or has
    """The health certificate and the query of records hold for a year; both are asked for before the first day."""
    found = [] if identified else [Gap("document", _("Document number is missing"), urgent=False)]
    return [*found, *_health(file, day), *_clearance(file, day), *_contract(file, day)]


def _soon(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=settings.CERTIFICATE_WARNING_DAYS)


def _health(file: StaffFile, day: dt.date) -> list[Gap]:
    until = file.health_until
    if until is None:
        return [Gap("health", _("Health certificate is missing"), urgent=True)]
    if until < day:
        sentence = _("Health certificate ran out on %(day)s") % {"day": until}
        return [Gap("health", sentence, urgent=True, until=until)]
    if until <= _soon(day):
        sentence = _("Health certificate runs out on %(day)s") % {"day": until}
        return [Gap("health", sentence, urgent=False, until=until)]
    return []


def _clearance(file: StaffFile, day: dt.date) -> list[Gap]:
    asked, clear = file.clearance_asked_on, file.clearance_clear_on
    if asked is None:
        return [Gap("clearance", _("Records have not been asked for"), urgent=True)]
    due = clearance_due(asked)
    if due < day:
        sentence = _("Records were due to be asked for again on %(day)s") % {"day": due}
        return [Gap("clearance", sentence, urgent=True, until=due)]
    if clear is None:
        sentence = _("Records asked for on %(day)s, no answer yet") % {"day": asked}
        return [Gap("clearance", sentence, urgent=False)]
    if due <= _soon(day):
        sentence = _("Records are to be asked for again by %(day)s") % {"day": due}
        return [Gap("clearance", sentence, urgent=False, until=due)]
    return []


def clearance_due(asked: dt.date) -> dt.date:
    months = asked.year * 12 + asked.month - 1 + settings.CLEARANCE_RECHECK_MONTHS
    first = dt.date(months // 12, months % 12 + 1, 1)
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return first.replace(day=min(asked.day, last.day))


def _contract(file: StaffFile, day: dt.date) -> list[Gap]:
    until = file.contract_until
    if not file.contract_kind:
        return [Gap("contract", _("Contract is missing"), urgent=False)]
    if until is not None and until < day:
        sentence = _("Contract ended on %(day)s") % {"day": until}
        return [Gap("contract", sentence, urgent=True, until=until)]
    if until is not None and until <= _soon(day):
        sentence = _("Contract ends on %(day)s") % {"day": until}
        return [Gap("contract", sentence, urgent=False, until=until)]
    return []


@dataclass(frozen=True)
class StaffPage:
    file: StaffFile
    phone: str  # masked
    document: str  # masked
    health_number: str  # masked
    gaps: list[Gap]
    duties: list[ClassDuty]
    leaves: list[StaffLeave]
    earlier: list[StaffFile]  # other posts of the same person here


def staff_page(*, actor: Actor, file: StaffFile) -> StaffPage:
    """`file` with its user loaded."""
    identity = StaffIdentity.objects.visible_to(actor).filter(user=file.user_id).first()
    member = file.membership_id or 0
    duties = ClassDuty.objects.visible_to(actor).filter(membership=member)
    leaves = StaffLeave.objects.visible_to(actor).filter(membership=member)
    ended = file.during.upper is not None and file.during.upper <= today()
    others = StaffFile.objects.visible_to(actor).filter(user=file.user_id).exclude(pk=file.pk)
    return StaffPage(
        file=file,
        phone=mask_phone(file.user.phone),
        document=mask_id(identity.document_number) if identity else "",
        health_number=f"****{file.health_number[-4:]}" if file.health_number else "",
        gaps=[] if ended else gaps(file, identity is not None, today()),
        duties=list(duties.select_related("class_group").order_by("-during", "pk")),
        leaves=list(leaves.order_by("-during", "pk")[:10]),
        earlier=list(others.defer("health_number").order_by("-during", "pk")),
    )
