import subprocess
from collections.abc import Mapping
from pathlib import Path

from core.servers.errors import Trouble


def compile_all(checkout: Path, python: str, env: Mapping[str, str]) -> None:
    answer = subprocess.run(
        [python, "manage.py", "compile_catalogues"],
        cwd=checkout,
        env={**env, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if answer.returncode:
        raise Trouble(f"The translations could not be compiled:\n{answer.stderr.strip()}")


def stale(checkout: Path) -> bool:
    return any(
        not (compiled := source.with_suffix(".mo")).is_file()
        or compiled.stat().st_mtime < source.stat().st_mtime
        for source in checkout.glob("*/locale/*/LC_MESSAGES/*.po")
    )
