"""What the health page shows: the day of one nursery with its children, or figures of many without names."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from core import rls
from core.errors import Refused
from core.models import Region
from core.models.region import RegionLevel
from core.scoping import Actor
from health.enums import Action, EntryPaper, Finding, RuleCode
from health.models import EntryCheck, HealthRule, Measurement, MorningCheck
from institution.enums import AdmissionState
from institution.models import (
    Application,
    Attendance,
    Child,
    ClassGroup,
    Enrolment,
    Institution,
    Offer,
)

# Of the records of a day. The age of an entry examination limits nothing that is recorded.
LIMITS = frozenset(RuleCode.values) - {RuleCode.ENTRY_EXAM}


def rules_on(day: dt.date) -> dict[str, HealthRule]:
    """The limits in force; where two dated rows cover the day, the later one counts."""
    return {rule.code: rule for rule in HealthRule.objects.on(day).order_by("valid_from", "pk")}


def all_rules_on(day: dt.date) -> dict[str, HealthRule]:
    """As `rules_on`, and refused where a limit is missing: nothing is recorded unchecked."""
    rules = rules_on(day)
    if missing := LIMITS - rules.keys():
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
    fever_rule: HealthRule | None
    children: list[ChildToday]

    @property
    def checked(self) -> list[ChildToday]:
        return [row for row in self.children if row.check]

    @property
    def found(self) -> list[ChildToday]:
        return [row for row in self.children if row.check and row.check.findings]

    @property
    def waiting(self) -> list[ChildToday]:
        return [row for row in self.children if not row.check and not row.absent]

    @property
    def absent(self) -> list[ChildToday]:
        return [row for row in self.children if row.absent and not row.check]

    @property
    def measured(self) -> list[ChildToday]:
        """Longest ago first, and before them whoever was never measured."""
        return sorted(
            self.children,
            key=lambda row: row.measurement.measured_on if row.measurement else dt.date.min,
        )

    @property
    def seen(self) -> list[int]:
        """Children of whom this day tells something about their health."""
        return [row.child.pk for row in self.children if row.check or row.measurement]

    @property
    def groups(self) -> list[tuple[ClassGroup, list[ChildToday]]]:
        """Class by class; the order stays when a child is checked, so that no card moves under a finger."""
        return [
            (group, list(rows))
            for group, rows in groupby(self.children, lambda row: row.class_group)
        ]

    @property
    def classes(self) -> list[ClassGroup]:
        return list({row.class_group.pk: row.class_group for row in self.children}.values())

    @property
    def expected(self) -> int:
        return len(self.checked) + len(self.waiting)

    @property
    def fevers(self) -> int:
        return sum(row.check.fever for row in self.children if row.check)

    @property
    def sent_home(self) -> int:
        return sum(row.check.action == Action.SENT_HOME for row in self.children if row.check)

    @property
    def percent(self) -> int:
        return len(self.checked) * 100 // self.expected if self.expected else 0

    def of_class(self, class_group_id: int) -> "NurseryDay":
        return replace(
            self, children=[row for row in self.children if row.class_group.pk == class_group_id]
        )


def nursery_day(actor: Actor, institution: Institution, day: dt.date) -> NurseryDay:
    places = list(
        Enrolment.objects.visible_to(actor)
        .filter(institution=institution)
        .on(day)
        .select_related("child", "class_group")
        .order_by("class_group__name", "class_group", "child__name", "pk")
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
    MorningCheck.load_keys(checks.values())
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
        fever_rule=rules_on(day).get(RuleCode.FEVER),
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
    def county(self) -> Region:
        region = self.institution.region
        return region.parent if region.level == RegionLevel.TOWN and region.parent else region

    @property
    def percent(self) -> int:
        return min(100, self.checked * 100 // self.expected) if self.expected else 0


@rls.system("figures of a region")
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
    nothing = dict.fromkeys(("checked", "found", "fevers", "sent_home"), 0)
    counted = (
        MorningCheck.objects.on(day)
        .current()
        .filter(institution__in=nurseries)
        .values("institution")
        .annotate(
            checked=Count("pk"),
            found=Count("pk", filter=~Q(findings=[])),
            fevers=Count("pk", filter=Q(findings__contains=[Finding.FEVER])),
            sent_home=Count("pk", filter=Q(action=Action.SENT_HOME)),
        )
        .order_by("institution")
    )
    checks = {
        row["institution"]: {name: row[name] for name in nothing} for row in map(dict, counted)
    }
    rows = [
        InstitutionFigures(
            institution=institution,
            expected=enrolled[institution.pk] - absent[institution.pk],
            **checks.get(institution.pk, nothing),
        )
        for institution in nurseries.select_related("region__parent").order_by("name", "pk")
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


def counties(actor: Actor, day: dt.date) -> QuerySet[Region]:
    """To filter by: the counties that the actor watches."""
    return Region.objects.visible_to(actor).counties().valid(day).order_by("code")


def nurseries(actor: Actor) -> QuerySet[Institution]:
    return Institution.objects.visible_to(actor).select_related("region").order_by("name", "pk")


def place_of(actor: Actor, child_id: int, day: dt.date) -> Enrolment | None:
    """The child's place that day in a nursery of the actor, with the child."""
    places = Enrolment.objects.visible_to(actor).filter(child=child_id).on(day)
    return places.select_related("child", "class_group", "institution__region").first()


