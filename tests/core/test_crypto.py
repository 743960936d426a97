import base64
import os

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core import crypto
from core.models import User

CONTEXT = b"core_user|phone"


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@given(st.text())
def test_unseal_gives_back_what_was_sealed(text):
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return

    assert crypto.unseal(crypto.seal(text, CONTEXT), CONTEXT) == text


def test_same_text_is_sealed_differently_each_time():
    assert crypto.seal("13805371234", CONTEXT) != crypto.seal("13805371234", CONTEXT)


def test_layout_is_version_key_id_nonce_and_tagged_text(settings):
    sealed = crypto.seal("abc", CONTEXT)

    key = base64.urlsafe_b64decode(settings.FIELD_KEYS[0])
    assert sealed[:1] == b"\x01"
    assert sealed[1:5] == crypto.key_id(key)
    assert len(sealed) == 1 + 4 + 12 + 3 + 16


def test_old_key_still_opens_and_new_key_seals(settings):
    old, new = new_key(), new_key()
    settings.FIELD_KEYS = [old]
    sealed_before = crypto.seal("a", CONTEXT)

    settings.FIELD_KEYS = [new, old]
    sealed_after = crypto.seal("b", CONTEXT)

    assert crypto.unseal(sealed_before, CONTEXT) == "a"
    assert sealed_after[1:5] == crypto.key_id(base64.urlsafe_b64decode(new))


def test_retired_key_is_named_in_the_error(settings):
    sealed = crypto.seal("a", CONTEXT)
    settings.FIELD_KEYS = [new_key()]

    with pytest.raises(crypto.CannotOpen, match=f"needs key {sealed[1:5].hex()}"):
        crypto.unseal(sealed, CONTEXT)


@pytest.mark.parametrize("position", [5, 16, 17, -1])
def test_one_changed_bit_does_not_open(position):
    sealed = bytearray(crypto.seal("13805371234", CONTEXT))
    sealed[position] ^= 1

    with pytest.raises(crypto.CannotOpen, match="altered"):
        crypto.unseal(bytes(sealed), CONTEXT)


def test_key_id_of_another_held_key_does_not_open(settings):
    first, second = new_key(), new_key()
    settings.FIELD_KEYS = [first, second]
    sealed = crypto.seal("a", CONTEXT)
    swapped = sealed[:1] + crypto.key_id(base64.urlsafe_b64decode(second)) + sealed[5:]

    with pytest.raises(crypto.CannotOpen, match="altered"):
        crypto.unseal(swapped, CONTEXT)


def test_value_of_another_column_does_not_open():
    with pytest.raises(crypto.CannotOpen, match="another column"):
        crypto.unseal(crypto.seal("a", b"core_user|phone"), b"core_user|other")


@pytest.mark.parametrize("value", [b"13805371234", b"\x01short", b"\x02" + b"0" * 40])
def test_bytes_that_were_never_sealed_do_not_open(value):
    with pytest.raises(crypto.CannotOpen, match="not one that this application sealed"):
        crypto.unseal(value, CONTEXT)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([], "FIELD_KEYS is empty"),
        (["not base64!"], "not URL-safe base64"),
        (["c2hvcnQ="], "5 bytes; 32 are needed"),
    ],
)
def test_field_keys_that_cannot_be_used_are_refused(settings, keys, message):
    settings.FIELD_KEYS = keys

    with pytest.raises(ImproperlyConfigured, match=message):
        crypto.seal("a", CONTEXT)


def test_blind_index_key_may_not_be_a_field_key(settings):
    settings.BLIND_INDEX_KEY = settings.FIELD_KEYS[0]

    with pytest.raises(ImproperlyConfigured, match="must not be one of FIELD_KEYS"):
        crypto.blind_index(User, "phone", "13805371234")


@pytest.mark.parametrize(
    "written",
    [
        "+86 138 0537 1234",
        "138-0537-1234",
        "138\u30000537\u00a01234",
        "+8613805371234",
        " 13805371234\n",
    ],
)
def test_blind_index_does_not_depend_on_how_a_phone_is_written(written):
    assert crypto.blind_index(User, "phone", written) == crypto.blind_index(
        User, "phone", "13805371234"
    )


def test_normalise_keeps_the_check_letter_of_an_id_upper():
    assert crypto.normalise("37081119900101123x") == "37081119900101123X"


def test_blind_index_depends_on_the_key(settings):
    before = crypto.blind_index(User, "phone", "13805371234")
    settings.BLIND_INDEX_KEY = new_key()

    assert crypto.blind_index(User, "phone", "13805371234") != before


def test_blind_index_depends_on_the_column():
    phone = crypto.blind_index(User, "phone", "13805371234")

    assert crypto.blind_index(User, "name", "13805371234") != phone


