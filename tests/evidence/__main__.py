"""`python -m tests.evidence [NAME ...] [--short]`: run these proofs, or all. Ends with 1 when a goal is missed.

Results of a full run go to evidence/, and the pages there and the figures of the READMEs are made from them. A short
run proves less and is thrown away unless `--into FOLDER` says where to keep it.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.evidence.runner import pages, play, programs
from tests.evidence.runner.record import Record


def main(arguments: list[str]) -> int:
    wanted = _arguments(arguments)
    if wanted.inside:
        play.inside(wanted.names[0], Path(wanted.inside), short=wanted.short)
        return 0
    there_are = play.proofs()
    if unknown := set(wanted.names) - set(there_are):
        print(f"Unknown: {', '.join(sorted(unknown))}. There are: {', '.join(there_are)}.")
        return 2
    if wanted.pages:
        pages.write(pages.RESULTS)
        return 0
    chosen = wanted.names or there_are
    if wanted.short and not wanted.into:
        with tempfile.TemporaryDirectory(prefix="tuoyu-evidence-") as folder:
            return _run(chosen, Path(folder), short=True)
    folder = Path(wanted.into) if wanted.into else pages.RESULTS
    missed = _run(chosen, folder, short=wanted.short)
    if folder == pages.RESULTS:
        pages.write(folder, there_are=there_are)
    return missed


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.evidence", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--short", action="store_true", help="the form that runs with the tests")
    parser.add_argument("--into", metavar="FOLDER", help="where the results go")
    parser.add_argument("--pages", action="store_true", help="only make the pages anew")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _run(names: list[str], folder: Path, *, short: bool) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    not_run = []
    for name in names:
        print(f"\n{name}", flush=True)
        if needed := play.missing(name):
            print(f"  NOT RUN {programs.how_to_get(needed)}")
            not_run.append(name)
            continue
        record = play.run(name, short=short)
        record.save(folder / f"{name}.json")
        _tell(record)
        records.append(record)
    missed = sum(not record.met for record in records)
    print(f"\n{len(records) - missed} of {len(records)} proofs met all their goals.")
    if not_run:
        print(f"Not run, and nothing said about them: {', '.join(not_run)}.")
    return int(missed > 0 or not records)


def _tell(record: Record) -> None:
    for figure in record.figures:
        mark = {True: "met   ", False: "MISSED", None: "      "}[figure.met]
        print(f"  {mark}  {figure.id}  {figure.what}: {pages.number(figure.value)}{_goal(figure)}")
    for note in record.notes:
        print(f"  note    {note}")
    if record.failed:
        print(f"  FAILED  {record.failed}")


def _goal(figure) -> str:
    return f" (goal: {pages.bound(figure)})" if figure.at else ""


if __name__ == "__main__":
    if "--inside" not in sys.argv:  # so that what was started is ended
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
