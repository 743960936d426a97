import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.urls import reverse

from core import attachments
from core.errors import NotThere, Refused
from core.models import Attachment, AuditEvent
from core.permissions import Role
from tests.core.pictures import encoded, huge_png, jpeg, photograph, upload

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.urls")]
NOON = dt.datetime(2026, 5, 6, 4, 0, 10, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def files(settings, tmp_path) -> Path:
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path), "base_url": None},
        }
    }
    return tmp_path


def store(actor, **kwargs) -> Attachment:
    data = kwargs.pop("data", None) or encoded(photograph())
    return attachments.store_image(
        actor=actor, institution_id=actor.institution_id, upload=upload(data), **kwargs
    )


def stored_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def get(client, address: str, method: str = "get"):
    """The answer read to its end, which closes the file, as a server does."""
    response = getattr(client, method)(address)
    if response.streaming:
        response.picture = b"".join(response.streaming_content)
    return response


class TestStoreImage:
    def test_picture_and_thumbnail_are_stored_and_audited(self, carer, files):
        attachment = store(carer, child_ids=[9, 7, 9])

        kept = Attachment.objects.get()
        assert kept == attachment
        assert (kept.institution_id, kept.owner_id, kept.child_ids) == (1, carer.user_id, [7, 9])
        assert (kept.width, kept.height) == (800, 600)
        assert kept.size_bytes == kept.file.size
        assert kept.file.name != kept.thumbnail.name
        assert len(stored_files(files)) == 2
        event = AuditEvent.objects.get()
        assert (event.action, event.subject_id) == ("attachment.stored", str(kept.pk))
        assert (event.actor_user_id, event.institution_id, event.child_ids) == (
            carer.user_id,
            1,
            [7, 9],
        )

    def test_file_name_of_the_phone_is_not_kept(self, carer):
        attachment = attachments.store_image(
            actor=carer, institution_id=1, upload=upload(jpeg(), "王小明 ../../etc.jpg")
        )

        assert (
            attachment.file.name == f"attachments/{attachment.id.hex[:2]}/{attachment.id.hex}.jpg"
        )

    def test_same_picture_sent_again_is_stored_once_and_shows_both_children(self, carer, files):
        first = store(carer, child_ids=[7])
        again = store(carer, child_ids=[8, 7])

        assert again == first
        assert again.child_ids == [7, 8]
        assert Attachment.objects.count() == 1
        assert len(stored_files(files)) == 2

    def test_same_picture_of_another_nursery_is_another_one(self, carer, acting):
        other = acting("other", Role.CARER, institution_id=2)

        assert store(carer) != store(other)

    def test_picture_for_another_nursery_is_not_there(self, carer):
        with pytest.raises(NotThere):
            attachments.store_image(actor=carer, institution_id=2, upload=upload(jpeg()))

    def test_actor_without_a_nursery_stores_nothing(self, acting):
        regulator = acting("regulator", Role.CITY_REGULATOR, region_path="3708/")

        with pytest.raises(NotThere):
            store(regulator)

    def test_refused_picture_leaves_nothing(self, carer, files):
        with pytest.raises(Refused) as refused:
            store(carer, data=b"lunch.txt")

        assert refused.value.code == "not_an_image"
        assert stored_files(files) == []
        assert not Attachment.objects.exists()

    def test_failed_row_leaves_no_file(self, carer, files, monkeypatch):
        def fail(**_kwargs):
            raise DatabaseError

        monkeypatch.setattr(attachments.audit, "record", fail)

        with pytest.raises(DatabaseError):
            store(carer)

        assert stored_files(files) == []
        assert not Attachment.objects.exists()

    def test_query_count_does_not_depend_on_the_children(self, carer, django_assert_num_queries):
        # same picture?, savepoint, person locked, same picture now?, row, release (the record goes with it)
        with django_assert_num_queries(6):
            store(carer, child_ids=[1])
        with django_assert_num_queries(6):
            store(carer, child_ids=[1, 2, 3], data=jpeg())