@pytest.mark.parametrize("blank", ["", None, "  ", "\u3000"])
def test_blind_index_of_a_blank_is_none(blank):
    assert crypto.blind_index(User, "phone", blank) is None


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (crypto.mask_id, "370811202401011234", "3708**********1234"),
        (crypto.mask_id, "37081120240101123X", "3708**********123X"),
        (crypto.mask_id, "Q370123456", "**********"),
        (crypto.mask_phone, "13805371234", "138****1234"),
        (crypto.mask_phone, "1380537", "*******"),
        (crypto.mask_phone, "", ""),
    ],
)
def test_mask_shows_both_ends_only_when_enough_is_hidden(mask, value, shown):
    assert mask(value) == shown


def test_deconstruct_rebuilds_the_fields():
    for name in ("phone", "phone_index"):
        field = User._meta.get_field(name)
        _name, path, args, kwargs = field.deconstruct()

        again = type(field)(*args, **kwargs)

        assert path == f"core.crypto.{type(field).__name__}"
        assert again.deconstruct()[1:] == field.deconstruct()[1:]
    assert User._meta.get_field("phone_index").deconstruct()[3] == {
        "null": True,
        "unique": True,
        "source": "phone",
    }


@pytest.mark.parametrize(
    "lookup", ["phone", "phone__exact", "phone__in", "phone__icontains", "phone__gt"]
)
def test_encrypted_field_cannot_be_compared_in_sql(lookup):
    with pytest.raises(FieldError, match=r'blind_index\(User, "phone", value\)'):
        User.objects.filter(**{lookup: ["1"] if lookup.endswith("in") else "1"})


def test_form_field_of_encrypted_text_is_one_line():
    widget = User._meta.get_field("phone").formfield().widget

    assert widget.input_type == "text"


def stored_phone(user: User) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM core_user WHERE id = %s", [user.pk])
        return bytes(cursor.fetchone()[0])


@pytest.mark.django_db
class TestInTheDatabase:
    def test_phone_is_stored_sealed_and_read_in_clear(self):
        user = User.objects.create_user("a", name="A", phone="13805371234")

        assert b"13805371234" not in stored_phone(user)
        assert User.objects.get(pk=user.pk).phone == "13805371234"

    def test_user_is_found_by_the_index_of_the_phone(self):
        user = User.objects.create_user("a", name="A", phone="13805371234")
        User.objects.create_user("b", name="B", phone="13805371235")

        found = User.objects.get(phone_index=crypto.blind_index(User, "phone", "138 0537 1234"))

        assert found == user

    def test_blank_phone_is_stored_blank_and_may_repeat(self):
        first = User.objects.create_user("a", name="A")
        User.objects.create_user("b", name="B")

        assert stored_phone(first) == b""
        assert User.objects.get(pk=first.pk).phone == ""
        assert User.objects.filter(phone_index=None).count() == 2

    def test_same_phone_twice_is_refused_by_the_database(self):
        User.objects.create_user("a", name="A", phone="13805371234")

        with pytest.raises(IntegrityError, match="phone_index"), transaction.atomic():
            User.objects.create_user("b", name="B", phone="+86 138 0537 1234")

    def test_index_follows_a_changed_phone(self):
        user = User.objects.create_user("a", name="A", phone="13805371234")

        user.phone = "13905371234"
        user.save(update_fields=["phone", "phone_index"])

        index = crypto.blind_index(User, "phone", "13905371234")
        assert User.objects.get(phone_index=index) == user
        assert user.phone_index == index

    def test_saving_the_phone_without_its_index_is_refused(self):
        user = User.objects.create_user("a", name="A", phone="13805371234")

        with pytest.raises(FieldError, match="name both in update_fields"):
            user.save(update_fields=["phone"])

    def test_bulk_create_fills_the_index(self):
        User.objects.bulk_create([User(username="a", name="A", phone="13805371234")])

        index = crypto.blind_index(User, "phone", "13805371234")
        assert User.objects.get(phone_index=index).phone == "13805371234"

    def test_isnull_is_the_one_lookup(self):
        User.objects.create_user("a", name="A")

        assert User.objects.filter(phone__isnull=False).count() == 1

    def test_sealed_by_hand_reads_like_saved(self):
        user = User.objects.create_user("a", name="A")
        sealed = User._meta.get_field("phone").seal("13805371234")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE core_user SET phone = %s WHERE id = %s", [sealed, user.pk])

        user.refresh_from_db()

        assert user.phone == "13805371234"

    def test_tampered_row_raises_a_clear_error(self):
        user = User.objects.create_user("a", name="A", phone="13805371234")
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE core_user SET phone = phone || 'x'::bytea WHERE id = %s", [user.pk]
            )

        with pytest.raises(crypto.CannotOpen, match=r"core_user\|phone was altered"):
            User.objects.get(pk=user.pk)
