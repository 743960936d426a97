"""The Chromium of the machine, for browser tests. `python -m core.servers.browser` sees to it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MISSING = (
    "Browser tests are skipped: no Chromium on this machine. Install it with the package manager, "
    "or with `.venv/bin/python -m playwright install --with-deps chromium`."
)


def find() -> Path | None:
    """CHROMIUM, then the PATH, then what Playwright has downloaded."""
    if given := os.environ.get("CHROMIUM"):
        return Path(given)
    for name in NAMES:
        if path := shutil.which(name):
            return Path(path)
    cache = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright"
    downloaded = sorted(Path(cache).glob("chromium-*/chrome-linux*/chrome"))
    return downloaded[-1] if downloaded else None


def install() -> None:
    """Only where that needs no question: as root on a Debian."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing Chromium and a Chinese font for the browser tests …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        "apt-get update -qq",
        "apt-get install -qq --no-install-recommends chromium fonts-noto-cjk",
    ):
        subprocess.run(
            command.split(), env=quiet, stdout=subprocess.DEVNULL, check=False, timeout=900
        )


if __name__ == "__main__":
    if not find():
        install()
    print(f"Browser: {found}" if (found := find()) else MISSING)
    sys.exit(0)
