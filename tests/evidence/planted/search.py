"""Looks through bytes for planted secrets: as they are, as other hands write them, and behind base64, hex and zlib."""

import base64
import binascii
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.evidence.planted.people import CODE, ID_START, NAME_START, NOTE_START, PHONE_START

# By what each begins with, so that gigabytes are read at the speed of a search for a literal.
_SHAPES = tuple(
    re.compile(pattern.encode("latin-1"))
    for pattern in (
        rf"{ID_START}[0-9]{{11}}[0-9Xx]",
        rf"{PHONE_START}[ -]?[0-9]{{4}}[ -]?[0-9]{{4}}",
        rf"(?:{NOTE_START}|{NAME_START})[0-9a-f]{{{CODE}}}",
        "\xef\xbc\x91(?:\xef\xbc[\x90-\x99]){10}",  # a phone in full-width digits
    )
)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-f]{2}){11,}")
_WIDTH = bytes.maketrans(b"-_", b"+/")
CHUNK = 64 * 1024 * 1024
OVERLAP = 64


def found(data: bytes) -> set[str]:
    """Whatever has the shape of something planted, as `Planted.secrets` spells it."""
    hits: set[str] = set()
    for shape in _SHAPES:
        for match in shape.finditer(data):
            text = unicodedata.normalize("NFKC", match.group().decode())
            text = text.replace(" ", "").replace("-", "")
            hits.add(text if text.startswith((NOTE_START, NAME_START)) else text.upper())
    return hits


def unwrapped(data: bytes) -> Iterator[bytes]:
    """What stands behind base64 (of Celery, of sessions) and behind the hex of a dump's bytea."""
    for match in _BASE64.finditer(data):
        text = match.group().rstrip(b"=").translate(_WIDTH)
        with suppress(binascii.Error, ValueError):
            plain = base64.b64decode(text + b"=" * (-len(text) % 4))
            yield plain
            yield from _inflated(plain)
    for match in _HEX.finditer(data):
        plain = binascii.unhexlify(match.group())
        yield plain
        yield from _inflated(plain)


def _inflated(data: bytes) -> Iterator[bytes]:
    if data[:1] == b"\x78":
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(data)


def in_bytes(data: bytes, *, unwrap: bool = True) -> set[str]:
    hits = found(data)
    if unwrap:
        hits |= found(b"\n".join(unwrapped(data)))
    return hits


def in_files(paths: Iterable[Path], *, unwrap: bool) -> tuple[set[str], int]:
    """What was found, and how many bytes were read."""
    hits: set[str] = set()
    read = 0
    for path in paths:
        with path.open("rb") as file:
            before = b""
            while piece := file.read(CHUNK):
                hits |= in_bytes(before + piece, unwrap=unwrap)
                before = piece[-OVERLAP:]
                read += len(piece)
    return hits, read
