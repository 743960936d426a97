"""The second step at sign-in: what it asks, what it takes once, what it refuses."""

import base64
import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from core.models import ApiToken, AuditEvent, Factor, RecoveryCode, Session
from core.signin import factors, tokens
from core.signin.policy import FACTOR
from tests.factories.core import PASSWORD
from tests.signin.authenticator import Authenticator
from tests.signin.conftest import SECRET, code, give_app, show_code, show_password

pytestmark = pytest.mark.django_db
HOME = "portal:landing"


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def outcomes(action: str) -> list[str]:
    return list(
        AuditEvent.objects.filter(action=action).order_by("id").values_list("outcome", flat=True)
    )


class TestApp:
    @pytest.fixture
    def director(self, city, clock):
        give_app(city.a.director)
        return city.a.director

    def test_password_alone_is_half_the_way(self, client, director):
        response = show_password(client, director)

        assert response.url.startswith(reverse("portal:sign-in-second"))
        assert not is_in(client)
        assert client.get(reverse("nursery:today")).status_code == 302

    def test_the_code_opens_and_leads_where_one_wanted(self, client, director):
        show_password(client, director)
        response = client.post(
            reverse("portal:sign-in-second"), {"code": code(), "next": "/nursery/children/"}
        )

        assert response.url == "/nursery/children/"
        assert client.session[FACTOR] == "totp"
        assert outcomes("factor.shown") == ["done"]

    def test_a_code_is_good_once(self, client, director):
        show_password(client, director)
        used = code()
        show_code(client, used)
        other = Client()
        show_password(other, director)

        assert show_code(other, used).status_code == 422
        assert not is_in(other)

    def test_five_wrong_codes_close_also_the_right_one(self, client, director):
        show_password(client, director)
        for _ in range(5):
            assert show_code(client, "000000").status_code == 422

        assert show_code(client, code()).status_code == 422
        assert outcomes("factor.shown") == ["refused"] * 6

    def test_half_way_ends_after_ten_minutes(self, client, director, clock):
        show_password(client, director)
        clock.shift(601)

        assert show_code(client, code()).url == reverse("portal:sign-in")
        assert not is_in(client)

    def test_half_way_ends_with_a_new_password(self, client, director):
        show_password(client, director)
        director.set_password("quite another sentence")
        director.save()

        assert show_code(client, code()).url == reverse("portal:sign-in")

    def test_nobody_gets_to_the_second_step_without_the_first(self, client, director):
        assert client.get(reverse("portal:sign-in-second")).url == reverse("portal:sign-in")
        assert show_code(client, code()).url == reverse("portal:sign-in")

    def test_the_secret_is_not_in_the_database_in_clear(self, director):
        from django.db import connection  # noqa: PLC0415 -- past the field, on purpose

        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM core_factor")
            assert SECRET.encode() not in bytes(cursor.fetchone()[0])


class TestRecovery:
    @pytest.fixture
    def codes(self, city, clock) -> list[str]:
        give_app(city.a.director)
        return factors.new_recovery_codes(actor=None, user=city.a.director)

    def test_each_code_opens_once_however_it_is_typed(self, client, city, codes):
        for n, typed in enumerate((codes[0], codes[1].lower().replace("-", " "))):
            client = Client()
            show_password(client, city.a.director)
            assert show_code(client, typed, "recovery").status_code == 302
            assert factors.codes_left(city.a.director) == 9 - n
        again = Client()
        show_password(again, city.a.director)

        assert show_code(again, codes[0], "recovery").status_code == 422

    def test_each_code_has_120_random_bits(self, city, codes):
        raw = [base64.b32decode(code.replace("-", "")) for code in codes]

        assert {len(each) * 8 for each in raw} == {120}
        assert len(set(raw)) == len(codes) == 10
        assert max(map(len, codes)) <= 30  # what the fields take

    def test_only_hashes_are_kept(self, city, codes):
        kept = b"".join(bytes(d) for d in RecoveryCode.objects.values_list("digest", flat=True))

        assert not any(c.replace("-", "").encode() in kept for c in codes)

    def test_a_code_of_somebody_else_opens_nothing(self, client, city, codes):
        give_app(city.b.director)
        show_password(client, city.b.director)

        assert show_code(client, codes[0], "recovery").status_code == 422


