"""Incidents as the nursery reads them, and what a family is told of them."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Prefetch, QuerySet
from django.utils.translation import get_language

from core import audit
from core.attachments import signed_url
from core.calendar import now
from core.models import Attachment
from core.scoping import Actor
from institution import body_map
from institution.enums import IncidentState
from institution.models import (
    Child,
    Incident,
    IncidentChild,
    IncidentNotice,
    IncidentReport,
    IncidentStep,
)

SHOWN_CLOSED = 50


@dataclass(frozen=True)
class Clock:
    """A report to an authority, and how long there is for it."""

    report: IncidentReport
    moment: dt.datetime

    @property
    def authority(self) -> str:
        english = get_language() == "en"
        return self.report.authority_en if english else self.report.authority

    @property
    def done(self) -> bool:
        return self.report.reported_at is not None

    @property
    def late(self) -> bool:
        return (self.report.reported_at or self.moment) > self.report.due_at

    @property
    def minutes(self) -> int:
        """Left, or past where it is late."""
        return int(abs((self.report.due_at - self.moment).total_seconds()) // 60)


@dataclass(frozen=True)
class IncidentLine:
    incident: Incident
    children: list[Child]
    clocks: list[Clock]
    notices: list[IncidentNotice]

    @property
    def names(self) -> list[str]:
        return [child.name for child in self.children]

    @property
    def due(self) -> Clock | None:
        """The report that is due first."""
        waiting = [clock for clock in self.clocks if not clock.done]
        return min(waiting, key=lambda clock: clock.report.due_at, default=None)

    @property
    def unread(self) -> int:
        return sum(notice.acknowledged_at is None for notice in self.notices)

    @property
    def where(self) -> str:
        return self.incident.room.name if self.incident.room else self.incident.place


@dataclass(frozen=True)
class IncidentPage(IncidentLine):
    steps: list[IncidentStep] = field(default_factory=list)
    photo: str = ""

    @property
    def body(self) -> list[body_map.View]:
        return [view for view in body_map.views(self.incident.body) if view.marked]

    @property
    def body_names(self) -> list[str]:
        return body_map.names(self.incident.body)

    @property
    def sent_back(self) -> IncidentStep | None:
        """Why a draft came back, as long as it is one."""
        last = self.steps[-1] if self.steps else None
        return last if last is not None and last.act == "sent_back" else None


def _read(actor: Actor) -> QuerySet[Incident]:
    children = IncidentChild.objects.visible_to(actor).filter(removed_at=None)
    return (
        Incident.objects.visible_to(actor)
        .select_related("class_group", "room", "written_by")
        .prefetch_related(
            Prefetch(
                "children",
                children.select_related("child").order_by("child__name", "pk"),
                to_attr="about",
            ),
            Prefetch(
                "reports",
                IncidentReport.objects.visible_to(actor)
                .select_related("reported_by", "rule")
                .order_by("due_at", "pk"),
                to_attr="clocks",
            ),
            Prefetch(
                "notices",
                IncidentNotice.objects.visible_to(actor)
                .select_related("child", "acknowledged_by")
                .order_by("child__name", "pk"),
                to_attr="told",
            ),
        )
    )


def _parts(incident: Incident) -> dict:
    moment = now()
    return {
        "incident": incident,
        "children": [row.child for row in incident.about],  # type: ignore[attr-defined]  # of _read
        "clocks": [Clock(each, moment) for each in incident.clocks],  # type: ignore[attr-defined]
        "notices": incident.told,  # type: ignore[attr-defined]
    }


def _viewed(actor: Actor, lines: list[IncidentLine]) -> None:
    shown = {child.pk for line in lines for child in line.children}
    audit.viewed(actor=actor, child_ids=shown, fields=["incident"], purpose="care")


def incident_lines(*, actor: Actor, closed: bool = False) -> list[IncidentLine]:
    """What is not closed, the serious first and of these the latest; closed ones latest first, the last of them only."""
    rows = _read(actor)
    if closed:
        rows = rows.filter(state=IncidentState.CLOSED).order_by("-closed_at", "pk")[:SHOWN_CLOSED]
    else:
        rows = rows.exclude(state=IncidentState.CLOSED).order_by("-happened_at", "pk")
    lines = [IncidentLine(**_parts(incident)) for incident in rows]
    if not closed:
        lines.sort(key=lambda line: line.due is None)
    _viewed(actor, lines)
    return lines


def incident_page(*, actor: Actor, incident: Incident) -> IncidentPage:
    found = _read(actor).get(pk=incident.pk)
    steps = IncidentStep.objects.visible_to(actor).filter(incident=found).select_related("by")
    page = IncidentPage(
        **_parts(found),
        steps=list(steps.order_by("at", "pk")),
        photo=photo_url(actor, found.photo),
    )
    _viewed(actor, [page])
    return page


def photo_url(actor: Actor, photo, variant: str = "full") -> str:
    """Signed for this person, or nothing where the person may not see it."""
    if photo is None:
        return ""
    found = Attachment.objects.visible_to(actor).filter(pk=photo).first()
    return signed_url(found, actor, variant) if found else ""


@dataclass(frozen=True)
class Notice:
    notice: IncidentNotice
    photo: str = ""

    @property
    def body(self) -> list[body_map.View]:
        return [view for view in body_map.views(self.notice.body) if view.marked]

    @property
    def body_names(self) -> list[str]:
        return body_map.names(self.notice.body)


def notices_of(*, actor: Actor, child: Child) -> list[IncidentNotice]:
    """Of one child, the latest first."""
    rows = IncidentNotice.objects.visible_to(actor).filter(child=child)
    return list(rows.select_related("child", "acknowledged_by").order_by("-happened_at", "pk"))


def waiting_notices(*, actor: Actor, child: Child) -> list[IncidentNotice]:
    """That no guardian has acknowledged."""
    rows = IncidentNotice.objects.visible_to(actor).filter(child=child, acknowledged_at=None)
    return list(rows.order_by("happened_at", "pk"))


def notice_page(*, actor: Actor, notice: IncidentNotice) -> Notice:
    audit.viewed(
        actor=actor,
        child_ids=[notice.child_id],
        fields=["incident"],
        purpose="family",
        institution_id=notice.institution_id,
        region_path=notice.institution.region.path,
    )
    return Notice(notice, photo=photo_url(actor, notice.photo))


@dataclass(frozen=True)
class SeriousLine:
    incident: Incident
    clocks: list[Clock]

    @property
    def due(self) -> Clock | None:
        return next((clock for clock in self.clocks if not clock.done), None)


def serious_incidents(*, actor: Actor) -> QuerySet[Incident]:
    """For regulators: of the region, those whose report is due first, then the latest. No text and no child."""
    reports = IncidentReport.objects.visible_to(actor).order_by("due_at", "pk")
    return (
        Incident.objects.visible_to(actor)
        .serious()
        .select_related("institution__region")
        .prefetch_related(Prefetch("reports", reports, to_attr="clocks"))
        .defer("what", "done", "seen_by", "body", "photo", "place")
        .order_by("-serious_at", "pk")
    )


def serious_line(incident: Incident) -> SeriousLine:
    moment = now()
    clocks = [Clock(each, moment) for each in incident.clocks]  # type: ignore[attr-defined]
    return SeriousLine(incident, clocks)
