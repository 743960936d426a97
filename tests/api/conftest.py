import json
import uuid
from collections.abc import Callable

import pytest
from django.urls import reverse

from core.calendar import now

LUNCH = {"meal": "lunch", "amount": "all"}


@pytest.fixture
def nursery(city):
    return city.a


@pytest.fixture
def child(nursery):
    return nursery.children[0]


@pytest.fixture
def entry(child) -> Callable[..., dict]:
    """entry(kind, detail, **changed): one that is right, unless something is changed."""

    def make(kind: str = "meal", detail: dict | None = None, **changed) -> dict:
        detail = LUNCH if detail is None and kind == "meal" else detail or {}
        made = {"id": str(uuid.uuid4()), "child": child.pk, "kind": kind, "detail": detail}
        return made | {"at": now().isoformat()} | changed

    return make


@pytest.fixture
def send(nursery, signed_in) -> Callable:
    """send(entries or raw body, client=...) as the carer, unless another client is given."""
    carer = signed_in(nursery.carer)

    def post(body, *, client=None, content_type="application/json", **headers):
        if not isinstance(body, bytes):
            body = json.dumps({"entries": body}).encode()
        return (client or carer).post(
            reverse("api:daily-log"), body, content_type=content_type, **headers
        )

    return post


@pytest.fixture
def codes(send) -> Callable[..., list[str]]:
    """codes(entries): what was answered to each, the code where it was refused."""

    def answers(entries: list[dict], **kwargs) -> list[str]:
        response = send(entries, **kwargs)
        assert response.status_code == 200, response.content
        return [row["code"] or row["status"] for row in response.json()["results"]]

    return answers
