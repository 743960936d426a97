import datetime as dt
import uuid

import pytest

from core.calendar import now
from core.models import Stream
from institution.models import DailyEntry
from institution.services import daily_log


@pytest.fixture
def write(city):
    def record(*ids: uuid.UUID) -> list[str]:
        entries = [
            daily_log.NewEntry(
                id=pk,
                child_id=city.a.children[0].pk,
                kind="meal",
                at=now() - dt.timedelta(minutes=1),
                detail=b'{"meal": "lunch", "amount": "all"}',
            )
            for pk in ids
        ]
        return [
            answer.status
            for answer in daily_log.record(actor=city.actor(city.a.carer), entries=entries)
        ]

    return record


def test_entries_sent_again_leave_no_gap_in_the_stream(city, write):
    first, second, third, fourth = (uuid.uuid4() for _entry in range(4))
    write(first, second)
    write(first, second)

    again = write(third, first, fourth)

    assert (again[0], again[2]) == ("created", "created")
    rows = DailyEntry.objects.order_by("seq").values_list("seq", "id")
    assert list(rows) == [(1, first), (2, second), (3, third), (4, fourth)]
    assert Stream.objects.get(name__endswith=f".{city.a.institution.pk}").seq == 4
