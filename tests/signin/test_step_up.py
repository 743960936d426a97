"""Is it still you: exports and keys ask after five minutes, keep what was typed, and go on."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent, Factor, Job
from core.signin import tokens
from core.signin.policy import CONFIRMED
from core.stepup import is_recent
from tests.factories.core import PASSWORD
from tests.signin.conftest import code, give_app

pytestmark = pytest.mark.django_db
EXPORT = "gov:audit-export"
FORM = {"person": "李 & <b>", "since": "2026-11-01"}


@pytest.fixture
def auditor(city, signed_in, clock) -> Client:
    """Signed in six minutes ago."""
    client = signed_in(city.auditor)
    clock.shift(360)
    return client


def kept(response) -> dict[str, str]:
    return dict(response.context["kept"])


def test_just_signed_in_is_confirmed(city, signed_in, clock):
    client = signed_in(city.auditor)
    clock.shift(299)

    assert client.post(reverse(EXPORT), FORM).status_code == 302
    assert Job.objects.count() == 1


def test_after_five_minutes_the_form_is_asked_with_what_was_typed(auditor):
    response = auditor.post(reverse(EXPORT), FORM)

    assert response.status_code == 403
    assert kept(response) == FORM
    assert response.context["target"] == reverse(EXPORT)
    assert response.headers["Cache-Control"] == "no-store"
    assert not Job.objects.exists()


def test_the_password_lets_the_same_form_go_on(auditor, clock):
    again = FORM | {"stepup-given": "1", "stepup-password": PASSWORD}

    assert auditor.post(reverse(EXPORT), again).status_code == 302
    assert Job.objects.get().params["filters"] == FORM
    clock.shift(299)
    assert (
        auditor.post(reverse(EXPORT), FORM).status_code == 409
    )  # one export is under way: past the question
    assert list(AuditEvent.objects.filter(action="step_up").values_list("outcome", "data__by")) == [
        ("done", "password")
    ]


def test_so_does_the_code_of_the_app(city, auditor):
    give_app(city.auditor)
    again = FORM | {"stepup-given": "1", "stepup-code": code()}

    assert auditor.post(reverse(EXPORT), again).status_code == 302


def test_a_wrong_answer_keeps_the_form_and_asks_again(auditor):
    again = FORM | {"stepup-given": "1", "stepup-password": "wrong"}
    response = auditor.post(reverse(EXPORT), again)

    assert response.status_code == 403
    assert kept(response) == FORM
    assert response.context["trouble"]
    assert "wrong" not in response.content.decode()


def test_five_wrong_answers_end_the_session(auditor):
    again = FORM | {"stepup-given": "1", "stepup-password": "wrong"}
    answers = [auditor.post(reverse(EXPORT), again) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [403] * 5 + [302]
    assert "_auth_user_id" not in auditor.session


def test_htmx_is_told_to_open_the_question(auditor):
    response = auditor.post(reverse(EXPORT), FORM, headers={"HX-Request": "true"})

    assert response.status_code == 403
    assert json.loads(response.headers["HX-Trigger"]) == {
        "stepup": {"url": reverse("portal:confirm")}
    }


def test_the_dialog_confirms(auditor):
    htmx = {"HX-Request": "true"}
    asked = auditor.get(reverse("portal:confirm"), headers=htmx)
    wrong = auditor.post(
        reverse("portal:confirm"), {"stepup-given": "1", "stepup-password": "x"}, headers=htmx
    )
    right = auditor.post(
        reverse("portal:confirm"), {"stepup-given": "1", "stepup-password": PASSWORD}, headers=htmx
    )

    assert asked.content.strip().startswith(b"<dialog")
    assert wrong.status_code == 422
    assert (right.status_code, right.headers["HX-Trigger"]) == (204, "stepup-done")
    assert auditor.post(reverse(EXPORT), FORM).status_code == 302


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_confirming_does_not_lead_away(auditor, wanted):
    given = {"stepup-given": "1", "stepup-password": PASSWORD, "next": wanted}

    assert auditor.post(reverse("portal:confirm"), given).url == reverse("portal:account")


def test_factors_and_password_are_behind_it(city, auditor):
    factor = give_app(city.auditor)
    for name, arguments in (("factor-remove", [factor.pk]), ("recovery-codes", [])):
        assert auditor.post(reverse(f"portal:{name}", args=arguments)).status_code == 403
    for name in ("app-add", "passkey-add", "password"):
        assert auditor.get(reverse(f"portal:{name}")).status_code == 403
    assert Factor.objects.exists()


def test_a_time_in_the_future_confirms_nothing(clock):
    import time  # noqa: PLC0415

    assert is_recent(time.time())
    assert not is_recent(time.time() + 60)
    assert not is_recent(time.time() - 301)


class TestProgram:
    """A program confirms by POST /api/v1/step-up/, and `core.stepup.check` looks at its token."""

    def step_up(self, city, **given):
        token = tokens.issue(user=city.a.carer)
        client = Client(headers={"Authorization": f"Token {token}"})
        response = client.post(
            reverse("api:step-up"), json.dumps(given), content_type="application/json"
        )
        found = tokens.holder(token)
        assert found is not None
        return response, found[1]

    def test_by_password(self, city, clock):
        response, credential = self.step_up(city, password=PASSWORD)

        assert response.status_code == 204
        assert is_recent(credential.confirmed_at)

    def test_not_by_a_wrong_one(self, city, clock):
        response, __ = self.step_up(city, password="wrong")

        assert (response.status_code, response.json()["code"]) == (400, "wrong_proof")

    def test_a_session_confirms_there_too(self, auditor):
        response = auditor.post(
            reverse("api:step-up"),
            json.dumps({"password": PASSWORD}),
            content_type="application/json",
        )

        assert response.status_code == 204
        assert is_recent(auditor.session[CONFIRMED])
