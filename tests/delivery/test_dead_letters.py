import datetime as dt

import pytest
from django.urls import reverse

from core import outbox
from core.calendar import now
from core.models import AuditEvent, OutboxMessage

PAGE, RETRY = reverse("portal:system"), reverse("portal:delivery-retry")


@pytest.fixture
def dead(db) -> list[OutboxMessage]:
    rows = [
        OutboxMessage(task=f"core.tasks.gone_{n}", attempts=8, dead=True, fault="NotRegistered")
        for n in range(3)
    ]
    OutboxMessage.objects.bulk_create(rows)
    OutboxMessage.objects.filter(pk=rows[0].pk).update(created_at=now() - dt.timedelta(hours=3))
    return rows


def test_the_administrator_sees_how_many_were_given_up_and_why(city, signed_in, dead):
    page = signed_in(city.admin).get(PAGE)

    state = page.context["state"]
    assert (state.dead, state.given_up[0]) == (3, dead[0])
    assert state.oldest_dead < now() - dt.timedelta(hours=2)
    assert "NotRegistered" in page.text
    assert RETRY in page.text


def test_with_nothing_given_up_there_is_nothing_to_press(city, signed_in):
    assert RETRY not in signed_in(city.admin).get(PAGE).text


def test_the_button_gives_all_attempts_again_and_is_written_down(city, signed_in, dead):
    OutboxMessage.objects.filter(pk=dead[0].pk).update(
        next_attempt_at=now() + dt.timedelta(hours=1)
    )

    response = signed_in(city.admin).post(RETRY)

    assert response.status_code == 302
    assert not OutboxMessage.objects.filter(dead=True).exists()
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {0}
    assert not OutboxMessage.objects.filter(next_attempt_at__gt=now()).exists()
    event = AuditEvent.objects.get(action="delivery.retried")
    assert (event.actor_user_id, event.data) == (city.admin.pk, {"messages": 3})


def test_a_fault_leaves_its_kind_and_never_its_text(db, monkeypatch):
    secret = "13805371234"
    OutboxMessage.objects.create(task="core.tasks.relay_outbox", next_attempt_at=now())

    def fail(*_commands):
        raise LookupError(secret)

    monkeypatch.setattr(outbox.redis, "call", lambda *_commands: [])
    monkeypatch.setattr(outbox.broker, "send", fail)
    outbox.relay()

    row = OutboxMessage.objects.get()
    assert (row.fault, row.attempts, row.dead) == ("LookupError", 1, False)
