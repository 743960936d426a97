"""Codes that people type: letters and digits in fours. Base 32 has neither 0 nor 1, 8 nor 9."""

GROUP = 4


def spelled(code: str, *, between: str = "-") -> str:
    return between.join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def plain(typed: str) -> str:
    return "".join(typed.upper().split()).replace("-", "")
