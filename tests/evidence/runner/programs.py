"""Programs that a proof attacks us with, or puts before us, and that are no part of the system."""

import os
import shutil

FOR_ADMINISTRATORS = "/usr/local/sbin:/usr/sbin:/sbin"  # where Debian keeps servers


def found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{FOR_ADMINISTRATORS}")


def how_to_get(name: str) -> str:
    return f"{name} is not installed here. On Debian and Ubuntu: apt-get install {name}"
