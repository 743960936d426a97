import datetime as dt
import time

import pytest
from django.test import Client
from django.urls import reverse

from core.models import Factor, User
from core.models.sign_in import FactorKind
from core.signin import totp
from tests.factories.core import PASSWORD

START = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def clock(time_machine):
    """Stands still at START; `clock.shift(seconds)` moves it."""
    time_machine.move_to(START, tick=False)
    return time_machine


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR = "required"


def give_app(user: User) -> Factor:
    return Factor.objects.create(user=user, kind=FactorKind.TOTP, name="Phone", secret=SECRET)


def code() -> str:
    """What the app shows now."""
    return totp.code_at(SECRET, int(time.time() // totp.STEP_SECONDS))


def show_password(client: Client, user: User, password: str = PASSWORD, **where):
    typed = {"username": user.username, "password": password}
    return client.post(reverse("portal:sign-in"), typed, **where)


def show_code(client: Client, typed: str, name: str = "code"):
    return client.post(reverse("portal:sign-in-second"), {name: typed})
