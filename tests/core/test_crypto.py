import base64
import hmac
import os
import uuid

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import IntegrityError, InternalError, connection, models, transaction
from django.test.utils import isolate_apps

from core import crypto
from core.crypto.keyring import make_first_keys
from core.crypto.wiring import check_keys
from core.crypto.wrapping import LocalRing, key_id
from core.models import CryptoKey, User

PLACE = b"core_user|phone|0d7c9b4e-6b1f-4a54-9a44-2f6b6f1a9d11"


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@pytest.fixture(autouse=True)
def _forgetful():
    """No test opens with what another one left remembered."""
    crypto.keyring.forget()
    yield
    crypto.keyring.forget()


class TestRing:
    @pytest.mark.parametrize(
        ("keys", "message"),
        [
            ([], "FIELD_KEYS is empty"),
            (["not base64!"], "not URL-safe base64"),
            (["c2hvcnQ="], "5 bytes; 32 are needed"),
        ],
    )
    def test_keys_that_cannot_be_used_are_refused(self, settings, keys, message):
        settings.FIELD_KEYS = keys

        with pytest.raises(ImproperlyConfigured, match=message):
            LocalRing().wrap(b"key", b"context")

    @pytest.mark.parametrize("algorithm", ["aes-256-gcm", "sm4-gcm"])
    def test_an_older_key_of_the_ring_still_unwraps(self, settings, algorithm):
        settings.FIELD_ALGORITHM = algorithm
        old, new = new_key(), new_key()
        settings.FIELD_KEYS = [old]
        wrapped = LocalRing().wrap(b"k" * 32, b"context")

        settings.FIELD_KEYS = [new, old]

        assert LocalRing().unwrap(wrapped, b"context") == b"k" * 32
        assert not LocalRing().is_newest(wrapped)
        assert LocalRing().is_newest(LocalRing().wrap(b"k", b"context"))

    def test_a_wrapped_key_opens_neither_elsewhere_nor_changed_nor_without_its_key(self, settings):
        wrapped = LocalRing().wrap(b"k" * 32, b"crypto_key|child||aes-256-gcm")

        with pytest.raises(crypto.CannotOpen, match="altered"):
            LocalRing().unwrap(wrapped, b"crypto_key|staff||aes-256-gcm")
        with pytest.raises(crypto.CannotOpen, match="altered"):
            LocalRing().unwrap(
                wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"crypto_key|child||aes-256-gcm"
            )
        settings.FIELD_KEYS = [new_key()]
        with pytest.raises(crypto.CannotOpen, match=f"needs key {wrapped[1:5].hex()}"):
            LocalRing().unwrap(wrapped, b"crypto_key|child||aes-256-gcm")

    def test_a_file_is_read_when_only_its_owner_may(self, settings, tmp_path):
        file = tmp_path / "keys"
        file.write_text(f"{new_key()}\n{new_key()}\n")
        settings.FIELD_KEYS, settings.FIELD_KEYS_FILE = [], str(file)

        file.chmod(0o400)
        assert LocalRing().unwrap(LocalRing().wrap(b"k", b"c"), b"c") == b"k"

        file.chmod(0o440)
        with pytest.raises(ImproperlyConfigured, match="mode 0440"):
            LocalRing().wrap(b"k", b"c")
        settings.FIELD_KEYS_FILE = str(tmp_path / "none")
        with pytest.raises(ImproperlyConfigured, match="cannot be read"):
            LocalRing().wrap(b"k", b"c")

    def test_the_start_refuses_equal_and_unusable_settings(self, settings):
        assert check_keys(None) == []
        settings.FIELD_ALGORITHM = "rot13"
        assert [each.id for each in check_keys(None)] == ["core.E003"]
        settings.FIELD_ALGORITHM = "sm4-gcm"
        settings.BLIND_INDEX_KEY = settings.FIELD_KEYS[0]
        assert "must not be one of FIELD_KEYS" in check_keys(None)[0].msg


