import pytest
from axes.models import AccessAttempt
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import RequestFactory

from core.auth import NameOrPhoneBackend, lockout_name
from core.models import User

pytestmark = pytest.mark.django_db
PHONE, PASSWORD = "13805371234", "a long enough password"


@pytest.fixture
def li() -> User:
    return User.objects.create_user("li.na", PASSWORD, name="Li Na", phone=PHONE)


def sign_in(username, password=PASSWORD):
    request = RequestFactory().post("/sign-in/", {"username": username, "password": password})
    return authenticate(request, username=username, password=password)


@pytest.mark.parametrize("written", ["li.na", PHONE, "+86 138 0537 1234", "１３８０５３７１２３４"])
def test_person_signs_in_by_name_or_phone(li, written):
    assert sign_in(written) == li


@pytest.mark.parametrize("written", ["LI.NA", "13805371235", "", " ", "\0", "li.na\0", "x" * 5000])
def test_other_names_are_refused(li, written):
    assert sign_in(written) is None


def test_wrong_password_is_refused(li):
    assert sign_in("li.na", "another password") is None


def test_closed_account_is_refused(li):
    User.objects.update(is_active=False)

    assert sign_in("li.na") is None
    assert sign_in(PHONE) is None


def test_account_without_a_password_is_refused(li):
    li.set_unusable_password()
    li.save()

    assert sign_in("li.na", "") is None


def test_blank_phones_are_nobody(li):
    User.objects.create_user("blank", PASSWORD, name="Blank")

    assert sign_in("") is None


def test_no_name_is_spelled_like_a_phone(li):
    with pytest.raises(ValueError, match="fewer than nine digits"):
        User.objects.create_user(PHONE, PASSWORD, name="Other")


def test_password_is_hashed_as_often_for_nobody_as_for_somebody(li, monkeypatch):
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args)
    )
    counts = []
    for name in ("li.na", PHONE, "nobody", "13900000000"):
        hashed.clear()
        NameOrPhoneBackend().authenticate(None, username=name, password="wrong")
        counts.append(len(hashed))

    assert counts == [1, 1, 1, 1]


@pytest.mark.parametrize("missing", [{"username": "a"}, {"password": "a"}, {}])
def test_incomplete_credentials_ask_nothing(missing, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert NameOrPhoneBackend().authenticate(None, **missing) is None


def test_account_is_locked_however_its_name_is_written(li, settings):
    written = [PHONE, "+86 " + PHONE, "138 0537 1234", "138-05371234", "li.na"]
    assert len(written) == settings.AXES_FAILURE_LIMIT

    for name in written:
        assert sign_in(name, "wrong") is None

    assert sign_in("li.na") is None
    assert AccessAttempt.objects.get().username == f"user-{li.pk}"


def test_one_locked_account_does_not_lock_another(li, settings):
    other = User.objects.create_user("wang", PASSWORD, name="Wang")

    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in("li.na", "wrong")

    assert sign_in("li.na") is None
    assert sign_in("wang") == other


def test_failed_sign_in_stores_no_phone(li):
    sign_in(PHONE, "wrong")
    sign_in("13900000000", "wrong")

    kept = str(list(AccessAttempt.objects.values()))
    assert f"user-{li.pk}" in kept
    assert PHONE not in kept
    assert "13900000000" not in kept


@pytest.mark.parametrize("credentials", [None, {}, {"username": ""}])
def test_lockout_name_of_nothing(credentials):
    assert lockout_name(RequestFactory().post("/"), credentials) == "unknown"


@pytest.mark.parametrize("typed", ["--", " - ", "\0"])
def test_lockout_name_of_mere_signs_is_not_that_of_nothing(typed):
    assert lockout_name(RequestFactory().post("/"), {"username": typed}) == "unknown-sign"


def test_user_model_signs_in_through_axes_first(settings):
    assert settings.AUTHENTICATION_BACKENDS[0] == "axes.backends.AxesStandaloneBackend"
    assert get_user_model() is User
