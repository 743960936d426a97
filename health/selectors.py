"""What the health page shows: the day of one nursery with its children, or figures of many without names."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from core.errors import Refused
from core.scoping import Actor
from health.enums import Finding, RuleCode
from health.models import HealthRule, Measurement, MorningCheck
from institution.models import Attendance, Child, ClassGroup, Enrolment, Institution


def rules_on(day: dt.date) -> dict[str, HealthRule]:
    """The limits in force; where two dated rows cover the day, the later one counts."""
    rules = {rule.code: rule for rule in HealthRule.objects.on(day).order_by("valid_from", "pk")}
    if missing := set(RuleCode.values) - rules.keys():
        raise Refused(
            _(
                "These health rules have no value for this day: %(codes)s. Please ask your administrator."
            )
            % {"codes": ", ".join(sorted(missing))},
            "health_rules_missing",
        )
    return rules


@dataclass(frozen=True, kw_only=True)
class ChildToday:
    child: Child
    class_group: ClassGroup
    absent: bool
    check: MorningCheck | None
    measurement: Measurement | None


@dataclass(frozen=True, kw_only=True)
class NurseryDay:
    institution: Institution
    day: dt.date
    fever_from: HealthRule
    children: list[ChildToday]

    @property
    def checked(self) -> list[ChildToday]:
        return [row for row in self.children if row.check]

    @property
    def found(self) -> list[ChildToday]:
        return [row for row in self.checked if row.check.findings]

    @property
    def waiting(self) -> list[ChildToday]:
        return [row for row in self.children if not row.check and not row.absent]

    @property
    def absent(self) -> list[ChildToday]:
        return [row for row in self.children if row.absent and not row.check]

    @property
    def expected(self) -> int:
        return len(self.checked) + len(self.waiting)

    @property
    def fevers(self) -> int:
        return sum(row.check.fever for row in self.checked)

    @property
    def percent(self) -> int:
        return len(self.checked) * 100 // self.expected if self.expected else 0


def nursery_day(actor: Actor, institution: Institution, day: dt.date) -> NurseryDay:
    places = list(
        Enrolment.objects.visible_to(actor)
        .filter(institution=institution)
        .on(day)
        .select_related("child", "class_group")
        .order_by("class_group__name", "child__name", "pk")
    )
    children = [place.child_id for place in places]
    checks = {
        check.child_id: check
        for check in MorningCheck.objects.visible_to(actor)
        .filter(institution=institution)
        .on(day)
        .current()
        .select_related("checked_by")
    }
    absent = set(
        Attendance.objects.visible_to(actor)
        .filter(institution=institution)
        .on(day)
        .exclude(absence="")
        .values_list("child", flat=True)
    )
    measured = {
        row.child_id: row
        for row in Measurement.objects.visible_to(actor)
        .filter(institution=institution, child__in=children)
        .current()
        .latest_per_child()
    }
    return NurseryDay(
        institution=institution,
        day=day,
        fever_from=rules_on(day)[RuleCode.FEVER],
        children=[
            ChildToday(
                child=place.child,
                class_group=place.class_group,
                absent=place.child_id in absent,
                check=checks.get(place.child_id),
                measurement=measured.get(place.child_id),
            )
            for place in places
        ],
    )


@dataclass(frozen=True, kw_only=True)
class InstitutionFigures:
    institution: Institution
    expected: int
    checked: int
    found: int
    fevers: int
    sent_home: int

    @property
    def percent(self) -> int:
        return min(100, self.checked * 100 // self.expected) if self.expected else 0


def figures(actor: Actor, day: dt.date, *, within: str = "") -> list[InstitutionFigures]:
    """Counts per open institution, those with findings first. No row of a child leaves this function."""
    nurseries = Institution.objects.visible_to(actor).open().in_region(within)
    enrolled = _per_institution(Enrolment.objects.on(day), nurseries)
    absent = _per_institution(
        Attendance.objects.on(day)
        .exclude(absence="")
        .exclude(child__morning_checks__in=MorningCheck.objects.on(day).current()),
        nurseries,
    )
    checks = {
        row["institution"]: row
        for row in MorningCheck.objects.on(day)
        .current()
        .filter(institution__in=nurseries)
        .values("institution")
        .annotate(
            checked=Count("pk"),
            found=Count("pk", filter=~Q(findings=[])),
            fevers=Count("pk", filter=Q(findings__contains=[Finding.FEVER])),
            sent_home=Count("pk", filter=Q(action="sent_home")),
        )
        .order_by("institution")
    }
    rows = [
        InstitutionFigures(
            institution=institution,
            expected=enrolled[institution.pk] - absent[institution.pk],
            **{
                name: checks.get(institution.pk, {}).get(name, 0)
                for name in ("checked", "found", "fevers", "sent_home")
            },
        )
        for institution in nurseries.select_related("region").order_by("name", "pk")
    ]
    return sorted(rows, key=lambda row: -row.found)


def _per_institution(rows, nurseries) -> Counter:
    found = rows.filter(institution__in=nurseries).values("institution").order_by("institution")
    return Counter({row["institution"]: row["n"] for row in found.annotate(n=Count("pk"))})


def total(rows: list[InstitutionFigures]) -> dict[str, int]:
    """The figures of all institutions together."""
    sums = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("expected", "checked", "found", "fevers", "sent_home")
    }
    sums["percent"] = min(100, sums["checked"] * 100 // sums["expected"]) if sums["expected"] else 0
    return sums
