"""The cookies of a site served over HTTPS; tests otherwise run over HTTP, where browsers take no `__Host-` cookie."""

import runpy
from pathlib import Path

import pytest
from django.urls import reverse

from core.models import Session
from tests.factories.core import PASSWORD

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def served(monkeypatch):
    def read(secure: str) -> dict:
        monkeypatch.setenv("SECURE_SITE", secure)
        return runpy.run_path(str(CHECKOUT / "config/settings/__init__.py"))

    return read


def test_over_https_every_cookie_is_held_to_this_host(served):
    settings = served("true")

    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME")
    assert [settings[name] for name in names] == [
        "__Host-sessionid",
        "__Host-csrftoken",
        "__Host-language",
    ]
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True
    assert settings["SESSION_COOKIE_SAMESITE"] == settings["CSRF_COOKIE_SAMESITE"] == "Lax"
    # With a domain or another path a browser refuses the name.
    assert not {"SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "SESSION_COOKIE_PATH"} & set(
        settings
    )


def test_cookies_that_views_set_carry_the_prefix_too():
    for file, name in (
        ("core/devices/tablets.py", "tablet"),
        ("institution/views/pair.py", "pairing"),
    ):
        assert f'f"{{settings.COOKIE_PREFIX}}{name}"' in (CHECKOUT / file).read_text()


def test_over_http_names_are_plain(served):
    assert served("false")["SESSION_COOKIE_NAME"] == "sessionid"


def test_the_session_is_out_of_reach_of_scripts(city, client):
    typed = {"username": city.a.director.username, "password": PASSWORD}
    client.post(reverse("portal:sign-in"), typed)

    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == "Lax"


def test_signing_in_takes_a_new_session_and_leaves_none_behind(city, client):
    session = client.session
    session["before"] = "somebody planted this one"
    session.save()
    client.cookies["sessionid"] = planted = session.session_key

    typed = {"username": city.a.director.username, "password": PASSWORD}
    client.post(reverse("portal:sign-in"), typed)

    assert client.cookies["sessionid"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()