def check_of(actor: Actor, child: Child, day: dt.date) -> MorningCheck | None:
    return MorningCheck.objects.visible_to(actor).filter(child=child).on(day).current().first()


def measurement_of(actor: Actor, child: Child, pk: int | None, day: dt.date):
    """The measurement to correct: the one named, else the one of the day."""
    rows = Measurement.objects.visible_to(actor).filter(child=child).current()
    return rows.filter(pk=pk).first() if pk else rows.filter(measured_on=day).first()


def exam_rules() -> list[HealthRule]:
    """How old an entry examination may be, each with its time; where two cover a day, the later one counts."""
    found = HealthRule.objects.filter(code=RuleCode.ENTRY_EXAM)
    return list(found.order_by("valid_from", "pk"))


@dataclass(frozen=True, kw_only=True)
class Coming:
    """A child about to start, by its application, and the papers looked at so far."""

    application: Application
    first_day: dt.date
    papers: dict[str, EntryCheck]

    @property
    def in_order(self) -> list[EntryCheck]:
        return [self.papers[kind] for kind in EntryPaper.values if kind in self.papers]


def about_to_start(actor: Actor, day: dt.date) -> list[Coming]:
    """Families to whom a place is offered or who signed, those that start first at the top."""
    states = (AdmissionState.OFFERED, AdmissionState.CONTRACTED)
    found = list(Application.objects.visible_to(actor).filter(state__in=states).order_by("pk"))
    return sorted(
        _coming(actor, found, day), key=lambda each: (each.first_day, each.application.pk)
    )


def of_application(actor: Actor, application: Application, day: dt.date) -> Coming:
    return _coming(actor, [application], day)[0]


def _coming(actor: Actor, found: list[Application], day: dt.date) -> list[Coming]:
    ids = [application.pk for application in found]
    firsts = dict(
        Offer.objects.filter(application__in=ids)
        .order_by("pk")
        .values_list("application", "start_on")
    )
    papers: dict[int, dict[str, EntryCheck]] = {}
    checks = EntryCheck.objects.visible_to(actor).filter(application__in=ids).current()
    for check in checks.select_related("checked_by").order_by("pk"):
        papers.setdefault(check.application_id, {})[check.paper] = check
    return [
        Coming(
            application=application,
            first_day=max(day, firsts.get(application.pk, day)),
            papers=papers.get(application.pk, {}),
        )
        for application in found
    ]
