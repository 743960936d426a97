"""Alerts as the people read them who deal with them."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.permissions import Permission
from core.scoping import Actor
from institution.enums import AlertSeverity, AlertState
from institution.models import Alert
from institution.selectors.attention import Item

OPEN, MINE, CLOSED = "open", "mine", "closed"
TABS = (OPEN, MINE, CLOSED)


def alerts_in(*, actor: Actor, tab: str) -> QuerySet[Alert]:
    """Of one tab: what is not closed, the most urgent first; what the actor has taken; what was closed, newest first."""
    alerts = Alert.objects.visible_to(actor).select_related("class_group", "child", "owner__user")
    if tab == CLOSED:
        return alerts.filter(state=AlertState.CLOSED).order_by("-closed_at", "-pk")
    if tab == MINE:
        alerts = alerts.filter(owner__user=actor.user_id)
    return alerts.unsettled().most_urgent_first()


@dataclass(frozen=True)
class Counts:
    """Of what is not closed."""

    open: int
    untaken: int
    mine: int
    critical: int


def counts(*, actor: Actor) -> Counts:
    alerts = Alert.objects.visible_to(actor).unsettled()
    return Counts(
        **alerts.aggregate(
            open=Count("pk"),
            untaken=Count("pk", filter=Q(state=AlertState.OPEN)),
            mine=Count("pk", filter=Q(owner__user=actor.user_id)),
            critical=Count("pk", filter=Q(severity=AlertSeverity.CRITICAL)),
        )
    )


def open_count(actor: Actor) -> int:
    """For the menu."""
    return Alert.objects.visible_to(actor).unsettled().count()


def attention(actor: Actor) -> Item | None:
    """What the first page says of alerts."""
    if not actor.may(Permission.ALERTS_READ):
        return None
    found = counts(actor=actor)
    if not found.open:
        return None
    untaken = ngettext(
        "%(count)d that nobody has taken yet", "%(count)d that nobody has taken yet", found.untaken
    )
    return Item(
        code="alerts",
        title=_("Open alerts"),
        sentence=untaken % {"count": found.untaken} if found.untaken else _("All are in hand."),
        url_name="nursery:alert-list",
        icon="siren",
        count=found.open,
        urgent=bool(found.critical or found.untaken),
    )