@pytest.mark.django_db
class TestSealing:
    @pytest.mark.parametrize("text", ["", "a", "37081119900101123X", "发热 38.5 °C 😀", "x" * 5000])
    def test_unseal_gives_back_what_was_sealed(self, text):
        assert crypto.unseal(crypto.seal(text, PLACE), PLACE) == text

    def test_same_text_is_sealed_differently_each_time(self):
        assert crypto.seal("13805371234", PLACE) != crypto.seal("13805371234", PLACE)

    def test_layout_is_version_algorithm_key_nonce_and_tagged_text(self):
        sealed = crypto.seal("abc", PLACE)

        number = CryptoKey.objects.get(purpose="general").pk
        assert sealed[:6] == bytes([2, 1]) + number.to_bytes(4, "big")
        assert len(sealed) == 1 + 1 + 4 + 12 + 3 + 16

    @pytest.mark.parametrize("position", [1, 6, 17, 18, -1])
    def test_one_changed_bit_does_not_open(self, position):
        sealed = bytearray(crypto.seal("13805371234", PLACE))
        sealed[position] ^= 1

        with pytest.raises(crypto.CannotOpen, match="altered"):
            crypto.unseal(bytes(sealed), PLACE)

    def test_number_of_another_key_does_not_open(self):
        sealed = crypto.seal("a", PLACE)
        other = CryptoKey.objects.get(purpose="staff").pk

        with pytest.raises(crypto.CannotOpen, match="altered"):
            crypto.unseal(sealed[:2] + other.to_bytes(4, "big") + sealed[6:], PLACE)
        with pytest.raises(crypto.CannotOpen, match="not in crypto_key"):
            crypto.unseal(sealed[:2] + b"\xff\xff\xff\xfe" + sealed[6:], PLACE)

    @pytest.mark.parametrize(
        "place",
        [
            PLACE.replace(b"core_user", b"institution_child"),
            PLACE.replace(b"phone", b"other"),
            PLACE.replace(b"0d7c", b"0d7d"),
        ],
    )
    def test_value_of_another_table_column_or_row_does_not_open(self, place):
        with pytest.raises(crypto.CannotOpen, match="another column or row"):
            crypto.unseal(crypto.seal("a", PLACE), place)

    @pytest.mark.parametrize("value", [b"13805371234", b"\x02short", b"\x01" + b"0" * 40, b""])
    def test_bytes_that_were_never_sealed_do_not_open(self, value):
        with pytest.raises(crypto.CannotOpen, match="not one that this application sealed"):
            crypto.unseal(value, PLACE)

    def test_both_algorithms_stand_in_one_column(self, settings):
        usual = crypto.seal("a", PLACE)
        CryptoKey.objects.filter(purpose="general").update(state="retiring")
        crypto.keyring.forget()
        settings.FIELD_ALGORITHM = "sm4-gcm"
        make_first_keys()
        chinese = crypto.seal("b", PLACE)

        assert (usual[1], chinese[1]) == (1, 2)
        assert [crypto.unseal(each, PLACE) for each in (usual, chinese)] == ["a", "b"]
        altered = chinese[:-1] + bytes([chinese[-1] ^ 1])
        with pytest.raises(crypto.CannotOpen, match="altered"):
            crypto.unseal(altered, PLACE)


