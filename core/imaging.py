"""Decodes pictures of strangers in a process of its own: `python -m core.imaging` is the worker, `Workshop` its master.

A decoder that takes too much memory, too long, or breaks takes this process with it and nothing else. It has no
database, no keys in its environment, may write no file, and knows nothing of Django.
"""

import atexit
import hashlib
import io
import json
import os
import queue
import resource
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image

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
MEMORY_BYTES = 512 * 1024 * 1024
SECONDS = 10
AT_ONCE = 2  # of one web process: more pictures wait for their turn
WAIT_SECONDS = 20
PICTURES_OF_ONE_WORKER = 500
ASKED = struct.Struct("!QQ")  # bytes of the picture, most pixels
ANSWERED = struct.Struct("!IQQ")  # bytes of the JSON, of the picture, of its thumbnail

Image.MAX_IMAGE_PIXELS = (
    None  # Pillow only warns up to twice its limit; ours is checked and refuses
)


class TooLarge(Exception):
    """More pixels than allowed."""


class Unreadable(Exception):
    """No picture of a format we take, a damaged one, or one that broke the worker."""


class Busy(Exception):
    """Every worker had something to do for too long."""


@dataclass(frozen=True, slots=True)
class CleanImage:
    data: bytes
    thumbnail: bytes
    width: int
    height: int
    sha256: str


# ---- in the worker ----


def decode(upload: BinaryIO, *, max_pixels: int) -> CleanImage:
    _check_webp_canvas(upload, max_pixels)
    with Image.open(upload, formats=FORMATS) as source:
        _check_pixels(*source.size, max_pixels)
        picture = _picture(source)
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


def _check_pixels(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise TooLarge


def _check_webp_canvas(upload: BinaryIO, most: int) -> None:
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
    _check_pixels(width, height, most)


def _picture(source: Image.Image) -> Image.Image:
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


def work(asked: BinaryIO, answers: BinaryIO) -> None:
    """Pictures one after the other until the master is gone."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while head := asked.read(ASKED.size):
        size, max_pixels = ASKED.unpack(head)
        said, image = _answer(asked.read(size), max_pixels)
        text = json.dumps(said).encode()
        full, small = (image.data, image.thumbnail) if image else (b"", b"")
        answers.write(ANSWERED.pack(len(text), len(full), len(small)) + text + full + small)
        answers.flush()


def _answer(data: bytes, max_pixels: int) -> tuple[dict, CleanImage | None]:
    try:
        image = decode(io.BytesIO(data), max_pixels=max_pixels)
    except TooLarge:
        return {"fault": "too large"}, None
    except Exception as error:  # noqa: BLE001 -- hostile bytes fail in the decoders in every possible way
        return {"fault": "unreadable", "reason": type(error).__name__}, None
    return {"width": image.width, "height": image.height, "sha256": image.sha256}, image


# ---- in the master ----


class Worker:
    """One process, one picture at a time. Whatever goes wrong ends it; the next picture gets another."""

    def __init__(self) -> None:
        self.left = PICTURES_OF_ONE_WORKER
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.imaging"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parents[1],
            env={"PATH": os.defpath, "MALLOC_ARENA_MAX": "1"},  # and no key of ours
        )

    def clean(self, data: bytes, *, max_pixels: int, seconds: float) -> CleanImage:
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        try:
            return self._ask(data, max_pixels)
        finally:
            timer.cancel()

    def _ask(self, data: bytes, max_pixels: int) -> CleanImage:
        asked, answers = self.process.stdin, self.process.stdout
        assert asked is not None  # noqa: S101 -- pipes were asked for
        assert answers is not None  # noqa: S101 -- as above
        self.left -= 1
        try:
            asked.write(ASKED.pack(len(data), max_pixels) + data)
            asked.flush()
            sizes = ANSWERED.unpack(answers.read(ANSWERED.size))
            text, full, small = (answers.read(size) for size in sizes)
            said = json.loads(text)
        except (OSError, ValueError, struct.error) as error:
            self.end()
            raise Unreadable("the worker ended") from error
        if "fault" in said:
            if said["fault"] == "too large":
                raise TooLarge
            raise Unreadable(said["reason"])
        return CleanImage(data=full, thumbnail=small, **said)

    def end(self) -> None:
        self.left = 0
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:
                    continue  # what stood in the pipe has no reader any more


class Workshop:
    """At most AT_ONCE workers of this process, started when they are needed and used again."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.owner = os.getpid()
        self.idle: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _ in range(at_once):
            self.idle.put(None)

    def clean(self, data: bytes, *, max_pixels: int, seconds: float = SECONDS) -> CleanImage:
        try:
            worker = self.idle.get(timeout=WAIT_SECONDS)
        except queue.Empty as error:
            raise Busy from error
        try:
            if worker is None or worker.left <= 0 or worker.process.poll() is not None:
                if worker is not None:
                    worker.end()
                worker = None
                worker = Worker()
            return worker.clean(data, max_pixels=max_pixels, seconds=seconds)
        finally:
            self.idle.put(worker)

    def close(self) -> None:
        if self.owner != os.getpid():
            return
        while not self.idle.empty():
            if worker := self.idle.get():
                worker.end()


_workshop: Workshop | None = None
_lock = threading.Lock()


def workshop() -> Workshop:
    """This process's own: after a fork the pipes of the parent are not ours."""
    global _workshop  # noqa: PLW0603
    with _lock:
        if _workshop is None or _workshop.owner != os.getpid():
            _workshop = Workshop()
            atexit.register(_workshop.close)
        return _workshop


if __name__ == "__main__":
    work(sys.stdin.buffer, sys.stdout.buffer)
