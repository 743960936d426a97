"""A clock that is set while programs run by it: the C beside this, compiled and preloaded."""

import mmap
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
COMPILER = "gcc"


def build(folder: Path) -> Path:
    library = folder / "clock.so"
    command = [COMPILER, "-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl", "-lpthread"]
    subprocess.run(command, check=True)
    library.chmod(0o755)
    return library


class Clock:
    """Of one machine: of whoever was started with `environment`."""

    ahead = 0

    def __init__(self, library: Path, file: Path) -> None:
        file.write_bytes(bytes(8))
        file.chmod(0o644)
        with file.open("r+b") as opened:
            self._place = mmap.mmap(opened.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(file)}

    def set(self, seconds: int) -> None:
        """So far ahead of the true time, or behind it."""
        struct.pack_into("q", self._place, 0, seconds)
        self.ahead = seconds
