import base64
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.recovery.errors import Damaged, Trouble
from core.recovery.sealing import HEADER_BYTES, PIECE_BYTES, TAG_BYTES, Keys, seal, unseal

SEALED_PIECE = PIECE_BYTES + TAG_BYTES


def key(letter: bytes) -> str:
    return base64.urlsafe_b64encode(letter * 32).decode()


KEYS = Keys([key(b"a")])
CONTENT = bytes(range(256)) * (PIECE_BYTES * 5 // 2 // 256)  # two and a half pieces


def sealed(content: bytes = CONTENT, name: str = "b/dump", keys: Keys = KEYS) -> bytes:
    return b"".join(seal([content], name, keys))


def opened(data: bytes, name: str = "b/dump", keys: Keys = KEYS) -> bytes:
    return b"".join(unseal(io.BytesIO(data), name, keys))


@given(
    st.lists(st.binary(max_size=300), max_size=5),
    st.sampled_from([0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1]),
)
def test_what_was_sealed_is_opened(pieces, long):
    pieces = [*pieces, b"x" * long]

    assert opened(b"".join(seal(pieces, "n", KEYS)), "n") == b"".join(pieces)


@pytest.mark.parametrize(
    "place",
    [HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + SEALED_PIECE, -1],
    ids=["salt", "first piece", "second piece", "last tag"],
)
def test_flipped_bit_is_found(place):
    data = bytearray(sealed())
    data[place] ^= 1

    with pytest.raises(Damaged):
        opened(bytes(data))


def cut_at_a_piece(data: bytes) -> bytes:
    return data[: HEADER_BYTES + 2 * SEALED_PIECE]


def cut_inside(data: bytes) -> bytes:
    return data[:-100]


def only_the_header(data: bytes) -> bytes:
    return data[:HEADER_BYTES]


def swapped(data: bytes) -> bytes:
    first, second = HEADER_BYTES + SEALED_PIECE, HEADER_BYTES + 2 * SEALED_PIECE
    return data[:HEADER_BYTES] + data[first:second] + data[HEADER_BYTES:first] + data[second:]


def without_the_second(data: bytes) -> bytes:
    return data[: HEADER_BYTES + SEALED_PIECE] + data[HEADER_BYTES + 2 * SEALED_PIECE :]


def something_behind(data: bytes) -> bytes:
    return data + b"x"


@pytest.mark.parametrize(
    "change",
    [cut_at_a_piece, cut_inside, only_the_header, swapped, without_the_second, something_behind],
)
def test_piece_that_is_cut_moved_or_left_out_is_found(change):
    with pytest.raises(Damaged):
        opened(change(sealed()))


def test_file_under_another_name_does_not_open():
    with pytest.raises(Damaged):
        opened(sealed(name="b/dump"), "c/dump")


def test_older_key_still_opens_and_newest_seals():
    both = Keys([key(b"b"), key(b"a")])

    assert opened(sealed(), keys=both) == CONTENT
    with pytest.raises(Trouble, match="which is not here"):
        opened(sealed(keys=both))


@pytest.mark.parametrize("written", [[], ["short"], ["not base64!"]], ids=["none", "short", "odd"])
def test_bad_key_is_refused(written):
    with pytest.raises(Trouble, match="BACKUP_KEYS"):
        Keys(written)
