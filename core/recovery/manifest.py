"""What a backup says of itself, signed with a key of its own."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from core.recovery.errors import Damaged
from core.recovery.sealing import read_key

NAME = "manifest.json"
FORMAT = 1

Manifest = dict[str, Any]


def write(folder: Path, manifest: Manifest, key: str) -> None:
    manifest = {**manifest, "format": FORMAT}
    signed = manifest | {"signature": _signature(manifest, key)}
    text = json.dumps(signed, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / NAME).write_text(f"{text}\n", encoding="utf-8")


def read(folder: Path, key: str) -> Manifest:
    """The manifest, once its signature was found right: nothing in it is used before."""
    try:
        manifest = json.loads((folder / NAME).read_text(encoding="utf-8"))
        signature = manifest.pop("signature")
    except FileNotFoundError as error:
        raise Damaged(f"{folder} has no {NAME}: this is not a complete backup.") from error
    except (ValueError, KeyError, AttributeError) as error:
        raise Damaged(f"{NAME} of {folder.name} cannot be read.") from error
    if not hmac.compare_digest(str(signature), _signature(manifest, key)):
        raise Damaged(
            f"{NAME} of {folder.name} was altered, or signed with another BACKUP_SIGNING_KEY."
        )
    if manifest["format"] != FORMAT:
        raise Damaged(
            f"{folder.name} has format {manifest['format']}; this version reads {FORMAT}."
        )
    return manifest


def check_files(folder: Path, manifest: Manifest) -> None:
    """Every file is there, as long as it was, with the same SHA-256."""
    for name, said in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise Damaged(f"{name} of {folder.name} is missing.")
        if path.stat().st_size != said["bytes"]:
            raise Damaged(
                f"{name} of {folder.name} has {path.stat().st_size} bytes, not {said['bytes']}."
            )
        if sha256(path) != said["sha256"]:
            raise Damaged(f"{name} of {folder.name} was altered: its SHA-256 is another one.")


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _signature(manifest: Manifest, key: str) -> str:
    canonical = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    secret = read_key(key, "BACKUP_SIGNING_KEY")
    return hmac.digest(secret, canonical.encode(), "sha256").hex()
