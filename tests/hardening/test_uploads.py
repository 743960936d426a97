"""More than three hundred hostile files: what is stored is our own JPEG without a byte of theirs; the worker keeps its bounds."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core import imaging
from core.imaging import Busy, TooLarge, Unreadable, Workshop
from tests.core.pictures import encoded, jpeg, photograph
from tests.hardening import corpora

PIXELS = 25_000_000


@pytest.fixture(scope="module")
def shop():
    made = Workshop(at_once=1)
    yield made
    made.close()


def fault(shop: Workshop, data: bytes) -> str:
    """What is wrong with what came out, if anything."""
    try:
        image = shop.clean(data, max_pixels=PIXELS)
    except (TooLarge, Unreadable):
        return ""
    faults = []
    for stored in (image.data, image.thumbnail):
        faults += ["not a JPEG"] if stored[:3] != b"\xff\xd8\xff" else []
        faults += ["something behind its end"] if stored[-2:] != b"\xff\xd9" else []
        faults += [
            mark.decode() for mark in (b"SECRET", b"<script", b"<?php", b"Exif") if mark in stored
        ]
    if max(image.width, image.height) > imaging.MAX_SIDE:
        faults.append("too large")
    return ", ".join(faults)


def test_no_hostile_file_is_stored_as_it_is(shop):
    found = dict(corpora.files())
    unsafe = {name: why for name, data in found.items() if (why := fault(shop, data))}

    assert len(found) >= 300
    assert unsafe == {}
    assert shop.clean(jpeg(), max_pixels=PIXELS).width == 64
    assert most_memory_kb(shop) < 512 * 1024


def most_memory_kb(shop: Workshop) -> int:
    worker = shop.idle.get()
    shop.idle.put(worker)
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def test_a_worker_has_no_key_of_ours_and_may_write_no_file(shop):
    shop.clean(jpeg(), max_pixels=PIXELS)
    worker = shop.idle.get()
    shop.idle.put(worker)
    place = Path("/proc") / str(worker.process.pid)
    environment = (place / "environ").read_bytes()
    limits = {
        line[:26].strip(): line[26:47].strip()
        for line in (place / "limits").read_text().splitlines()
    }

    assert {entry.partition(b"=")[0] for entry in environment.split(b"\0") if entry} <= {
        b"PATH", b"MALLOC_ARENA_MAX", b"LC_CTYPE",
    }  # fmt: skip
    assert limits["Max address space"] == str(imaging.MEMORY_BYTES)
    assert limits["Max file size"] == limits["Max core file size"] == "0"


def test_a_picture_that_takes_too_long_ends_its_worker_and_not_the_next_picture():
    shop = Workshop(at_once=1)
    large = encoded(photograph((5000, 4900)), "PNG")
    try:
        with pytest.raises(Unreadable, match="ended"):
            shop.clean(large, max_pixels=PIXELS, seconds=0.0)
        assert shop.clean(jpeg(), max_pixels=PIXELS).width == 64
    finally:
        shop.close()


def test_a_worker_that_died_is_replaced():
    shop = Workshop(at_once=1)
    try:
        shop.clean(jpeg(), max_pixels=PIXELS)
        worker = shop.idle.get()
        shop.idle.put(worker)
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        assert shop.clean(jpeg(), max_pixels=PIXELS).width == 64
    finally:
        shop.close()


def test_more_pictures_than_workers_wait_for_their_turn(monkeypatch):
    shop = Workshop(at_once=2)
    widths = []
    threads = [
        threading.Thread(target=lambda: widths.append(shop.clean(jpeg(), max_pixels=PIXELS).width))
        for _ in range(8)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert widths == [64] * 8
        monkeypatch.setattr(imaging, "WAIT_SECONDS", 0.01)
        taken = [shop.idle.get(), shop.idle.get()]
        with pytest.raises(Busy):
            shop.clean(jpeg(), max_pixels=PIXELS)
        for worker in taken:
            shop.idle.put(worker)
    finally:
        shop.close()


def test_the_worker_ends_with_its_master():
    ended = subprocess.run(
        [sys.executable, "-m", "core.imaging"],
        input=b"",
        capture_output=True,
        timeout=60,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )

    assert (ended.returncode, ended.stdout) == (0, b"")
