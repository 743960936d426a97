"""`python -m bench [name ...]`: run these benchmarks, or all. Each is a package bench/<name> with `run(report)`."""

import importlib
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
    report = Report()
    report.machine()
    for name in wanted or names():
        importlib.import_module(f"bench.{name}").run(report)
    if report.missed:
        print(f"\n{len(report.missed)} goals missed: {'; '.join(report.missed)}")
    return bool(report.missed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
