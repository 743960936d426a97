import fcntl
import os
from pathlib import Path

from core.servers.errors import Trouble


class Held(Trouble):
    pass


class Ownership:
    """One process at a time works in a data folder. The kernel lets go when the holder dies."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "lock"
        self._file = self._path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip()
            self._file.close()
            raise Held(holder) from None
        self.note(f"process {os.getpid()}")

    def note(self, text: str) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)
        self._file.flush()

    def release(self) -> None:
        self._file.close()
