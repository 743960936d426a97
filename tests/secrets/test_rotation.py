"""Keys are rotated while others read and write, and a killed rotation is finished."""

import base64
import datetime as dt
import os
import threading

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from core.calendar import now
from core.crypto import blind_index, keyring, rotation
from core.crypto.fields import EncryptedTextField
from core.crypto.wrapping import key_id
from core.errors import Refused
from core.models import AuditEvent, CryptoKey, User
from institution.models import Child

pytestmark = pytest.mark.usefixtures("fresh_keys")
ROWS = 7


def people() -> list[User]:
    return [
        User.objects.create_user(f"p{n}", name=f"P{n}", phone=f"1380537{n:04d}")
        for n in range(ROWS)
    ]


def children() -> list[Child]:
    return [
        Child.objects.create(
            name=f"C{n}",
            sex="female",
            born_on=dt.date(2025, 2, 3),
            resident_id=f"3708112025020{n:04d}X",
        )
        for n in range(ROWS)
    ]


def phones() -> list[str]:
    return [user.phone for user in User.objects.order_by("pk")]


def stored(model, column: str) -> list[bytes]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} ORDER BY id")
        return [bytes(value) for (value,) in cursor.fetchall()]


def rotate(purpose: str, *, resume: bool = False) -> rotation.Done:
    return rotation.rotate(purpose=purpose, batch=3, say=lambda _line: None, resume=resume)


class Killed(Exception):
    pass


@pytest.fixture
def killed_after(monkeypatch):
    """The process ends after so many batches: what was committed stays, nothing else does."""

    def kill(name: str, batches: int) -> None:
        real, left = getattr(rotation, name), [batches]

        def batch(*arguments):
            if not left[0]:
                raise Killed
            left[0] -= 1
            return real(*arguments)

        monkeypatch.setattr(rotation, name, batch)

    return kill


def test_every_value_is_sealed_anew_and_read_as_before(key_states):
    people()
    before, read = stored(User, "phone"), phones()

    done = rotate("contact")

    assert done == rotation.Done(resealed=ROWS, indexed=0, retired=1)
    assert phones() == read
    assert not set(stored(User, "phone")) & set(before)
    assert key_states("contact") == {"active": 1, "retired": 1}
    assert rotation.unfinished() == []
    assert [each.action for each in AuditEvent.objects.filter(actor_user_id=None).order_by("pk")][
        -2:
    ] == ["keys.rotation_started", "keys.rotated"]


def test_every_child_gets_a_new_key_of_its_own(key_states):
    found = children()

    done = rotate("child")

    assert done.resealed == ROWS
    assert key_states("child") == {"active": ROWS + 1, "retired": ROWS + 1}
    assert [child.resident_id for child in Child.objects.order_by("pk")] == [
        child.resident_id for child in found
    ]


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_killed_rotation_reads_everything_and_is_resumed(killed_after, key_states, batches):
    people()
    read = phones()
    with pytest.MonkeyPatch.context() as patch:
        killed_after("_reseal_batch", batches)
        with pytest.raises(Killed):
            rotate("contact")
        patch.undo()
    field = User._meta.get_field("phone")
    assert rotation.not_current(field).count() == ROWS - 3 * batches
    assert phones() == read
    with pytest.raises(Refused, match="--resume"):
        rotate("contact")


def test_resuming_seals_only_what_is_left(monkeypatch, key_states):
    people()
    read = phones()
    real, calls = rotation._reseal_batch, []

    def once_then_killed(*arguments):
        if calls:
            raise Killed
        calls.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(rotation, "_reseal_batch", once_then_killed)
    with pytest.raises(Killed):
        rotate("contact")
    monkeypatch.setattr(rotation, "_reseal_batch", real)

    done = rotate("contact", resume=True)

    assert done.resealed == ROWS - 3
    assert phones() == read
    assert key_states("contact") == {"active": 1, "retired": 1}
    with pytest.raises(Refused, match="unfinished"):
        rotate("contact", resume=True)


