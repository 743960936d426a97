import datetime as dt
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Min, QuerySet, Sum

from core import rls
from core.calendar import now
from core.models import Job, OutboxMessage, Region, UpkeepRun
from core.models.job import JobState
from core.models.upkeep import UpkeepKind, UpkeepState
from core.retention import Outcome, last_proof
from institution.enums import ClassType, InstitutionForm
from institution.models import ClassGroup, Enrolment, Institution, ServiceFee
from institution.selectors.file import in_force


@dataclass(frozen=True)
class Figures:
    institutions: int
    inclusive: int
    places: int
    free: int


# What follows counts children of every nursery for anybody, so it answers with figures and never with a query.


@dataclass(frozen=True)
class Wish:
    """What somebody looks for on the public pages."""

    words: str = ""
    county: str = ""
    form: str = ""
    inclusive: bool = False
    free: bool = False


@rls.system("public figures")
def city_figures(*, day: dt.date) -> Figures:
    found = Institution.objects.public()
    totals = found.aggregate(institutions=Count("pk"), places=Sum("places", default=0))
    enrolled = Enrolment.objects.on(day).filter(institution__in=found).count()
    return Figures(
        institutions=totals["institutions"],
        inclusive=found.filter(inclusive=True).count(),
        places=totals["places"],
        free=max(0, totals["places"] - enrolled),
    )


def counties_with_institutions(*, day: dt.date) -> list[Region]:
    """Counties and functional zones, each with `nurseries`, the number of its open institutions, most first."""
    per_path = dict(
        Institution.objects.public().order_by().values_list("region__path").annotate(n=Count("pk"))
    )
    counties = list(Region.objects.counties().valid(day).order_by("code"))
    for county in counties:
        county.nurseries = sum(n for path, n in per_path.items() if path.startswith(county.path))
    return sorted(counties, key=lambda county: (-county.nurseries, county.code))


@rls.system("public figures")
def inviting_institutions(*, day: dt.date, most: int) -> list[Institution]:
    return list(_institutions(Wish(free=True), day)[:most])


@rls.system("public figures")
def page_of_institutions(*, wish: Wish, day: dt.date, number: str | None, size: int) -> Page:
    page = Paginator(_institutions(wish, day), size).get_page(number)
    page.object_list = list(page.object_list)
    return page


@rls.system("public figures")
def public_institution(*, pk: int, day: dt.date) -> Institution | None:
    found = Institution.objects.public().with_enrolled(day).select_related("region__parent")
    return found.filter(pk=pk).first()


def _institutions(wish: Wish, day: dt.date) -> QuerySet[Institution]:
    found = Institution.objects.public().with_enrolled(day).with_fee(day)
    found = found.select_related("region__parent")
    if wish.words:
        found = found.search(wish.words)
    if wish.county:
        county = Region.objects.filter(code=wish.county).first()
        found = found.in_region(county.path) if county else found.none()
    if wish.form in InstitutionForm.values:
        found = found.filter(form=wish.form)
    if wish.inclusive:
        found = found.filter(inclusive=True)
    if wish.free:
        found = found.having_room()
    return found.inviting_first()


@rls.system("public figures")
def public_fees(*, institution: Institution, day: dt.date) -> list[ServiceFee]:
    """In force on the day. What is charged is public; when it changes is told when it does."""
    return in_force(ServiceFee.objects.filter(institution=institution), day)


@rls.system("public figures")
def class_places(*, institution: Institution, day: dt.date) -> list[dict]:
    """Places and children by type of class, in the order of age."""
    rows = {
        row["class_type"]: row
        for row in ClassGroup.objects.filter(institution=institution)
        .running(day)
        .with_places(day)
        .order_by()
        .values("class_type")
        .annotate(classes=Count("pk"), all_places=Sum("places"))
    }
    enrolled = dict(
        Enrolment.objects.filter(institution=institution)
        .on(day)
        .order_by()
        .values_list("class_group__class_type")
        .annotate(n=Count("pk"))
    )
    return [
        {
            "label": label,
            "classes": rows[value]["classes"],
            "places": rows[value]["all_places"],
            "free": max(0, rows[value]["all_places"] - enrolled.get(value, 0)),
        }
        for value, label in ClassType.choices
        if value in rows
    ]


@dataclass(frozen=True)
class SystemState:
    jobs: dict[str, int]
    latest: list[Job]
    waiting: int
    oldest_waiting: dt.datetime | None
    dead: int
    oldest_dead: dt.datetime | None
    given_up: list[OutboxMessage]  # the oldest ones
    backup: UpkeepRun | None  # the last good one
    drill: UpkeepRun | None  # the last that ended, good or not
    upkeep: list[UpkeepRun]
    retention: UpkeepRun | None  # the last deletion run that ended, good or not
    retained: list[Outcome]  # what it did, by rule

    @property
    def backup_is_old(self) -> bool:
        """They are made every night: one night may have failed, not two."""
        return self.backup is None or now() - self.backup.started_at > dt.timedelta(hours=49)

    @property
    def running(self) -> int:
        return self.jobs.get(JobState.RUNNING, 0)

    @property
    def queued(self) -> int:
        return self.jobs.get(JobState.WAITING, 0)

    @property
    def failed(self) -> int:
        return self.jobs.get(JobState.FAILED, 0)


def system_state() -> SystemState:
    """Jobs and undelivered messages, for whoever keeps the platform running. No rows of any nursery."""
    outbox = OutboxMessage.objects.order_by()
    waiting = outbox.filter(dead=False).aggregate(n=Count("pk"), oldest=Min("created_at"))
    dead = outbox.filter(dead=True).aggregate(n=Count("pk"), oldest=Min("created_at"))
    runs = UpkeepRun.objects.all()
    proof = last_proof()
    return SystemState(
        jobs=dict(Job.objects.order_by().values_list("state").annotate(n=Count("pk"))),
        latest=list(Job.objects.select_related("owner").order_by("-created_at", "pk")[:20]),
        waiting=waiting["n"],
        oldest_waiting=waiting["oldest"],
        dead=dead["n"],
        oldest_dead=dead["oldest"],
        backup=runs.newest(UpkeepKind.BACKUP).filter(state=UpkeepState.DONE).first(),
        drill=runs.newest(UpkeepKind.DRILL).ended().first(),
        retention=proof[0] if proof else None,
        retained=proof[1] if proof else [],
        upkeep=list(runs.order_by("-started_at", "-pk")[:10]),
        given_up=list(OutboxMessage.objects.filter(dead=True).order_by("created_at", "pk")[:20]),
    )
