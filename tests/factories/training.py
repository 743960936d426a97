import datetime as dt
from decimal import Decimal

import factory

from core.calendar import today
from tests.factories.core import UserFactory
from training.models import Certificate, CertificateType, TrainingRecord


class CertificateTypeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CertificateType
        django_get_or_create = ("code",)

    code = "health_cert"
    name = "托幼机构工作人员健康合格证"
    name_en = "Health certificate of nursery staff"
    validity_months = 12


class CertificateFactory(factory.django.DjangoModelFactory):
    """A health certificate with half a year to go; `left` says otherwise, in days."""

    class Meta:
        model = Certificate

    class Params:
        left = 180

    institution = factory.SelfAttribute("membership.institution")
    type = factory.SubFactory(CertificateTypeFactory)
    number = "370800123456"
    expires_on = factory.LazyAttribute(lambda paper: today() + dt.timedelta(days=paper.left))
    issued_on = factory.LazyAttribute(lambda paper: paper.expires_on - dt.timedelta(days=365))
    added_by = factory.SubFactory(UserFactory)


class TrainingRecordFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TrainingRecord

    institution = factory.SelfAttribute("membership.institution")
    topic = "伤害预防与急救"
    hours = Decimal("4.0")
    held_on = factory.LazyFunction(today)
    added_by = factory.SubFactory(UserFactory)