@pytest.mark.django_db
class TestVersion1:
    """Bound to table and column only, under the keys of the settings themselves."""

    def sealed(self, settings) -> bytes:
        key = base64.urlsafe_b64decode(settings.FIELD_KEYS[-1])
        nonce = os.urandom(12)
        text = AESGCM(key).encrypt(nonce, b"13805371234", b"core_user|phone")
        return b"\x01" + key_id(key) + nonce + text

    @pytest.fixture
    def _met(self):
        CryptoKey.objects.create(
            purpose="version-1", algorithm="aes-256-gcm", wrapped=b"", state="retiring"
        )
        crypto.keyring.forget()

    @pytest.mark.usefixtures("_met")
    def test_it_opens_while_some_may_be_left(self, settings):
        assert crypto.unseal(self.sealed(settings), PLACE) == "13805371234"
        with pytest.raises(crypto.CannotOpen, match="another column"):
            crypto.unseal(self.sealed(settings), PLACE.replace(b"phone", b"other"))

    @pytest.mark.usefixtures("_met")
    def test_it_opens_under_a_key_that_is_no_longer_the_first(self, settings):
        sealed = self.sealed(settings)

        settings.FIELD_KEYS = [new_key(), *settings.FIELD_KEYS]
        assert crypto.unseal(sealed, PLACE) == "13805371234"

        settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
        with pytest.raises(crypto.CannotOpen, match="not in FIELD_KEYS"):
            crypto.unseal(sealed, PLACE)

    def test_it_does_not_open_where_none_is_left(self, settings):
        with pytest.raises(crypto.CannotOpen, match="not one that this application sealed"):
            crypto.unseal(self.sealed(settings), PLACE)


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_blind_index_depends_on_the_key_and_its_algorithm(settings):
    before = crypto.blind_index(User, "phone", "13805371234")
    CryptoKey.objects.filter(purpose="index").update(state="retiring")
    settings.BLIND_INDEX_KEY, settings.FIELD_ALGORITHM = "", "sm4-gcm"
    make_first_keys()

    after = crypto.blind_index(User, "phone", "13805371234")
    assert (len(after), after == before) == (16, False)


@pytest.mark.django_db
def test_the_first_index_key_is_the_one_of_the_settings(settings):
    """So that what was indexed before keys were wrapped is still found."""
    key = base64.urlsafe_b64decode(settings.BLIND_INDEX_KEY)

    expected = hmac.digest(key, b"core_user|phone|13805371234", "sha256")[:16]
    assert crypto.blind_index(User, "phone", "13805371234") == expected


@pytest.mark.django_db
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
    with pytest.raises(FieldError, match="lookup `of`"):
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
        user.save(update_fields=["phone", "phone_index", "phone_index_next"])

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
        sealed = crypto.seal("13805371234", User._meta.get_field("phone").place(user.sealed_id))
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

        loaded = User.objects.get(pk=user.pk)  # the rest of the row is there
        with pytest.raises(crypto.CannotOpen, match=r"core_user\|phone\|.* was altered"):
            loaded.phone  # noqa: B018

    def test_a_value_is_not_opened_until_it_is_asked_for(self, django_assert_num_queries):
        user = User.objects.create_user("a", name="A", phone="13805371234")
        crypto.keyring.forget()

        with django_assert_num_queries(1):
            loaded = User.objects.get(pk=user.pk)
        with django_assert_num_queries(1):
            assert (loaded.phone, loaded.phone) == ("13805371234", "13805371234")

    def test_values_and_deferred_fields(self):
        user = User.objects.create_user("a", name="A", phone="13805371234")

        assert User.objects.values_list("phone", flat=True).get() == stored_phone(user)
        assert User.objects.defer("phone").get(pk=user.pk).phone == "13805371234"
        assert User.objects.only("name").get(pk=user.pk).phone == "13805371234"

    def test_an_update_of_many_rows_is_refused_but_for_blanking(self):
        user = User.objects.create_user("a", name="A", phone="13805371234")

        with pytest.raises(FieldError, match="sealed together with its row"), transaction.atomic():
            User.objects.update(phone="13805371235")
        User.objects.update(phone="")
        assert stored_phone(user) == b""

    def test_saving_an_unread_value_leaves_it_as_it_stands(self):
        user = User.objects.create_user("a", name="A", phone="13805371234")
        before = stored_phone(user)

        User.objects.get(pk=user.pk).save(
            update_fields=["phone", "phone_index", "phone_index_next"]
        )

        assert User.objects.get(pk=user.pk).phone == "13805371234"
        assert len(stored_phone(user)) == len(before)

    def test_the_id_of_a_sealed_row_never_changes(self):
        user = User.objects.create_user("a", name="A", phone="13805371234")

        with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
            User.objects.filter(pk=user.pk).update(sealed_id=uuid.uuid4())

    def test_a_model_without_such_an_id_is_refused(self):
        with isolate_apps():

            class Bare(models.Model):  # noqa: DJ008
                secret = crypto.EncryptedTextField()
                secret_index = crypto.BlindIndexField(source="secret")

                class Meta:
                    app_label = "core"

            assert {each.id for each in Bare.check()} >= {"core.E001", "core.E002"}
