"""Samples of what was served: taken, corrected, and destroyed after their time."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import day_bounds, now
from core.display import moment
from core.errors import NotThere, Refused
from core.scoping import Actor
from institution.food import SAMPLE_HOURS
from institution.models import Dish, FoodSample, Institution
from institution.selectors.samples import sample_rules, served_on

MOST_GRAMS = Decimal(2000)


def take_sample(
    *, actor: Actor, day: dt.date, dish: Dish, grams: Decimal, taken_at: dt.datetime | None = None
) -> FoodSample:
    """Said again for the same dish and day, it corrects what was said, until the sample is destroyed.

    Raises Refused `grams`, `in_future`, `before_day`, `not_served_then`, `no_rule`, `destroyed`.
    """
    at = taken_at or now()
    if not 0 < grams <= MOST_GRAMS:
        raise _wrong("grams", _("Please check the grams."), "grams")
    if at > now():
        raise _wrong("taken_at", _("The time is in the future."), "in_future")
    if at < day_bounds(day)[0]:
        raise _wrong("taken_at", _("The dish was not served yet at that time."), "before_day")
    with transaction.atomic():
        institution = _own(actor)
        if dish.pk not in served_on(actor=actor, first=day, last=day).get(day, {}):
            raise _wrong(
                "dish", _("No published menu has this dish on that day."), "not_served_then"
            )
        hours = sample_rules(day).get(SAMPLE_HOURS)
        if hours is None or hours.least is None:
            raise Refused(_("No rule says how long samples are kept."), "no_rule")
        told = {
            "grams": grams,
            "taken_at": at,
            "taken_by_id": actor.user_id,
            "kept_until": at + dt.timedelta(hours=float(hours.least)),
        }
        known = FoodSample.objects.filter(institution=institution, day=day, dish=dish)
        if known.filter(destroyed_at__isnull=False).exists():
            raise Refused(_("This sample is destroyed already."), "destroyed")
        sample, new = known.update_or_create(
            defaults=told,
            create_defaults=told | {"institution": institution, "day": day, "dish": dish},
        )
        _record(actor, institution, sample, "sample_taken" if new else "sample_corrected")
    return sample


def destroy_sample(*, actor: Actor, sample: FoodSample) -> FoodSample:
    """Raises Refused `too_early`, `destroyed`."""
    with transaction.atomic():
        institution = _own(actor)
        found = FoodSample.objects.visible_to(actor).select_for_update()
        row = found.filter(pk=sample.pk).first()
        if row is None:
            raise NotThere
        if row.destroyed_at is not None:
            raise Refused(_("This sample is destroyed already."), "destroyed")
        at = now()
        if at < row.kept_until:
            raise Refused(
                _("This sample has to be kept until %(at)s.") % {"at": moment(row.kept_until)},
                "too_early",
            )
        row.destroyed_at, row.destroyed_by_id = at, actor.user_id
        row.save(update_fields=["destroyed_at", "destroyed_by"])
        _record(actor, institution, row, "sample_destroyed")
    return row


def _own(actor: Actor) -> Institution:
    """Locked, so that two people who log at once do so one after the other."""
    mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
    return mine.select_for_update(of=("self",)).select_related("region").get()


def _record(actor: Actor, institution: Institution, sample: FoodSample, deed: str) -> None:
    audit.record(
        actor=actor,
        action=f"food.{deed}",
        subject=sample,
        region_path=institution.region.path,
        data={"day": sample.day.isoformat(), "dish": sample.dish_id},
    )


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
