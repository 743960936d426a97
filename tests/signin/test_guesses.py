"""N2, short: guesses from one and from many addresses open nothing, and the person still gets in by the second factor."""

import pytest
from django.test import Client
from django.urls import reverse

from core.models import Guesses
from core.signin import factors
from core.signin.guesses import APP_CODE, PASSWORD
from tests.factories.core import PASSWORD as RIGHT
from tests.signin.authenticator import Authenticator
from tests.signin.conftest import code, give_app, show_password

pytestmark = pytest.mark.django_db
PAUSED = "portal:sign-in-paused"
ADDRESSES = [f"192.0.2.{n}" for n in range(1, 11)]


def guess(user, addresses: list[str], guesses: int) -> list[int]:
    """The right password is the last but one of every address."""
    answers = []
    for n in range(guesses):
        last = n >= guesses - len(addresses)
        where = addresses[n % len(addresses)]
        typed = RIGHT if last else f"guess {n}"
        answers.append(show_password(Client(), user, typed, REMOTE_ADDR=where).status_code)
    return answers


@pytest.fixture
def director(city, clock):
    give_app(city.a.director)
    return city.a.director


@pytest.mark.parametrize("addresses", [ADDRESSES[:1], ADDRESSES], ids=["one", "ten"])
def test_guesses_open_nothing(director, addresses):
    answers = guess(director, addresses, 40)

    assert 302 not in answers
    assert answers[-1] == 429


def test_a_locked_person_comes_in_by_the_second_factor_first(client, director):
    guess(director, ADDRESSES, 40)
    locked = show_password(client, director, REMOTE_ADDR="198.51.100.1")
    assert locked.status_code == 429
    assert reverse(PAUSED) in locked.content.decode()

    first = client.post(reverse(PAUSED), {"username": director.username, "code": code()})
    second = client.post(reverse(PAUSED), {"password": RIGHT})

    assert (first.url, second.url) == (reverse(PAUSED), reverse("portal:landing"))
    assert client.get(reverse("nursery:today")).status_code == 200


def test_or_by_a_recovery_code(client, director):
    codes = factors.new_recovery_codes(actor=None, user=director)
    guess(director, ADDRESSES, 40)
    client.post(reverse(PAUSED), {"username": director.username, "recovery": codes[0]})

    assert client.post(reverse(PAUSED), {"password": RIGHT}).url == reverse("portal:landing")


def test_or_by_a_passkey_that_says_whose_it_is(client, city, signed_in, clock):
    key, inside = Authenticator(), signed_in(city.a.carer)
    options = inside.get(reverse("portal:passkey-add")).context["options"]
    inside.post(reverse("portal:passkey-add"), {"name": "Key", "passkey": key.create(options)})
    guess(city.a.carer, ADDRESSES, 40)

    asked = client.get(reverse(PAUSED)).context["passkey_options"]
    assert not asked["publicKey"].get("allowCredentials")
    client.post(reverse(PAUSED), {"passkey": key.get(asked)})

    assert client.post(reverse(PAUSED), {"password": RIGHT}).url == reverse("portal:landing")


def test_without_the_factor_no_password_is_looked_at(client, director):
    for typed in ({"username": director.username, "code": "000000"}, {"password": RIGHT}):
        assert client.post(reverse(PAUSED), typed | {"password": RIGHT}).status_code == 422
    assert "_auth_user_id" not in client.session


def test_ten_wrong_passwords_after_the_factor_close_that_way_too(client, director):
    client.post(reverse(PAUSED), {"username": director.username, "code": code()})
    answers = [client.post(reverse(PAUSED), {"password": f"no {n}"}).status_code for n in range(10)]

    assert answers == [422] * 10
    assert client.post(reverse(PAUSED), {"password": RIGHT}).status_code == 422


def test_codes_are_counted_over_all_addresses(director):
    for n in range(APP_CODE.wrong):
        typed = {"username": director.username, "code": "000000"}
        Client().post(reverse(PAUSED), typed, REMOTE_ADDR=f"203.0.113.{n}")
    late = {"username": director.username, "code": code()}

    response = Client().post(reverse(PAUSED), late, REMOTE_ADDR="203.0.113.250")
    assert response.status_code == 422


def test_names_that_nobody_has_are_locked_like_others(db):
    answers = [
        Client()
        .post(
            reverse("portal:sign-in"),
            {"username": "nobody", "password": f"guess {n}"},
            REMOTE_ADDR=ADDRESSES[n % 10],
        )
        .status_code
        for n in range(PASSWORD.wrong + 1)
    ]

    assert answers[0] == 422
    assert answers[-1] == 429


def test_the_lock_ends_by_itself(client, director, clock):
    guess(director, ADDRESSES, 40)
    clock.shift(3601)

    assert show_password(client, director).status_code == 302


def test_a_right_password_is_given_back(client, director):
    show_password(client, director)

    assert Guesses.objects.get().wrong == 0


def test_a_known_and_an_unknown_name_cost_the_same(city, django_assert_num_queries):
    """N6 without a clock: as many statements, and as many hashes (tests/core/test_auth.py)."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    counts = []
    for name in ("a-director", "nobody", "13900000000"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            Client().post(reverse("portal:sign-in"), {"username": name, "password": "wrong"})
        counts.append(len(asked))

    assert len(set(counts)) == 1, counts
