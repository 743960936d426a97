"""A picture from outside becomes our own JPEG: nothing of the original file but its pixels is kept."""

import hashlib
import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

import structlog
from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _
from PIL import Image

from core.errors import Refused

logger = structlog.get_logger(__name__)

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_SIDE = 2560
THUMBNAIL_SIDE = 480
QUALITY = 85
THUMBNAIL_QUALITY = 80
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Image.MAX_IMAGE_PIXELS = (
    None  # Pillow only warns up to twice its limit; ours is checked below and refuses
)


@dataclass(frozen=True, slots=True)
class CleanImage:
    data: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str


def clean(upload: BinaryIO | File, *, size: int) -> CleanImage:
    """Refuses by size in bytes, then by the pixels the header names, and only then decodes."""
    if size > settings.ATTACHMENT_MAX_BYTES:
        limit = settings.ATTACHMENT_MAX_BYTES // 2**20
        raise Refused(
            _("The picture is larger than %(limit)s MB. Choose a smaller one.") % {"limit": limit},
            "file_too_large",
            status=413,
        )
    try:
        _check_webp_canvas(upload)
        with Image.open(upload, formats=FORMATS) as source:
            _check_pixels(*source.size)
            picture = _decode(source)
    except Refused:
        raise
    except Exception as error:  # hostile bytes fail in the decoders in every possible way
        logger.info("picture_refused", reason=type(error).__name__)
        raise Refused(
            _("This file is not a picture, or it is damaged. Choose a JPEG, PNG or WebP picture."),
            "not_an_image",
            status=400,
        ) from error
    data = _jpeg(picture, QUALITY)
    small = picture.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return CleanImage(
        data=data,
        thumbnail=_jpeg(small, THUMBNAIL_QUALITY),
        width=picture.width,
        height=picture.height,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _check_pixels(width: int, height: int) -> None:
    if width * height > settings.ATTACHMENT_MAX_PIXELS:
        limit = settings.ATTACHMENT_MAX_PIXELS // 1_000_000
        raise Refused(
            _("The picture has more than %(limit)s million pixels. Choose a smaller one.")
            % {"limit": limit},
            "image_too_large",
            status=413,
        )


def _check_webp_canvas(upload: BinaryIO | File) -> None:
    """Pillow makes room for a WebP's whole canvas before it tells the size, so the size is read here."""
    head = upload.read(30)
    upload.seek(0)
    if len(head) < 30 or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return
    match head[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(head[i : i + 3], "little") + 1 for i in (24, 27))
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 26))
    _check_pixels(width, height)


def _decode(source: Image.Image) -> Image.Image:
    orientation = _orientation(source)
    source.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a JPEG is decoded at the scale that is needed
    picture = _flat(source)
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    if orientation in UPRIGHT:
        picture = picture.transpose(UPRIGHT[orientation])
    picture.info.clear()  # comments and profiles would be written again
    return picture


def _orientation(source: Image.Image) -> int:
    try:
        return source.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001 -- a broken EXIF block is no reason to refuse the picture
        return 1


def _flat(source: Image.Image) -> Image.Image:
    """Transparent places become white paper; sixteen bits become eight."""
    if source.mode.startswith("I"):
        return source.convert("I").point(lambda level: level / 256).convert("L").convert("RGB")
    if not source.has_transparency_data:
        return source.convert("RGB")
    layer = source.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
