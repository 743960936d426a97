import datetime as dt
from decimal import Decimal

import factory

from core.calendar import now, today
from health.enums import Action, Position
from health.models import EntryCheck, HealthRule, Measurement, MorningCheck
from tests.factories.core import UserFactory


class HealthRuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = HealthRule

    code = "fever"
    low = Decimal("37.3")
    unit = "Cel"
    basis = "test"
    valid_from = dt.date(2000, 1, 1)


class MorningCheckFactory(factory.django.DjangoModelFactory):
    """A check of this morning without findings; needs the child and its class."""

    class Meta:
        model = MorningCheck

    institution = factory.SelfAttribute("class_group.institution")
    day = factory.LazyFunction(today)
    checked_at = factory.LazyFunction(now)
    temperature = Decimal("36.5")
    findings = factory.LazyFunction(list)
    action = Action.ADMITTED
    checked_by = factory.SubFactory(UserFactory)

    class Params:
        fever = factory.Trait(
            temperature=Decimal("38.4"),
            findings=factory.LazyFunction(lambda: ["fever"]),
            action=Action.SENT_HOME,
        )


class MeasurementFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Measurement

    measured_on = factory.LazyFunction(lambda: today() - dt.timedelta(days=30))
    weight_kg = Decimal("11.20")
    length_cm = Decimal("83.0")
    measure = Position.LYING
    measured_by = factory.SubFactory(UserFactory)


class EntryCheckFactory(factory.django.DjangoModelFactory):
    """An entry examination of today that was passed; needs the application."""

    class Meta:
        model = EntryCheck

    institution = factory.SelfAttribute("application.institution")
    paper = "examination"
    day = factory.LazyFunction(today)
    passed = True
    checked_by = factory.SubFactory(UserFactory)
