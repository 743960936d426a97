"""Recording what was seen on a child. A correction names the row it takes the place of; nothing is overwritten."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import audit
from core.calendar import age_months, local_day, now
from core.errors import NotThere, Refused
from core.scoping import Actor, ScopedQuerySet
from health.enums import Action, Finding, Position, RuleCode
from health.models import HealthRule, Measurement, MorningCheck
from health.selectors import all_rules_on
from institution.models import Child, Enrolment

CLOCK_TOLERANCE = dt.timedelta(minutes=2)
UNITS = {"Cel": "°C"}


@transaction.atomic
def record_check(
    *,
    actor: Actor,
    child: Child,
    temperature: Decimal,
    action: str,
    findings: Collection[str] = (),
    note: str = "",
    checked_at: dt.datetime | None = None,
    replaces: int | None = None,
) -> MorningCheck:
    """A fever is told from the temperature, never ticked, so the limit in force that day decides."""
    checked_at = checked_at or now()
    day = local_day(checked_at)
    _check_day(day, checked_at)
    place = _lock_place(actor, child, day)
    rules = all_rules_on(day)
    _check_range(rules[RuleCode.TEMPERATURE], temperature, "temperature")
    seen = {*findings} - {Finding.FEVER}
    if rules[RuleCode.FEVER].holds(temperature):
        seen.add(Finding.FEVER)
        _check_not_admitted(action, rules[RuleCode.FEVER])
    _make_room(
        MorningCheck.objects.visible_to(actor).filter(child=child).current(),
        Q(day=day),
        replaces,
        Refused(
            _(
                "This child has already been checked that day. Load the page again to see the entry."
            ),
            "already_checked",
        ),
    )
    check = MorningCheck.objects.create(
        institution_id=place.institution_id,
        class_group_id=place.class_group_id,
        child=child,
        day=day,
        checked_at=checked_at,
        temperature=temperature,
        findings=[code for code in Finding.values if code in seen],
        action=action,
        note=note,
        checked_by_id=actor.user_id,
    )
    _record(actor, "health.check.record", check, replaces)
    return check


@transaction.atomic
def record_measurement(
    *,
    actor: Actor,
    child: Child,
    measured_on: dt.date,
    weight_kg: Decimal | None = None,
    length_cm: Decimal | None = None,
    measure: str = "",
    head_cm: Decimal | None = None,
    replaces: int | None = None,
) -> Measurement:
    _check_day(measured_on)
    place = _lock_place(actor, child, measured_on)
    rules = all_rules_on(measured_on)
    values = {"weight_kg": weight_kg, "length_cm": length_cm, "head_cm": head_cm}
    if all(value is None for value in values.values()):
        raise Refused(_("Please enter at least one value."), "nothing_measured")
    for name, code in (
        ("weight_kg", RuleCode.WEIGHT),
        ("length_cm", RuleCode.LENGTH),
        ("head_cm", RuleCode.HEAD),
    ):
        value = values[name]
        if value is not None:
            _check_range(rules[code], value, name)
    _make_room(
        Measurement.objects.visible_to(actor).filter(child=child).current(),
        Q(measured_on=measured_on),
        replaces,
        Refused(
            _("This child was already measured that day. Open that measurement to correct it."),
            "already_measured",
        ),
    )
    measurement = Measurement.objects.create(
        institution_id=place.institution_id,
        child=child,
        measured_on=measured_on,
        measure=(measure or usual_position(child, measured_on, rules))
        if length_cm is not None
        else "",
        measured_by_id=actor.user_id,
        **values,
    )
    _record(actor, "health.measurement.record", measurement, replaces)
    return measurement


def usual_position(child: Child, on: dt.date, rules: dict[str, HealthRule]) -> Position:
    months = age_months(child.born_on, on)
    return Position.STANDING if rules[RuleCode.STANDING].holds(months) else Position.LYING


def _check_day(day: dt.date, moment: dt.datetime | None = None) -> None:
    today = local_day(now())
    if day > today or (moment and moment > now() + CLOCK_TOLERANCE):
        raise Refused(_("The time is in the future."), "in_future")
    if day < today - dt.timedelta(days=settings.DAILY_LOG_MAX_AGE_DAYS):
        raise Refused(
            _("Records older than %(days)d days are not taken any more.")
            % {"days": settings.DAILY_LOG_MAX_AGE_DAYS},
            "too_old",
        )


def _lock_place(actor: Actor, child: Child, day: dt.date) -> Enrolment:
    """The child's place that day, locked, so that two tablets recording the same child come one after the other."""
    place = (
        Enrolment.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .filter(child=child, institution=actor.institution_id)
        .on(day)
        .first()
    )
    if place is None:
        raise NotThere(_("This child was not enrolled here on that day."), "child_not_found")
    return place


def _check_range(rule: HealthRule, value: Decimal, name: str) -> None:
    if not rule.holds(value):
        message = _(
            "Please check the value: it must lie between %(low)s and %(high)s %(unit)s."
        ) % {
            "low": rule.low_said,
            "high": rule.high_said,
            "unit": UNITS.get(rule.unit, rule.unit),
        }
        raise Refused(message, "out_of_range", fields={name: message})


def _check_not_admitted(action: str, rule: HealthRule) -> None:
    if action == Action.ADMITTED:
        message = _(
            "From %(low)s °C it is a fever: keep the child under observation or send it home."
        ) % {"low": rule.low_said}
        raise Refused(message, "fever_admitted", fields={"action": message})


def _make_room(
    current: ScopedQuerySet, that_day: Q, replaces: int | None, refusal: Refused
) -> None:
    """Close the row that is corrected. A current row of that day other than the one named means somebody was faster."""
    if current.filter(that_day).exclude(pk=replaces).exists():
        raise refusal
    if replaces is not None and not current.filter(pk=replaces).update(replaced_at=now()):
        raise refusal


def _record(
    actor: Actor, action: str, row: MorningCheck | Measurement, replaces: int | None
) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=row,
        institution_id=row.institution_id,
        region_path=actor.region_path,
        child_ids=[row.child_id],
        data={"replaced": replaces} if replaces else {},
    )
