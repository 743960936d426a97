"""Children who stay away because they are ill: who is to be asked after today, and one case with its notes."""

import datetime as dt
from dataclasses import dataclass, field

from django.utils.translation import get_language

from core import audit
from core.calendar import local_day, today
from core.scoping import Actor
from institution.enums import Symptom
from institution.models import AbsenceCase, AbsenceNote, Attendance, IllnessRule

SHOWN_CLOSED = 50


@dataclass(frozen=True)
class CaseLine:
    case: AbsenceCase
    rule: IllnessRule | None
    day: dt.date
    back: bool = False  # came in again, and the case is still open
    notes: list[AbsenceNote] = field(default_factory=list)

    @property
    def days(self) -> int:
        last = local_day(self.case.closed_at) if self.case.closed_at else self.day
        return (last - self.case.first_day).days + 1

    @property
    def overdue(self) -> bool:
        return not self.case.closed_at and self.case.next_due < self.day

    @property
    def due_today(self) -> bool:
        return not self.case.closed_at and self.case.next_due == self.day

    @property
    def symptoms(self) -> list[str]:
        return [str(Symptom(each).label) for each in self.case.symptoms]

    @property
    def illness(self) -> str:
        return illness_name(self.rule) if self.rule else ""

    @property
    def back_from(self) -> dt.date | None:
        """The first day on which the child may be back, where the rule names a number of days."""
        days = self.rule.away_days if self.rule else None
        return self.case.first_day + dt.timedelta(days=days) if days else None


def rules_on(day: dt.date) -> dict[str, IllnessRule]:
    """By code, the one that holds on the day."""
    return {rule.code: rule for rule in IllnessRule.objects.on(day).order_by("valid_from", "pk")}


def illness_name(rule: IllnessRule) -> str:
    return rule.name_en if get_language() == "en" else rule.name


def case_lines(*, actor: Actor, closed: bool = False) -> list[CaseLine]:
    """Open ones by when they are due; closed ones latest first, the last of them only."""
    rows = AbsenceCase.objects.visible_to(actor).select_related("child", "class_group")
    if closed:
        cases = list(
            rows.filter(closed_at__isnull=False).order_by("-closed_at", "pk")[:SHOWN_CLOSED]
        )
    else:
        cases = list(rows.open().order_by("next_due", "first_day", "pk"))
    audit.viewed(
        actor=actor,
        child_ids=[case.child_id for case in cases],
        fields=["absence"],
        purpose="care",
    )
    rules, day, back = rules_on(today()), today(), _back(actor, cases)
    return [
        CaseLine(case, rules.get(case.illness), day, back=case.child_id in back) for case in cases
    ]


def case_page(*, actor: Actor, case: AbsenceCase) -> CaseLine:
    notes = AbsenceNote.objects.visible_to(actor).filter(case=case).select_related("by", "child")
    audit.viewed(actor=actor, child_ids=[case.child_id], fields=["absence"], purpose="care")
    return CaseLine(
        case,
        rules_on(today()).get(case.illness),
        today(),
        back=bool(_back(actor, [case])),
        notes=list(notes.order_by("-at", "-pk")),
    )


def due_count(*, actor: Actor) -> int:
    return AbsenceCase.objects.visible_to(actor).open().filter(next_due__lte=today()).count()


def _back(actor: Actor, cases: list[AbsenceCase]) -> set[int]:
    ids = [case.child_id for case in cases if case.closed_at is None]
    came = Attendance.objects.visible_to(actor).on(today()).filter(arrived_at__isnull=False)
    return set(came.filter(child__in=ids).values_list("child", flat=True)) if ids else set()
