"""How many pictures one person may add in a day; and that the quota never holds care up."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from config import settings as real  # noqa: TID251 -- the rates of production
from core import limits
from core.models import Attachment
from tests.core.pictures import jpeg

PICTURES_OF_A_BUSY_DAY = 200  # of one carer: ten of each child of a full class


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "default": place | {"OPTIONS": {"location": str(tmp_path)}}
    }


def send(client, number: int):
    picture = SimpleUploadedFile("a.jpg", jpeg(size=(64, 64 + number)), "image/jpeg")
    return client.post(reverse("api:attachment-list"), {"file": picture})


@pytest.mark.parametrize(
    ("language", "sentence"), [("zh-hans", "照片已经很多"), ("en", "So many pictures")]
)
def test_a_picture_too_many_is_refused_with_a_sentence(city, signed_in, rates, language, sentence):
    rates(upload="2/day")
    client = signed_in(city.a.carer)
    client.cookies["language"] = language

    answers = [send(client, number) for number in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[2].json()["code"] == "upload_quota"
    assert sentence in answers[2].json()["message"]
    assert Attachment.objects.count() == 2
    assert send(signed_in(city.a.big_carer), 2).status_code == 201


def test_the_refusal_is_one_at_which_the_outbox_goes_on(city, signed_in, rates):
    """429 would stop everything behind the picture until it may be sent: the meals of a whole day."""
    outbox = (real.BASE_DIR / "institution/static/institution/js/outbox.js").read_text()
    upload = outbox[outbox.index("async function upload(") :]

    rates(upload="0/day")

    assert str(send(signed_in(city.a.carer), 0).status_code) in upload[: upload.index("refuse(")]


def test_a_picture_sent_again_is_not_counted(city, signed_in, rates):
    rates(upload="2/day")
    client = signed_in(city.a.carer)

    answers = [send(client, number).status_code for number in (0, 0, 0, 1, 2)]

    assert answers == [201, 201, 201, 201, 409]


def test_pictures_are_taken_while_redis_is_away(city, signed_in, rates, redis_away):
    rates(upload="1/day")
    client = signed_in(city.a.carer)

    assert [send(client, number).status_code for number in range(3)] == [201] * 3


def test_the_quota_of_production_is_far_above_a_busy_day():
    most, span = limits.parse(real.RATES["upload"])

    assert span == limits.SPANS["day"]
    assert most >= 3 * PICTURES_OF_A_BUSY_DAY
