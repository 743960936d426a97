import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum

from core.crypto import holds_number
from core.models import Region
from core.scoping import Actor
from institution.models import Membership
from training.enums import CertificateState
from training.models import Certificate, CertificateType, TrainingRecord
from training.models.certificate import HEALTH_CERTIFICATE


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the list is narrowed to; an empty value narrows nothing."""

    words: str = ""
    county_path: str = ""
    type: str = ""


def staff(actor: Actor, wish: Wish, day: dt.date) -> QuerySet[Membership]:
    """Who works today in the actor's nurseries."""
    found = Membership.objects.visible_to(actor).working(day)
    if holds_number(wish.words):
        return found.none()
    for word in wish.words.split():
        found = found.filter(Q(user__name__icontains=word) | Q(institution__name__icontains=word))
    if wish.county_path:
        found = found.filter(institution__region__path__startswith=wish.county_path)
    return found


def certificates(actor: Actor, wish: Wish, day: dt.date, state: str = "") -> QuerySet[Certificate]:
    """The certificates that count of who works today, those that end first at the top."""
    found = (
        Certificate.objects.visible_to(actor)
        .filter(membership__in=staff(actor, wish, day))
        .unrenewed()
        .with_state(day)
        .select_related("membership__user", "institution__region__parent", "type")
        .order_by(F("expires_on").asc(nulls_last=True), "pk")
    )
    if state:
        found = found.in_state(state)
    return found.filter(type__code=wish.type) if wish.type else found


def without_health_certificate(actor: Actor, wish: Wish, day: dt.date) -> QuerySet[Membership]:
    """Who works today without a health certificate in date; `last_held_until` tells until when the last one held."""
    of_member = Certificate.objects.filter(membership=OuterRef("pk"), type__code=HEALTH_CERTIFICATE)
    last = of_member.order_by().values("membership").annotate(end=Max("expires_on")).values("end")
    return (
        staff(actor, wish, day)
        .filter(~Exists(of_member.holding(day)))
        .annotate(last_held_until=Subquery(last))
        .select_related("user", "institution__region__parent")
        .order_by("institution__name", "user__name", "pk")
    )


def counts(actor: Actor, wish: Wish, day: dt.date) -> dict[str, int]:
    found = (
        certificates(actor, wish, day)
        .order_by()
        .aggregate(
            all=Count("pk"),
            expiring=Count("pk", filter=Q(state=CertificateState.EXPIRING)),
            expired=Count("pk", filter=Q(state=CertificateState.EXPIRED)),
        )
    )
    return found | {"missing": without_health_certificate(actor, wish, day).count()}


def counties(actor: Actor, day: dt.date) -> QuerySet[Region]:
    """To filter by: the counties that the actor watches."""
    return Region.objects.visible_to(actor).counties().valid(day).order_by("code")


def types() -> QuerySet[CertificateType]:
    return CertificateType.objects.order_by("position", "pk")


def member(actor: Actor, pk: int, day: dt.date) -> QuerySet[Membership]:
    found = Membership.objects.visible_to(actor).working(day).filter(pk=pk)
    return found.select_related("user", "institution__region__parent")


def papers_of(actor: Actor, membership: Membership, day: dt.date) -> QuerySet[Certificate]:
    """All certificates of one person, renewed ones too, the newest first."""
    newer = Certificate.objects.filter(
        membership=OuterRef("membership"),
        type=OuterRef("type"),
        issued_on__gt=OuterRef("issued_on"),
    )
    return (
        Certificate.objects.visible_to(actor)
        .filter(membership=membership)
        .with_state(day)
        .annotate(renewed=Exists(newer))
        .select_related("type")
        .order_by("renewed", "-issued_on", "-pk")
    )


def trainings_of(actor: Actor, membership: Membership) -> QuerySet[TrainingRecord]:
    found = TrainingRecord.objects.visible_to(actor).filter(membership=membership)
    return found.order_by("-held_on", "-pk")


def hours_this_year(actor: Actor, membership: Membership, day: dt.date) -> Decimal:
    found = TrainingRecord.objects.visible_to(actor).in_year(day).filter(membership=membership)
    return found.aggregate(hours=Sum("hours"))["hours"] or Decimal(0)
