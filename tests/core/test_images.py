import gzip
import io
import random
import resource

import pytest
from PIL import Image, PngImagePlugin

from core import images
from core.errors import Refused
from tests.core.pictures import encoded, huge_png, jpeg, photograph, webp_header

ORIENTATION = 0x0112
LEFT_TOP, RIGHT_TOP, RIGHT_BOTTOM = (100, 100), (500, 50), (500, 380)


def clean(data: bytes) -> images.CleanImage:
    return images.clean(io.BytesIO(data), size=len(data))


def refused_code(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        clean(data)
    return refused.value.code


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def near(pixel, color) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel, color, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_picture_of_each_kind_becomes_jpeg_with_a_thumbnail(kind):
    image = clean(encoded(photograph((1600, 1200)), kind))

    full, small = opened(image.data), opened(image.thumbnail)
    assert (full.format, full.size) == ("JPEG", (1600, 1200))
    assert (image.width, image.height) == full.size
    assert (small.format, small.size) == ("JPEG", (480, 360))


def test_large_picture_is_made_smaller():
    image = clean(jpeg((5000, 3000)))

    assert (image.width, image.height) == (2560, 1536)


def test_narrow_strip_keeps_a_side_of_one_pixel():
    image = clean(encoded(Image.new("RGB", (1, 60_000)), "PNG"))

    assert (image.width, image.height) == (1, 2560)
    assert opened(image.thumbnail).size == (1, 480)


def test_same_picture_gives_the_same_bytes():
    data = jpeg()

    assert clean(data).sha256 == clean(data).sha256


@pytest.mark.parametrize(
    ("orientation", "size", "corner"),
    [
        (1, (800, 600), (50, 50)),
        (2, (800, 600), (750, 50)),
        (3, (800, 600), (750, 550)),
        (4, (800, 600), (50, 550)),
        (5, (600, 800), (50, 50)),
        (6, (600, 800), (550, 50)),
        (7, (600, 800), (550, 750)),
        (8, (600, 800), (50, 750)),
    ],
)
def test_orientation_is_applied_to_the_pixels(orientation, size, corner):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation

    image = clean(encoded(photograph(), exif=exif))

    picture = opened(image.data)
    assert picture.size == size
    assert near(picture.getpixel(corner), (255, 255, 255))
    assert ORIENTATION not in picture.getexif()


def test_place_name_and_comment_do_not_survive():
    exif = Image.Exif()
    exif[0x010F] = "MAKER-SECRET"
    exif[0x8825] = {1: "N", 2: (35.0, 24.0, 0.0)}
    data = encoded(
        photograph(),
        exif=exif,
        comment=b"COMMENT-SECRET",
        xmp=b"<x:xmpmeta>XMP-SECRET</x:xmpmeta>",
        icc_profile=b"ICC-SECRET" * 20,
    )
    assert all(secret in data for secret in (b"MAKER-", b"COMMENT-", b"XMP-", b"ICC-"))

    image = clean(data + b"PK\x03\x04TAIL-SECRET<script>")

    for stored in (image.data, image.thumbnail):
        assert b"SECRET" not in stored
        assert b"<script>" not in stored
        assert not opened(stored).getexif()
        assert set(opened(stored).info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }


def test_text_chunks_of_a_png_do_not_survive():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "CHUNK-SECRET")

    image = clean(encoded(photograph(), "PNG", pnginfo=notes))

    assert b"CHUNK-SECRET" not in image.data


def test_transparent_places_become_white():
    picture = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 20, 40))

    stored = opened(clean(encoded(picture, "PNG")).data)

    assert near(stored.getpixel((5, 20)), (255, 0, 0))
    assert near(stored.getpixel((35, 20)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_other_colour_modes_are_read(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    source = (
        Image.new("I;16", (30, 30), 0x8000)
        if mode == "I;16"
        else photograph((30, 30)).convert(mode)
    )

    stored = opened(clean(encoded(source, kind)).data)

    assert stored.mode == "RGB"
    if mode == "I;16":
        assert near(stored.getpixel((15, 15)), (128, 128, 128))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_does_not_refuse_a_good_picture():
    data = encoded(
        photograph(), exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff" + b"\x01\x12" * 30
    )

    assert clean(data).width == 800


def test_first_frame_of_an_animation_is_taken():
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)

    stored = opened(clean(data).data)

    assert near(stored.getpixel((10, 10)), (255, 0, 0))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        "午餐吃了什么".encode(),
        b"\xff\xd8\xff\xe0",
        b"GIF89a" + bytes(40),
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"PK\x03\x04" + bytes(60),
        gzip.compress(b"a" * 100, mtime=0),
        jpeg((400, 400))[:300],
        encoded(photograph((200, 200)), "PNG")[:-60],
        encoded(photograph((40, 40)), "GIF"),
        encoded(photograph((40, 40)), "BMP"),
        encoded(photograph((40, 40)), "TIFF"),
        webp_header(b"VP8X", 10, 10),
    ],
)
def test_what_is_not_a_picture_is_refused(data):
    assert refused_code(data) == "not_an_image"


def test_file_larger_than_allowed_is_refused_unread(settings):
    settings.ATTACHMENT_MAX_BYTES = 1000

    class Unread(io.BytesIO):
        def read(self, *args):
            raise AssertionError("read before its size was checked")

    with pytest.raises(Refused) as refused:
        images.clean(Unread(), size=1001)

    assert (refused.value.code, refused.value.status) == ("file_too_large", 413)


def test_two_hundred_megapixels_are_refused_with_little_memory():
    data = huge_png()
    assert len(data) < 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    code = refused_code(data)

    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert code == "image_too_large"
    assert grown_kb < 20_000


def test_picture_just_over_the_limit_of_pixels_is_refused(settings):
    settings.ATTACHMENT_MAX_PIXELS = 100 * 100

    assert refused_code(jpeg((101, 100))) == "image_too_large"
    assert clean(jpeg((100, 100))).width == 100


@pytest.mark.parametrize("kind", [b"VP8X", b"VP8L", b"VP8 "])
def test_webp_with_a_huge_canvas_is_refused_by_its_header(kind):
    assert refused_code(webp_header(kind, 16_000, 16_000)) == "image_too_large"


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damaged_pictures_are_refused_or_read_but_never_crash(kind):
    good = encoded(photograph((80, 60)), kind)
    dice = random.Random(kind)

    for _ in range(150):
        damaged = bytearray(good)
        for _ in range(dice.randint(1, 12)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        data = bytes(damaged[: dice.randint(1, len(damaged))])
        assert outcome(data) in {"JPEG", "not_an_image", "image_too_large"}


def outcome(data: bytes) -> str | None:
    try:
        image = clean(data)
    except Refused as refused:
        return refused.code
    return opened(image.data).format
