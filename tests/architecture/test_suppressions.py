"""Whoever silences a finding about security says why, on the same line."""

import re
from collections.abc import Iterator

import pytest

from tests.architecture.test_egress import BASE, product

SILENCED = re.compile(r"#.*\b(?:noqa: (?=[^-]*\bS[0-9]{3})[A-Z0-9, ]+|nosec\b)(?P<why>.*)")
REASON = re.compile(r" -- \S+ \S+")


def without_reason(text: str) -> Iterator[str]:
    for line in text.splitlines():
        found = SILENCED.search(line)
        if found and not REASON.search(line[found.start() :]):
            yield line.strip()


def test_every_suppression_has_a_reason():
    found = {
        path.relative_to(BASE).as_posix(): lines
        for path in product()
        if (lines := list(without_reason(path.read_text(encoding="utf-8"))))
    }

    assert found == {}


@pytest.mark.parametrize(
    ("line", "is_bare"),
    [
        ("a()  # noqa: S608", True),
        ("a()  # noqa: E501, S608", True),
        ("a()  # nosec", True),
        ("a()  # noqa: S608 -- names of ours", False),
        ("a()  # noqa: E501", False),
    ],
)
def test_the_guard_sees(line, is_bare):
    assert bool(list(without_reason(line))) is is_bare
