"""Notices of a nursery or of a class, with a receipt of each guardian who has read one."""

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, jobs
from core.calendar import now, today
from core.errors import NotThere, Refused
from core.realtime import announce
from core.scoping import Actor
from institution.enums import PushAbout
from institution.models import ClassGroup, Institution, Notice, NoticeRead
from institution.selectors.messages import hours_of
from institution.selectors.notices import guardians_of
from institution.services import pushes

TOPIC = "notice"
TELL = "institution.tasks.tell_notice"


def publish(
    *, actor: Actor, title: str, body: str, class_group: ClassGroup | None = None
) -> Notice:
    """Raises Refused `empty`, `class_closed`."""
    for name, text in (("title", title), ("body", body)):
        if not text.strip():
            sentence = _("Please write something.")
            raise Refused(sentence, "empty", fields={name: sentence}, status=400)
    if class_group is not None:
        running = ClassGroup.objects.visible_to(actor).running(today())
        if not running.filter(pk=class_group.pk).exists():
            sentence = _("This class does not run today.")
            raise Refused(sentence, "class_closed", fields={"class_group": sentence})
    with transaction.atomic():
        mine = Institution.objects.visible_to(actor).select_related("region")
        institution = mine.get(pk=actor.workplace)
        notice = Notice.objects.create(
            institution=institution,
            class_group=class_group,
            title=title.strip(),
            body=body.strip(),
            published_by_id=actor.user_id,
            published_at=now(),
        )
        _tell(notice)
        _record(actor, notice, institution, "notice.published")
    return notice


def withdraw(*, actor: Actor, notice: Notice) -> Notice:
    """Families no longer see it; the nursery does. Again it stays as it was."""
    with transaction.atomic():
        found = _locked(actor, notice)
        if found.withdrawn_at is None:
            found.withdrawn_at = now()
            found.save(update_fields=["withdrawn_at"])
            _announce(found)
            _record(actor, found, found.institution, "notice.withdrawn")
    return found


def remind(*, actor: Actor, notice: Notice, number: int) -> Notice:
    """The phones of those who have not read it ring once more; asked again for the same number they do not.

    Raises Refused `withdrawn`, `all_have_read`.
    """
    with transaction.atomic():
        found = _locked(actor, notice)
        if found.withdrawn_at is not None:
            raise Refused(_("This notice was withdrawn."), "withdrawn")
        if found.reminders >= number:
            return found
        if not _unread(found):
            raise Refused(_("Everybody has read it."), "all_have_read")
        found.reminders += 1
        found.save(update_fields=["reminders"])
        jobs.later(TELL, notice_id=found.pk, step=found.reminders)
        _record(actor, found, found.institution, "notice.reminded")
    return found


def mark_read(*, actor: Actor, notice: Notice) -> None:
    """Once for each guardian; the first time counts."""
    with transaction.atomic():
        shown = Notice.objects.visible_to(actor).select_related("institution__region")
        found = shown.filter(pk=notice.pk).first()
        if found is None:
            raise NotThere
        _mark, new = NoticeRead.objects.get_or_create(
            notice=notice,
            user_id=actor.user_id,
            defaults={"institution_id": notice.institution_id, "read_at": now()},
        )
        if new:
            announce(topic=TOPIC, groups=[f"institution.{notice.institution_id}"], cursor=notice.pk)
            _record(actor, found, found.institution, "notice.read")


def tell(*, notice_id: int, step: int) -> int:
    """Within the nursery's hours. In the worker."""
    notice = Notice.objects.select_related("institution").filter(pk=notice_id).first()
    if notice is None or notice.withdrawn_at is not None:
        return 0
    hours = hours_of(notice.institution, today())
    return pushes.queue(
        institution_id=notice.institution_id,
        user_ids=_unread(notice),
        about=PushAbout.NOTICE,
        subject=str(notice.pk),
        step=step,
        due_at=hours.next_begin(now()),
    )


def _unread(notice: Notice) -> list[int]:
    read = NoticeRead.objects.filter(notice=notice).values("user_id")
    guardians = guardians_of(notice).exclude(user__in=read)
    return sorted(set(guardians.order_by().values_list("user_id", flat=True)))


def _locked(actor: Actor, notice: Notice) -> Notice:
    rows = Notice.objects.visible_to(actor).select_for_update(of=("self",))
    found = rows.select_related("institution__region").filter(pk=notice.pk).first()
    if found is None:
        raise NotThere
    return found


def _tell(notice: Notice) -> None:
    jobs.later(TELL, notice_id=notice.pk, step=0)
    _announce(notice)


def _announce(notice: Notice) -> None:
    children = guardians_of(notice).order_by().values_list("child_id", flat=True)
    groups = {f"child.{pk}" for pk in children}
    announce(
        topic=TOPIC,
        groups=[f"institution.{notice.institution_id}", *sorted(groups)],
        cursor=notice.pk,
    )


def _record(actor: Actor, notice: Notice, institution: Institution, action: str) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=notice,
        institution_id=institution.pk,
        region_path=institution.region.path,
        data={"class": notice.class_group_id, "reminders": notice.reminders},
    )
