"""`python -m bench [name ...]`: run these benchmarks, or all. Each is a package bench/<name> with `run(report)`."""

import importlib
import subprocess
import sys
from pathlib import Path

from bench.report import Report

HERE = Path(__file__).parent


def names() -> list[str]:
    return sorted(folder.name for folder in HERE.iterdir() if (folder / "__init__.py").is_file())


def main(wanted: list[str]) -> int:
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"Unknown: {', '.join(sorted(unknown))}. There are: {', '.join(names())}.")
        return 2
    chosen = wanted or names()
    if len(chosen) > 1:  # each in a process of its own: Django is set up for one database
        return max(subprocess.call([sys.executable, "-m", "bench", name]) for name in chosen)
    report = Report()
    report.machine()
    importlib.import_module(f"bench.{chosen[0]}").run(report)
    if report.missed:
        print(f"\n{len(report.missed)} goals missed: {'; '.join(report.missed)}")
    return bool(report.missed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
