import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


def say(text: str = "") -> None:
    with suppress(OSError):  # the terminal may have been closed
        print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """On a terminal the line stands while the step runs; in a file it is written once, at the end."""
    started = time.monotonic()
    if sys.stdout.isatty():
        print(f"  … {title}", end="", flush=True)
    try:
        yield
    except BaseException:
        if sys.stdout.isatty():
            print(flush=True)
        raise
    say(f"{_back()}  ✓ {pad(title, 44)} {time.monotonic() - started:5.1f} s")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(width, column)) for column in zip(headings, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        return "  " + "  ".join(map(pad, cells, widths)).rstrip()

    rule = "  " + "  ".join("─" * size for size in widths)
    return "\n".join([line(headings), rule, *map(line, rows)])


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def pad(text: str, size: int) -> str:
    return text + " " * (size - width(text))


def _back() -> str:
    return "\r" if sys.stdout.isatty() else ""
