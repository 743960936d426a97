"""A picture from outside becomes our own JPEG: nothing of the original file but its pixels is kept. core.imaging decodes."""

from typing import BinaryIO

import structlog
from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _

from core.errors import Refused
from core.imaging import Busy, CleanImage, TooLarge, Unreadable, workshop

logger = structlog.get_logger(__name__)


def clean(upload: BinaryIO | File, *, size: int) -> CleanImage:
    """Refuses by size in bytes, then by the pixels the header names; decodes in another process, for 10 s at most."""
    if size > settings.ATTACHMENT_MAX_BYTES:
        limit = settings.ATTACHMENT_MAX_BYTES // 2**20
        raise Refused(
            _("The picture is larger than %(limit)s MB. Choose a smaller one.") % {"limit": limit},
            "file_too_large",
            status=413,
        )
    upload.seek(0)
    try:
        return workshop().clean(upload.read(), max_pixels=settings.ATTACHMENT_MAX_PIXELS)
    except TooLarge as error:
        limit = settings.ATTACHMENT_MAX_PIXELS // 1_000_000
        raise Refused(
            _("The picture has more than %(limit)s million pixels. Choose a smaller one.")
            % {"limit": limit},
            "image_too_large",
            status=413,
        ) from error
    except Unreadable as error:
        logger.info("picture_refused", reason=str(error))
        raise Refused(
            _("This file is not a picture, or it is damaged. Choose a JPEG, PNG or WebP picture."),
            "not_an_image",
            status=400,
        ) from error
    except Busy as error:
        raise Refused(
            _("Many pictures are being read right now. Please try again in a minute."),
            "busy",
            status=429,
        ) from error
