"""`python -m tests.secret_scan [--update]`: passwords, keys and tokens in files of the checkout that .secrets.baseline does
not know. Ends with 1 where there is one; `--update` writes the baseline anew, for a person to look through.

Lines are not compared: what was known stays known when it moves in its file.
"""

import argparse
import json
import subprocess
import sys
from multiprocessing import Pool
from pathlib import Path

from detect_secrets.core import baseline, scan
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import configure_settings_from_baseline

CHECKOUT = Path(__file__).resolve().parents[1]
BASELINE = CHECKOUT / ".secrets.baseline"
MADE_UP = ("tests/", "bench/")  # passwords there are of people who are not
NOISE = "Secret Keyword"

Found = tuple[str, str, str]  # file, kind, hash


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.secret_scan", description=__doc__)
    parser.add_argument("--update", action="store_true")
    kept = json.loads(BASELINE.read_text())
    secrets = scanned(kept)
    if parser.parse_args(arguments).update:
        baseline.save_to_file(secrets, str(BASELINE))
        return 0
    known = {
        (name, each["type"], each["hashed_secret"])
        for name, found in kept["results"].items()
        for each in found
    }
    found = {(name, each.type, each.secret_hash): each.line_number for name, each in secrets}
    for (name, kind, _hash), line in sorted(found.items()):
        if (name, kind, _hash) not in known:
            print(
                f"{name}:{line}: {kind}. A real one: take it out, and change it wherever it is used."
            )
    for name, kind, _hash in sorted(known - found.keys()):
        print(f"{name}: a {kind} is not there any more.")
    if found.keys() == known:
        return 0
    print("Where all is harmless: python -m tests.secret_scan --update")
    return 1


def scanned(kept: dict) -> SecretsCollection:
    configure_settings_from_baseline(kept)
    secrets = SecretsCollection(root=str(CHECKOUT))
    with Pool(2, configure_settings_from_baseline, [kept]) as pool:
        for found in pool.imap_unordered(_of_file, files(), chunksize=16):
            for each in found:
                secrets[each.filename].add(each)
    return secrets


def files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = set(listed.stdout.splitlines()) - {BASELINE.name}
    return sorted(name for name in names if (CHECKOUT / name).is_file())


def _of_file(name: str) -> list:
    found = []
    for each in scan.scan_file(str(CHECKOUT / name)):
        each.filename = name
        if not (each.type == NOISE and name.startswith(MADE_UP)):
            found.append(each)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
