"""What a number looks like to be compared, and to be shown without being told."""

import unicodedata


def normalise(value: str) -> str:
    """The same number written by different hands is one value: width, case, spaces, hyphens and +86 do not count."""
    text = "".join(unicodedata.normalize("NFKC", value).split()).replace("-", "").upper()
    return text.removeprefix("+86")


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
