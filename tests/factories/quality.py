import factory

from core.calendar import now
from quality.enums import Answer
from quality.models import SelfCheck
from tests.factories.core import UserFactory


class SelfCheckFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SelfCheck

    answer = Answer.MET
    answered_by = factory.SubFactory(UserFactory)
    answered_at = factory.LazyFunction(now)
