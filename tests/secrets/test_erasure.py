"""After a child's key is destroyed nothing of the child opens, in no copy of its rows."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core import crypto
from core.errors import Refused
from core.models import Attachment, AuditEvent, CryptoKey
from core.permissions import Role
from core.scoping import Actor
from health.models import MorningCheck
from institution.models import Attendance, Child, ChildGrant, Guardianship
from institution.services.erasure import erase_again, erase_child
from tests.core.pictures import jpeg
from tests.factories.health import MorningCheckFactory
from tests.factories.institution import AttendanceFactory

ID = "370811202502033120"


@pytest.fixture
def admin(city) -> Actor:
    return Actor(user_id=city.admin.pk, role=Role.PLATFORM_ADMIN, region_path="37/")


@pytest.fixture
def child(city, settings, tmp_path) -> Child:
    settings.ERASURE_LEDGER = str(tmp_path / "ledger" / "erasures.jsonl")
    child = city.a.guardian.guardianships.get().child
    child.resident_id = ID
    child.save()
    MorningCheckFactory(class_group=city.a.small, child=child, note="轻咳,已告知家长")
    AttendanceFactory(class_group=city.a.small, child=child)
    return child


def copy_of(table: str, column: str, pk: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [pk])
        return bytes(cursor.fetchone()[0])


def put_back(table: str, column: str, pk: int, value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, pk])


def test_nothing_opens_any_more_also_not_from_an_older_copy(admin, child):
    check = MorningCheck.objects.get(child=child)
    copies = {
        ("institution_child", "resident_id", child.pk): copy_of(
            "institution_child", "resident_id", child.pk
        ),
        ("health_morningcheck", "note", check.pk): copy_of("health_morningcheck", "note", check.pk),
    }

    erased = erase_child(actor=admin, child=child, reason="request")

    assert (erased.keys, erased.values) == (1, 2)
    assert (Child.objects.get(pk=child.pk).resident_id, MorningCheck.objects.get().note) == ("", "")
    for place, value in copies.items():
        put_back(*place, value)
    with pytest.raises(crypto.Erased):
        Child.objects.get(pk=child.pk).resident_id  # noqa: B018
    with pytest.raises(crypto.Erased):
        MorningCheck.objects.get().note  # noqa: B018
    assert bytes(CryptoKey.objects.get(subject=child.sealed_id).wrapped) == b""


def test_who_the_child_was_is_gone_and_the_counts_stay(admin, child):
    erase_child(actor=admin, child=child, reason="retention")

    after = Child.objects.get(pk=child.pk)
    assert (after.name, after.born_on.day, after.resident_id_index) == ("—", 1, None)
    assert not Child.objects.filter(resident_id_index__of=ID).exists()
    assert not Guardianship.objects.filter(child=child).exists()
    assert not ChildGrant.objects.filter(content_object=child).exists()
    assert Attendance.objects.filter(child=child).count() == 1
    assert MorningCheck.objects.filter(child=child).count() == 1


def test_the_proof_holds_counts_only_and_the_trail_stays(admin, child):
    before = AuditEvent.objects.count()

    erase_child(actor=admin, child=child, reason="request")

    proof = AuditEvent.objects.get(action="child.erased")
    assert AuditEvent.objects.count() == before + 1
    assert proof.child_ids == [child.pk]
    assert proof.data == {
        "reason": "request",
        "keys": 1,
        "values": 2,
        "pictures": 0,
        "pictures_shared": 0,
        "guardianships": 1,
        "allergies": 0,
    }


def test_pictures_of_this_child_alone_go_and_shared_ones_stay(
    admin, city, child, django_capture_on_commit_callbacks, signed_in
):
    from django.core.files.base import ContentFile  # noqa: PLC0415

    other = city.a.children[-1]
    assert other != child
    pictures = []
    for shown in ([child.pk], [child.pk, other.pk]):
        picture = Attachment(
            institution_id=city.a.institution.pk, child_ids=sorted(shown), owner=city.a.director,
            sha256=str(shown), width=1, height=1, size_bytes=1,
        )  # fmt: skip
        picture.file.save("", ContentFile(jpeg()), save=False)
        picture.thumbnail.save("", ContentFile(jpeg()), save=False)
        picture.save()
        pictures.append(picture)
    alone, shared = pictures

    with django_capture_on_commit_callbacks(execute=True):
        erased = erase_child(actor=admin, child=child, reason="request")

    assert (erased.pictures, erased.pictures_shared) == (1, 1)
    assert not alone.file.storage.exists(alone.file.name)
    assert not alone.file.storage.exists(alone.thumbnail.name)
    assert Attachment.objects.get().child_ids == [other.pk]
    assert shared.file.storage.exists(shared.file.name)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PLATFORM_ADMIN}))
def test_nobody_else_may(child, role):
    with pytest.raises(Refused, match="管理员"):
        erase_child(actor=Actor(user_id=1, role=role), child=child, reason="request")
    assert Child.objects.get(pk=child.pk).resident_id == ID


def test_unknown_reasons_and_a_second_time_are_refused(admin, child):
    with pytest.raises(Refused) as refused:
        erase_child(actor=admin, child=child, reason="tidying")
    assert refused.value.code == "unknown_reason"
    erase_child(actor=admin, child=child, reason="request")
    with pytest.raises(Refused) as refused:
        erase_child(actor=admin, child=child, reason="request")
    assert refused.value.code == "already_erased"


def test_a_restored_backup_is_erased_again_from_the_ledger(
    admin, child, settings, django_capture_on_commit_callbacks
):
    row = Child.objects.filter(pk=child.pk).values().get()
    key = CryptoKey.objects.filter(subject=child.sealed_id).values().get()
    with django_capture_on_commit_callbacks(execute=True):
        erase_child(actor=admin, child=child, reason="request")
    with open(settings.ERASURE_LEDGER) as file:  # noqa: PTH123
        lines = file.read().splitlines()
    assert json.loads(lines[0])["subject"] == str(child.sealed_id)
    CryptoKey.objects.filter(pk=key["id"]).update(**key)  # as an older backup brings it back
    put_back("institution_child", "resident_id", child.pk, row["resident_id"])
    Child.objects.filter(pk=child.pk).update(name=row["name"])
    crypto.keyring.forget()
    assert Child.objects.get(pk=child.pk).resident_id == ID

    assert erase_again(lines) == 1

    assert Child.objects.get(pk=child.pk).name == "—"
    assert CryptoKey.objects.get(pk=key["id"]).state == "destroyed"
    assert erase_again(lines) == 0


def test_the_command_says_what_was_erased(city, child, capsys, django_capture_on_commit_callbacks):
    call_command("erase_child", child.pk, by=city.admin.username)
    assert "keys 1, values 2" in capsys.readouterr().out
    for arguments, sentence in (
        ([], "Name the child"),
        ([child.pk, "--by", "nobody-of-that-name"], "not the user name"),
        ([child.pk, "--by", city.a.director.username], "管理员"),
        ([999_999, "--by", city.admin.username], "no child 999999"),
        ([child.pk, "--by", city.admin.username], "此前已删除"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("erase_child", *map(str, arguments))