class TestAdding:
    def test_the_first_app_brings_codes_and_ends_sessions_without_it(self, signed_in, city, clock):
        here, there = signed_in(city.a.carer), signed_in(city.a.carer)
        page = here.get(reverse("portal:app-add"))
        secret = page.context["secret"].replace(" ", "")
        from core.signin import totp  # noqa: PLC0415

        typed = totp.code_at(secret, int(clock_now() // 30))
        response = here.post(reverse("portal:app-add"), {"code": typed})

        assert len(re.findall(r"<code>[A-Z2-7-]{29}</code>", response.content.decode())) == 10
        assert here.get(reverse("nursery:board")).status_code == 200
        assert there.get(reverse("nursery:board")).status_code == 302
        assert Factor.objects.get().user == city.a.carer

    def test_a_wrong_code_adds_nothing(self, signed_in, city):
        client = signed_in(city.a.carer)
        client.get(reverse("portal:app-add"))

        response = client.post(reverse("portal:app-add"), {"code": "000000"})

        assert response.status_code == 422
        assert not Factor.objects.exists()
        assert outcomes("factor.added") == ["refused"]

    def test_nobody_removes_the_factor_of_somebody_else(self, signed_in, city):
        factor = give_app(city.b.director)
        client = signed_in(city.a.director)

        assert client.post(reverse("portal:factor-remove", args=[factor.pk])).status_code == 404
        assert Factor.objects.exists()


def clock_now() -> float:
    import time  # noqa: PLC0415

    return time.time()


class TestPasskey:
    @pytest.fixture
    def key(self, signed_in, city) -> Authenticator:
        return self.added(signed_in(city.a.carer), Authenticator())

    @staticmethod
    def added(client, key: Authenticator) -> Authenticator:
        options = client.get(reverse("portal:passkey-add")).context["options"]
        answer = {"name": "Key", "passkey": key.create(options)}
        assert client.post(reverse("portal:passkey-add"), answer).status_code == 200
        return key

    def at_the_second_step(self, client, city) -> dict:
        show_password(client, city.a.carer)
        return client.get(reverse("portal:sign-in-second")).context["passkey_options"]

    def test_it_opens(self, client, city, key):
        options = self.at_the_second_step(client, city)

        assert show_code(client, key.get(options), "passkey").status_code == 302
        assert client.session[FACTOR] == "passkey"

    def test_the_same_signature_does_not_open_twice(self, client, city, key):
        signed = key.get(self.at_the_second_step(client, city))
        show_code(client, signed, "passkey")
        other = Client()
        self.at_the_second_step(other, city)

        assert show_code(other, signed, "passkey").status_code == 422

    @pytest.mark.parametrize(
        "change",
        [
            {"origin": "http://evil.example"},
            {"site": "evil.example"},
            {"count": -1},
            {"id": b"another credential"},
        ],
        ids=["origin", "site", "copied key", "unknown key"],
    )
    def test_a_wrong_signature_does_not_open(self, client, city, key, change):
        options = self.at_the_second_step(client, city)
        for name, value in change.items():
            setattr(key, name, value)

        assert show_code(client, key.get(options), "passkey").status_code == 422
        assert not is_in(client)

    @pytest.mark.parametrize(
        "nonsense", ["", "{", "[]", "{}", '"x"', '{"rawId": 1}', "\0", "9" * 20_000]
    )
    def test_nonsense_is_refused(self, client, city, key, nonsense):
        self.at_the_second_step(client, city)

        assert show_code(client, nonsense, "passkey").status_code == 422

    def test_a_key_of_somebody_else_does_not_open(self, client, signed_in, city, key):
        other = Authenticator()
        other.id = b"somebody else's"
        self.added(signed_in(city.b.carer), other)
        options = self.at_the_second_step(client, city)

        assert show_code(client, other.get(options), "passkey").status_code == 422

    def test_too_late_is_refused(self, client, city, key, clock):
        options = self.at_the_second_step(client, city)
        signed = key.get(options)
        clock.shift(301)

        assert show_code(client, signed, "passkey").status_code == 422


class TestToken:
    def take(self, client, user, **more):
        typed = {"username": user.username, "password": PASSWORD} | more
        return client.post(reverse("api:token"), json.dumps(typed), content_type="application/json")

    def me(self, client, token: str):
        return client.get(reverse("api:me"), headers={"Authorization": f"Token {token}"})

    def test_a_program_of_a_carer_needs_the_password(self, client, city, required):
        token = self.take(client, city.a.carer).json()["token"]

        assert self.me(Client(), token).json()["role"] == "carer"
        assert bytes(ApiToken.objects.get().digest) == tokens.digest(token)

    def test_a_post_that_asks_for_a_factor_gets_none_without(self, client, city, required):
        response = self.take(client, city.auditor)

        assert (response.status_code, response.json()["code"]) == (403, "second_factor_needed")
        assert not ApiToken.objects.exists()

    def test_whoever_has_an_app_sends_its_code(self, client, city, required, clock):
        give_app(city.auditor)

        assert self.take(client, city.auditor).json()["code"] == "wrong_code"
        token = self.take(client, city.auditor, code=code()).json()["token"]
        assert self.me(Client(), token).json()["role"] == "auditor"

    def test_a_token_from_before_the_rule_opens_nothing(self, client, city, settings):
        token = self.take(client, city.auditor).json()["token"]
        settings.SECOND_FACTOR = "required"

        assert self.me(Client(), token).json()["code"] == "second_factor_needed"

    def test_a_token_ends(self, client, city, clock):
        token = self.take(client, city.a.director).json()["token"]
        clock.shift(12 * 3600 + 1)

        assert self.me(Client(), token).status_code == 401


def test_a_session_is_listed_with_whose_it_is(client, city):
    show_password(
        client, city.a.carer, REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Mozilla Android Chrome/1"
    )

    session = Session.objects.get()
    assert (session.user, session.ip) == (city.a.carer, "192.0.2.7")
    assert "Android" in session.agent
