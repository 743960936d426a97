import pytest

from institution.models import Membership
from training.models import CertificateType
from training.services.reference import load_types


@pytest.fixture
def types(db) -> dict[str, CertificateType]:
    load_types()
    return {kind.code: kind for kind in CertificateType.objects.all()}


@pytest.fixture
def member(city) -> Membership:
    return Membership.objects.get(user=city.a.carer)
