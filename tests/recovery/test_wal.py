import os

import pytest

from core.recovery import wal
from core.recovery.errors import Damaged, Trouble
from core.recovery.sealing import Keys

FIRST = "000000010000000000000001"


@pytest.fixture
def keys(settings) -> Keys:
    return Keys(settings.BACKUP_KEYS)


@pytest.fixture
def segment(tmp_path):
    def make(name: str = FIRST, content: bytes = b"a change" + bytes(100_000)):
        path = tmp_path / "pg_wal" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    return make


def test_segment_comes_back_as_it_was(segment, keys, tmp_path):
    assert wal.archive(segment(), tmp_path / "wal", keys)

    wal.fetch(FIRST, tmp_path / "back", tmp_path / "wal", keys)

    assert (tmp_path / "back").read_bytes() == segment().read_bytes()
    assert [path.name for path in (tmp_path / "wal").iterdir()] == [f"{FIRST}.sealed"]


def test_same_segment_again_is_done_and_another_under_its_name_refused(segment, keys, tmp_path):
    wal.archive(segment(), tmp_path / "wal", keys)

    assert not wal.archive(segment(), tmp_path / "wal", keys)
    with pytest.raises(Trouble, match="other content"):
        wal.archive(segment(content=b"another"), tmp_path / "wal", keys)
    with pytest.raises(Trouble, match="not a file of WAL"):
        wal.archive(segment(name="passwd"), tmp_path / "wal", keys)


def test_damaged_segment_does_not_open(segment, keys, tmp_path):
    wal.archive(segment(), tmp_path / "wal", keys)
    (sealed,) = (tmp_path / "wal").iterdir()
    sealed.write_bytes(sealed.read_bytes()[:-1])

    with pytest.raises(Damaged):
        wal.fetch(FIRST, tmp_path / "back", tmp_path / "wal", keys)
    assert not (tmp_path / "back").exists()


def test_postgres_is_told_by_the_exit_code(segment, settings, monkeypatch, tmp_path):
    for name, value in wal.environment(tmp_path / "wal", settings.BACKUP_KEYS).items():
        monkeypatch.setitem(os.environ, name, value)
    back = str(tmp_path / "back")

    assert wal.main("archive", str(segment())) == 0
    assert wal.main("fetch", FIRST, back) == 0
    assert wal.main("fetch", wal.following(FIRST), back) == wal.NOT_THERE
    monkeypatch.setitem(os.environ, "BACKUP_KEYS", "")
    assert wal.main("fetch", FIRST, back) == wal.STOP
    assert wal.main("archive", str(segment())) == 1


def test_number_after_the_last_of_a_log_begins_the_next():
    assert wal.following("0000000100000000000000FF") == "000000010000000100000000"
    assert wal.following("000000010000000000000003", 1 << 30) == "000000010000000100000000"


def test_gap_is_found_and_other_timelines_are_not_mixed_in(segment, keys, tmp_path):
    folder = tmp_path / "wal"
    second, third = wal.following(FIRST), wal.following(wal.following(FIRST))
    for name in (FIRST, second, third, f"00000002{FIRST[8:]}"):
        wal.archive(segment(name), folder, keys)

    assert wal.whole_from(FIRST, folder) == [FIRST, second, third]
    (folder / f"{second}.sealed").unlink()
    with pytest.raises(Trouble, match=second):
        wal.whole_from(FIRST, folder)
    assert wal.forget_before(third, folder) == 2
    assert wal.segments(folder) == [third]


def test_sweep_takes_closed_segments_only(segment, keys, tmp_path):
    segment()
    part = segment(f"{wal.following(FIRST)}.partial")

    assert wal.sweep(part.parent, tmp_path / "wal", keys) == 1
    assert [path.name for path in part.parent.iterdir()] == [part.name]
