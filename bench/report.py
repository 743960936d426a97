"""What every benchmark prints: what was compared, the medians, and ratios against goals."""

import os
import platform
from collections.abc import Sequence


class Report:
    def __init__(self) -> None:
        self.missed: list[str] = []

    def title(self, text: str) -> None:
        print(f"\n{text}\n{'=' * len(text)}", flush=True)

    def line(self, text: str) -> None:
        print(text, flush=True)

    def machine(self) -> None:
        cores = len(os.sched_getaffinity(0))
        self.line(
            f"{cores} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
        )

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        cells = [[str(cell) for cell in row] for row in (head, *rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for number, row in enumerate(cells):
            first, *others = zip(row, widths, strict=True)
            print(
                first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others), sep="  "
            )
            if number == 0:
                print(*("-" * width for width in widths), sep="  ")
        print(flush=True)

    def goal(
        self,
        what: str,
        value: float,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """One line that says whether the goal is met; missed goals make `python -m bench` end with 1."""
        met = value >= at_least if at_least is not None else value <= at_most
        bound = f"at least {at_least}" if at_least is not None else f"at most {at_most}"
        print(f"{'met   ' if met else 'MISSED'}  {what}: {value:.2f} (goal: {bound})", flush=True)
        if not met:
            self.missed.append(what)