class TestVisibleTo:
    @pytest.mark.parametrize(
        ("role", "where", "seen"),
        [
            (Role.CARER, {"institution_id": 1}, True),
            (Role.DIRECTOR, {"institution_id": 1}, True),
            (Role.CARER, {"institution_id": 2}, False),
            (Role.CARER, {}, False),
            (Role.GUARDIAN, {"child_ids": frozenset({7})}, True),
            (Role.RELATIVE, {"child_ids": frozenset({7, 100})}, True),
            (Role.GUARDIAN, {"child_ids": frozenset({8})}, False),
            (Role.GUARDIAN, {}, False),
            (Role.CLINIC_DOCTOR, {"institution_ids": frozenset({1, 3})}, True),
            (Role.CLINIC_DOCTOR, {"institution_ids": frozenset({2})}, False),
            (Role.CITY_REGULATOR, {"region_path": "3708/"}, False),
            (Role.COUNTY_REGULATOR, {"region_path": "3708/370811/"}, False),
            (Role.AUDITOR, {"region_path": "3708/"}, False),
            (Role.PLATFORM_ADMIN, {"region_path": "3708/"}, False),
            (Role.ASSESSOR, {"region_path": "3708/"}, False),
            (Role.TRAINER, {"region_path": "3708/"}, False),
        ],
    )
    def test_who_sees_a_picture_of_child_seven_in_nursery_one(
        self, carer, acting, role, where, seen
    ):
        store(carer, child_ids=[7])
        someone = acting("someone", role, **where)

        assert Attachment.objects.visible_to(someone).exists() is seen

    def test_family_sees_it_only_once_it_is_linked_to_the_child(self, carer, acting):
        attachment = store(carer)
        parent = acting("parent", Role.GUARDIAN, child_ids=frozenset({7}))
        before = Attachment.objects.visible_to(parent).exists()

        attachments.show_children(actor=carer, attachment_ids=[attachment.pk], child_ids=[7])

        assert not before
        assert Attachment.objects.visible_to(parent).get() == attachment

    def test_picture_of_another_nursery_cannot_be_linked(self, carer, acting):
        attachment = store(carer)
        stranger = acting("stranger", Role.CARER, institution_id=2)

        changed = attachments.show_children(
            actor=stranger, attachment_ids=[attachment.pk], child_ids=[7]
        )

        attachment.refresh_from_db()
        assert changed == 0
        assert attachment.child_ids == []

    def test_showing_lists_the_pictures_of_a_child(self, carer):
        mine = store(carer, child_ids=[7, 8])
        store(carer, child_ids=[9], data=jpeg())

        assert list(Attachment.objects.showing(7).order_by("id")) == [mine]


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


