import json
import uuid

import pytest

from core.calendar import now
from core.models import User
from core.permissions import Role
from institution.services import daily_log
from tests.factories.city import City
from tests.factories.core import RegionPostFactory, UserFactory


@pytest.fixture
def county_auditor(city) -> User:
    """Audits the county of nursery a."""
    user = UserFactory(username="county-auditor")
    RegionPostFactory(user=user, region=city.counties[0], role=Role.AUDITOR)
    return user


@pytest.fixture
def log(city):
    """log(user, children, kind, detail): as the tablet of the user would."""

    def write(user: User, children, kind: str, detail: dict | None = None) -> None:
        entries = [
            daily_log.NewEntry(
                id=uuid.uuid4(),
                child_id=child.pk,
                kind=kind,
                at=now(),
                detail=json.dumps(detail or {}).encode(),
            )
            for child in children
        ]
        answers = daily_log.record(actor=City.actor(user), entries=entries)
        assert {answer.status for answer in answers} == {"created"}

    return write


@pytest.fixture
def a_day(city, log) -> City:
    """Nursery a: two of four came, one has gone home, one is ill, three lunches. Nursery b: one came, nothing else."""
    first, second, third = city.a.children
    log(city.a.carer, [first, second], "arrive")
    log(city.a.carer, [second], "leave")
    log(city.a.carer, [third], "absence", {"reason": "ill"})
    log(city.a.carer, city.a.children, "meal", {"meal": "lunch", "amount": "all"})
    log(city.b.carer, city.b.children[:1], "arrive")
    return city
