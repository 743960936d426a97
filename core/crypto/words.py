"""What a number looks like to be compared, and to be shown without being told."""

import re
import unicodedata

# Nine digits or more, however they are grouped; of a resident id the last may be an X.
_NUMBER = re.compile(r"[0-9](?:[^0-9A-Za-z\u4e00-\u9fff]{0,3}[0-9]){8,}")


def normalise(value: str) -> str:
    """The same number written by different hands is one value: width, case, spaces, hyphens and +86 do not count."""
    text = "".join(unicodedata.normalize("NFKC", value).split()).replace("-", "").upper()
    return text.removeprefix("+86")


def holds_number(text: str) -> bool:
    """A phone, a resident id, or one with a slip in it: never sent to the database in clear, whose logs keep statements.

    No name of a person, a nursery or an account has nine digits in a row.
    """
    return _NUMBER.search(unicodedata.normalize("NFKC", text)) is not None


def mask_id(value: str) -> str:
    """370811202401011234 -> 3708**********1234"""
    return _mask(value, head=4, tail=4)


def mask_phone(value: str) -> str:
    """13805371234 -> 138****1234"""
    return _mask(value, head=3, tail=4)


def _mask(value: str, *, head: int, tail: int) -> str:
    hidden = len(value) - head - tail
    if hidden < tail:  # too short to show both ends and still hide something
        return "*" * len(value)
    return value[:head] + "*" * hidden + value[-tail:]
