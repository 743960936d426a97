import pytest
from django.contrib.auth.models import Permission

from core.models import User
from health.services.reference import load_rules
from institution.models import InstitutionGrant
from tests.factories.city import City
from tests.factories.core import UserFactory


@pytest.fixture
def city(city) -> City:
    load_rules()
    return city


@pytest.fixture
def doctor(city) -> User:
    """Of a clinic that nursery a shares its health records with."""
    user = UserFactory(username="doctor")
    view = Permission.objects.get(
        codename="view_institution", content_type__app_label="institution"
    )
    InstitutionGrant.objects.create(user=user, permission=view, content_object=city.a.institution)
    return user
