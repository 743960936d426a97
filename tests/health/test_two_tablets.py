from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connections

from core.errors import Refused
from health.enums import Action
from health.models import MorningCheck
from health.services.records import record_check
from health.services.reference import load_rules
from tests.factories.city import build_city


@pytest.mark.django_db(transaction=True)
def test_two_tablets_at_once_store_one_check():
    city = build_city()
    load_rules()
    actor, child = city.actor(city.a.health_worker), city.a.children[0]
    start = Barrier(2)

    def tap(temperature: str) -> str:
        start.wait()
        try:
            record_check(
                actor=actor, child=child, temperature=Decimal(temperature), action=Action.ADMITTED
            )
        except Refused as refused:
            return refused.code
        finally:
            connections.close_all()
        return "stored"

    with ThreadPoolExecutor(2) as tablets:
        answers = sorted(tablets.map(tap, ["36.4", "36.7"]))

    assert answers == ["already_checked", "stored"]
    assert MorningCheck.objects.count() == 1
