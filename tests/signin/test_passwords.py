"""Which passwords people may choose (docs/security/sign-in.md), and how they are kept."""

import runpy
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from core.models import User
from tests.factories.core import PASSWORD


def refused(password: str) -> list[str]:
    try:
        validate_password(password, User(username="somebody", name="Somebody"))
    except ValidationError as error:
        return [each.code for each in error.error_list]
    return []


@pytest.mark.parametrize("password", [
    "Tuoyu2026!!!!", "tuoyuyun-admin", "JiningNursery2025", "托育云宝宝老师密码一二三", "aaaaaaaaaaaaaa", "baobao-1234567",
])  # fmt: skip
def test_words_of_here_are_no_password(password):
    assert "local_words" in refused(password)


@pytest.mark.parametrize(
    "password",
    [
        "seven green boats at noon",
        "我家的猫在雨天唱歌给鱼听",
        "xk3v9q-tuoyu-77",
        "            leading spaces",
    ],
)
def test_of_any_composition(password):
    assert refused(password) == []


def test_long_ones_are_taken_whole(city, signed_in):
    long = "one two three four five six seven eight nine ten eleven twelve thirteen"
    assert len(long) >= 64
    client = signed_in(city.a.director)

    client.post(reverse("portal:password"), {"new_password": f" {long} ", "again": f" {long} "})

    city.a.director.refresh_from_db()
    assert city.a.director.check_password(f" {long} ")
    assert not city.a.director.check_password(long)
    assert not city.a.director.check_password(f" {long.upper()} ")
    assert not city.a.director.check_password(PASSWORD)


@pytest.mark.parametrize("name", ["portal:sign-in", "portal:password"])
def test_the_field_hides_what_is_typed_and_lets_a_manager_fill_it(city, signed_in, client, name):
    asker = signed_in(city.a.director) if name == "portal:password" else client
    page = asker.get(reverse(name)).content.decode()

    fields = [
        part.split(">")[0]
        for part in page.split("<input")[1:]
        if 'type="password"' in part.split(">")[0]
    ]
    assert fields
    assert all('autocomplete="' in field and 'autocomplete="off"' not in field for field in fields)
    assert "onpaste" not in page


def test_passwords_are_kept_by_argon2():
    settings = Path(__file__).resolve().parents[2] / "config/settings/__init__.py"
    first = runpy.run_path(str(settings))["PASSWORD_HASHERS"][0]

    assert first == "django.contrib.auth.hashers.Argon2PasswordHasher"
