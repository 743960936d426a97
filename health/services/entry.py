"""What a child must bring before its first day, and the answer that lets it start or says why not."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import now, today
from core.errors import NotThere, Refused
from core.permissions import Permission
from core.scoping import Actor
from health.enums import EntryPaper
from health.models import EntryCheck, HealthRule
from health.selectors import exam_rules
from institution.models import Application
from institution.services.entry_rules import Missing


@transaction.atomic
def record_paper(
    *,
    actor: Actor,
    application: Application,
    paper: str,
    day: dt.date,
    passed: bool,
    issuer: str = "",
) -> EntryCheck:
    """Raises Refused `in_future`, `before_birth`. What was written of this paper before is kept."""
    if day > today():
        raise _wrong(_("The day is in the future."), "in_future")
    if day < application.born_on:
        raise _wrong(_("The day lies before the child's birth."), "before_birth")
    mine = Application.objects.visible_to(actor).select_for_update(of=("self",))
    found = mine.filter(pk=application.pk).first()
    if found is None:
        raise NotThere
    earlier = EntryCheck.objects.visible_to(actor).filter(application=found, paper=paper).current()
    replaced = earlier.update(replaced_at=now())
    check = EntryCheck.objects.create(
        institution_id=found.institution_id,
        application=found,
        paper=EntryPaper(paper),
        day=day,
        passed=passed,
        issuer=issuer,
        checked_by_id=actor.user_id,
    )
    audit.record(
        actor=actor,
        action="health.entry.record",
        subject=check,
        child_ids=[found.child_id] if found.child_id else [],
        data={"paper": str(paper), "passed": passed, "replaced": replaced},
    )
    return check


def missing_papers(application: Application, on: dt.date) -> list[Missing]:
    """For institution.services.entry_rules. Whoever asks learns what is missing, not what was found."""
    checks = EntryCheck.objects.filter(application=application).current()
    return missing_of({check.paper: check for check in checks}, on, exam_rules())


def missing_of(
    checks: dict[str, EntryCheck], on: dt.date, rules: list[HealthRule]
) -> list[Missing]:
    """`rules` as of `health.selectors.exam_rules`, so that a list asks for them once."""
    oldest = _oldest(on, rules)
    health = [checks.get(EntryPaper.EXAMINATION), checks.get(EntryPaper.TRANSFER)]
    reasons = []
    if not any(check and check.passed and check.day >= oldest for check in health):
        reasons.append(_missing("entry_examination", _why(health, oldest)))
    seen = checks.get(EntryPaper.VACCINATION)
    if seen is None or not seen.passed:
        sentence = (
            _("The vaccination certificate has not been seen yet.")
            if seen is None
            else _("The vaccination certificate is not in order.")
        )
        reasons.append(_missing("vaccination_certificate", sentence))
    return reasons


def _why(checks: list[EntryCheck | None], oldest: dt.date) -> str:
    found = [check for check in checks if check]
    if not found:
        return _("The entry examination is missing.")
    if old := [check.day for check in found if check.passed and check.day < oldest]:
        return _("The entry examination of %(day)s is too old on the first day.") % {
            "day": max(old)
        }
    return _("The entry examination was not passed.")


def _oldest(on: dt.date, rules: list[HealthRule]) -> dt.date:
    """The earliest day of an examination that counts. Without a rule for the day every one does: none is made up here."""
    months = [rule.high for rule in rules if rule.in_force(on) and rule.high is not None]
    return _months_before(on, int(months[-1])) if months else dt.date.min


def _months_before(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    end = (dt.date(year, month + 1, 28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(1)
    return end.replace(day=min(day.day, end.day))


def _missing(code: str, text: str) -> Missing:
    return Missing(
        code=code, text=text, url_name="health:entry-record", permission=Permission.HEALTH_WRITE
    )


def _wrong(message: str, code: str) -> Refused:
    return Refused(message, code, fields={"day": message}, status=400)