def test_values_of_version_1_are_sealed_anew_and_then_no_longer_opened(settings):
    [user] = [User.objects.create_user("a", name="A", phone="13805371234")]
    CryptoKey.objects.create(
        purpose="version-1", algorithm="aes-256-gcm", wrapped=b"", state="retiring"
    )
    key = base64.urlsafe_b64decode(settings.FIELD_KEYS[0])
    nonce = os.urandom(12)
    old = (
        b"\x01"
        + key_id(key)
        + nonce
        + AESGCM(key).encrypt(nonce, b"13905371234", b"core_user|phone")
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_user SET phone = %s WHERE id = %s", [old, user.pk])
    assert User.objects.get(pk=user.pk).phone == "13905371234"

    rotate("contact")

    assert User.objects.get(pk=user.pk).phone == "13905371234"
    assert stored(User, "phone")[0][0] == 2
    assert not keyring.version_1_is_met()


def test_the_algorithm_changes_with_the_key(settings):
    people()
    read = phones()
    settings.FIELD_ALGORITHM = "sm4-gcm"

    rotate("contact")

    assert {value[1] for value in stored(User, "phone")} == {2}
    assert phones() == read


def test_a_new_key_encryption_key_takes_over_without_touching_values(settings):
    people()
    before, read = stored(User, "phone"), phones()
    settings.FIELD_KEYS = [base64.urlsafe_b64encode(os.urandom(32)).decode(), *settings.FIELD_KEYS]

    assert rotation.rewrap() == CryptoKey.objects.filter(subject=None).count()
    old = settings.FIELD_KEYS.pop()
    keyring.forget()

    assert phones() == read
    assert stored(User, "phone") == before
    settings.FIELD_KEYS = [*settings.FIELD_KEYS, old]
    settings.FIELD_KEYS = settings.FIELD_KEYS[::-1]  # back to the one that other tests have
    assert rotation.rewrap()


def test_the_writer_of_an_open_transaction_is_waited_for():
    """It sealed with the old key before the switch and commits after the first pass."""
    people()
    sealed, go = threading.Event(), threading.Event()

    def write():
        try:
            with transaction.atomic():
                User.objects.create_user("late", name="L", phone="13705371234")
                sealed.set()
                go.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert sealed.wait(20)
    threading.Timer(0.3, go.set).start()

    done = rotate("contact")

    writer.join()
    assert done.resealed == ROWS + 1
    assert rotation.not_current(User._meta.get_field("phone")).count() == 0


def test_a_writer_that_never_ends_leaves_the_key_retiring(monkeypatch, key_states):
    monkeypatch.setattr(rotation, "WRITERS_SECONDS", 0.2)
    opened, go = threading.Event(), threading.Event()

    def write():
        try:
            with transaction.atomic():
                User.objects.create_user("late", name="L", phone="13705371234")
                opened.set()
                go.wait(20)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert opened.wait(20)
    with pytest.raises(Refused, match="open for too long"):
        rotate("contact")
    assert key_states("contact") == {"active": 1, "retiring": 1}
    go.set()
    writer.join()
    monkeypatch.undo()  # other tests write in this server too

    assert rotate("contact", resume=True).retired == 1


class TestBlindIndex:
    def found(self) -> list[str]:
        return [User.objects.get(phone_index__of=f"1380537{n:04d}").username for n in range(ROWS)]

    def test_rows_are_found_before_within_and_after(self, monkeypatch, key_states):
        people()
        names, before = self.found(), stored(User, "phone_index")
        seen: list[list[str]] = []
        real = rotation._fill_batch

        def watched(*arguments):
            seen.append(self.found())
            return real(*arguments)

        monkeypatch.setattr(rotation, "_fill_batch", watched)
        rotate("index")

        assert len(seen) > 3
        assert all(each == names for each in seen)
        assert self.found() == names
        assert not set(stored(User, "phone_index")) & set(before)
        assert not User.objects.exclude(phone_index_next=None).exists()
        assert key_states("index") == {"active": 1, "retired": 1}

    def test_the_same_phone_twice_is_refused_all_the_while(self, monkeypatch):
        people()
        real, refused = rotation._fill_batch, []

        def watched(*arguments):
            with transaction.atomic():
                try:
                    with transaction.atomic():
                        User.objects.create_user("again", name="A", phone="138 0537 0003")
                except Exception as error:  # noqa: BLE001
                    refused.append(str(error))
            return real(*arguments)

        monkeypatch.setattr(rotation, "_fill_batch", watched)
        rotate("index")

        assert refused
        assert all("phone_index" in each for each in refused)
        assert User.objects.count() == ROWS

    def test_a_killed_rotation_is_resumed(self, monkeypatch, key_states):
        people()
        real, calls = rotation._fill_batch, []

        def once_then_killed(*arguments):
            if sum(calls):
                raise Killed
            calls.append(real(*arguments))
            return calls[-1]

        monkeypatch.setattr(rotation, "_fill_batch", once_then_killed)
        with pytest.raises(Killed):
            rotate("index")
        assert User.objects.exclude(phone_index_next=None).count() == 3
        late = User.objects.create_user("late", name="L", phone="13705371234")
        assert late.phone_index_next is not None
        monkeypatch.setattr(rotation, "_fill_batch", real)

        rotate("index", resume=True)

        assert User.objects.get(phone_index__of="13705371234") == late
        assert len(self.found()) == ROWS
        late.refresh_from_db()
        assert late.phone_index == blind_index(User, "phone", "13705371234")
        assert key_states("index") == {"active": 1, "retired": 1}


class TestCommand:
    def test_all_purposes(self, capsys):
        people()
        children()

        call_command("rotate_keys", batch=3)

        said = capsys.readouterr().out
        assert f"contact: {ROWS} value(s) sealed anew" in said
        assert f"index: 0 value(s) sealed anew, {2 * ROWS} indexed" in said
        call_command("rotate_keys", status=True)
        said = capsys.readouterr().out
        assert "core.User.phone: 0 value(s) not under an active key" in said

    def test_an_unfinished_rotation_is_not_started_again(self):
        CryptoKey.objects.filter(purpose="staff", state="active").update(state="retiring")
        with pytest.raises(CommandError, match=r"Unfinished: staff\. Go on with --resume"):
            call_command("rotate_keys", purpose="contact")
        with pytest.raises(CommandError, match="at least 1"):
            call_command("rotate_keys", batch=0)

    def test_rewrap_alone(self, capsys):
        call_command("rotate_keys", rewrap=True)
        assert capsys.readouterr().out == "0 key(s) wrapped anew.\n"


def test_retired_keys_are_deleted_a_day_later_and_only_without_rows(key_states):
    children()
    copies = stored(Child, "resident_id")
    rotate("child")
    assert rotation.forget_retired() == 0
    CryptoKey.objects.filter(state="retired").update(ended_at=now() - dt.timedelta(days=2))
    with connection.cursor() as cursor:  # somebody wrote back what was read before the rotation
        cursor.execute(
            "UPDATE institution_child SET resident_id = %s WHERE id = (SELECT min(id) FROM institution_child)",
            [copies[0]],
        )

    assert rotation.forget_retired() == ROWS - 1  # neither that row's key nor the one that wraps it
    assert Child.objects.order_by("pk").first().resident_id == "37081120250200000X"


def test_every_encrypted_field_is_found_by_a_rotation():
    found = {f"{field.model._meta.label}.{field.name}" for field in rotation.sealed_fields()}
    assert found >= {"core.User.phone", "institution.Child.resident_id", "health.MorningCheck.note"}
    assert all(isinstance(each, EncryptedTextField) for each in rotation.sealed_fields())