class TestSignedAddress:
    @pytest.fixture
    def attachment(self, carer, at_noon) -> Attachment:
        return store(carer, child_ids=[7])

    def sign_in(self, client, actor) -> None:
        client.force_login(
            get_user_model().objects.get(pk=actor.user_id), "core.auth.NameOrPhoneBackend"
        )

    @pytest.mark.parametrize(("variant", "name"), [("full", "file"), ("thumb", "thumbnail")])
    def test_owner_of_the_address_gets_the_picture(
        self, client, carer, attachment, files, variant, name
    ):
        self.sign_in(client, carer)

        response = get(client, attachments.signed_url(attachment, carer, variant))

        assert response.status_code == 200
        assert response.picture == (files / getattr(attachment, name).name).read_bytes()
        assert response["Content-Type"] == "image/jpeg"
        assert response["Cache-Control"] == "private, max-age=300"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Disposition"].startswith("inline;")

    def test_address_shows_neither_name_nor_path(self, carer, attachment):
        address = attachments.signed_url(attachment, carer)

        assert address.startswith("/files/")
        assert attachment.file.name not in address

    def test_address_is_the_same_for_a_while_so_that_browsers_can_keep_the_picture(
        self, carer, attachment, at_noon
    ):
        first = attachments.signed_url(attachment, carer)
        at_noon.shift(60)

        assert attachments.signed_url(attachment, carer) == first

    @pytest.mark.parametrize("second", range(0, 300, 37))
    def test_address_lives_at_least_half_and_at_most_all_of_its_time(
        self, carer, attachment, at_noon, settings, second
    ):
        at_noon.shift(second)
        token = attachments.signed_url(attachment, carer).split("/")[2]

        at_noon.shift(settings.ATTACHMENT_URL_SECONDS // 2)
        assert attachments.opened_by(token, actor=carer)
        at_noon.shift(settings.ATTACHMENT_URL_SECONDS // 2 + 1)
        with pytest.raises(NotThere):
            attachments.opened_by(token, actor=carer)

    def test_expired_address_is_404(self, client, carer, attachment, at_noon):
        self.sign_in(client, carer)
        address = attachments.signed_url(attachment, carer)
        at_noon.shift(301)

        assert get(client, address).status_code == 404

    def test_address_of_a_colleague_is_404(self, client, carer, acting, attachment):
        colleague = acting("colleague", Role.CARER, institution_id=1)
        self.sign_in(client, colleague)

        assert get(client, attachments.signed_url(attachment, carer)).status_code == 404
        assert get(client, attachments.signed_url(attachment, colleague)).status_code == 200

    def test_address_dies_with_the_right_to_see(self, client, acting, posts, attachment):
        parent = acting("parent", Role.GUARDIAN, child_ids=frozenset({7}))
        self.sign_in(client, parent)
        address = attachments.signed_url(attachment, parent)
        before = get(client, address).status_code
        posts[parent.user_id] = type(parent)(user_id=parent.user_id, role=Role.GUARDIAN)

        assert (before, get(client, address).status_code) == (200, 404)

    def test_somebody_without_a_post_gets_404(self, client, carer, posts, attachment):
        self.sign_in(client, carer)
        address = attachments.signed_url(attachment, carer)
        posts.clear()

        assert get(client, address).status_code == 404

    @pytest.mark.parametrize(
        "token", ["x", "a:b", "0-1-full-9999999999:x", "%00", "…", ":", "-" * 300]
    )
    def test_made_up_address_is_404(self, client, carer, attachment, token):
        self.sign_in(client, carer)

        assert get(client, f"/files/{token}/").status_code == 404

    def test_changed_variant_or_user_does_not_fit_the_signature(self, carer, attachment):
        token = attachments.signed_url(attachment, carer, "thumb").split("/")[2]

        for changed in (
            token.replace("thumb", "full"),
            token.replace(f"-{carer.user_id}-", "-999-"),
        ):
            with pytest.raises(NotThere):
                attachments.opened_by(changed, actor=carer)

    def test_lost_file_is_404(self, client, carer, attachment):
        self.sign_in(client, carer)
        default_storage.delete(attachment.file.name)

        assert get(client, attachments.signed_url(attachment, carer)).status_code == 404

    def test_only_reading_methods(self, client, carer, attachment):
        self.sign_in(client, carer)
        address = attachments.signed_url(attachment, carer)

        assert get(client, address, method="head").status_code == 200
        assert client.post(address).status_code == 405
        assert client.delete(address).status_code == 405


class TestUploadEndpoint:
    url = "/api/v1/attachments/"

    @pytest.fixture
    def api(self, client, carer):
        client.force_login(
            get_user_model().objects.get(pk=carer.user_id), "core.auth.NameOrPhoneBackend"
        )
        return client

    def test_picture_is_stored_and_answered_with_addresses(self, api, carer):
        response = api.post(self.url, {"file": upload(encoded(photograph()))})

        attachment = Attachment.objects.get()
        assert response.status_code == 201
        assert response.json() == {
            "id": str(attachment.pk),
            "kind": "image",
            "width": 800,
            "height": 600,
            "size_bytes": attachment.size_bytes,
            "url": attachments.signed_url(attachment, carer),
            "thumbnail_url": attachments.signed_url(attachment, carer, "thumb"),
        }
        assert get(api, response.json()["thumbnail_url"]).status_code == 200
        assert attachment.institution_id == carer.institution_id

    @pytest.mark.parametrize(
        ("data", "status", "code"),
        [
            (b"a text file named .jpg", 400, "not_an_image"),
            (b"", 400, "not_an_image"),
            (huge_png(), 413, "image_too_large"),
        ],
    )
    def test_hostile_file_is_refused_with_a_code(self, api, data, status, code):
        response = api.post(self.url, {"file": upload(data)})

        assert response.status_code == status
        assert response.json()["code"] == code
        assert response.json()["message"]
        assert not Attachment.objects.exists()

    def test_too_many_bytes_are_refused(self, api, settings):
        settings.ATTACHMENT_MAX_BYTES = 5_000

        for size in (5_001, 200_000):
            response = api.post(self.url, {"file": upload(bytes(size))})

            assert (response.status_code, response.json()["code"]) == (413, "file_too_large")

    @pytest.mark.parametrize("body", [{}, {"file": "text"}, {"photo": "x"}])
    def test_missing_file_names_the_field(self, api, body):
        response = api.post(self.url, body)

        assert response.status_code == 400
        assert list(response.json()["fields"]) == ["file"]

    def test_json_is_not_taken(self, api):
        response = api.post(self.url, {}, content_type="application/json")

        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")

    @pytest.mark.parametrize("role", [Role.GUARDIAN, Role.CITY_REGULATOR, Role.CLERK, Role.AUDITOR])
    def test_roles_that_do_not_write_pictures_are_refused(self, client, acting, role):
        someone = acting("someone", role, institution_id=1, region_path="3708/")
        client.force_login(
            get_user_model().objects.get(pk=someone.user_id), "core.auth.NameOrPhoneBackend"
        )

        response = client.post(self.url, {"file": upload(jpeg())})

        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")

    def test_nobody_signed_in_is_told_to_sign_in(self, client):
        response = client.post(reverse("attachments"), {"file": upload(jpeg())})

        assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
