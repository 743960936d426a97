"""What must be there before a child starts. Other rooms register the answers; this room asks them and blocks the start.

entry_rules.register(missing_checks)    # in the app's ready()
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from core.permissions import Permission
from institution.models import Application


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One reason why a child cannot start yet, and where it can be mended by whom."""

    code: str
    text: str
    url_name: str  # takes the application's number
    permission: Permission


Check = Callable[[Application, dt.date], list[Missing]]

_checks: list[Check] = []


def register(check: Check) -> None:
    """`check` is given an application and its first day. It answers in the words of whoever asks."""
    if check not in _checks:
        _checks.append(check)


def missing(application: Application, on: dt.date) -> list[Missing]:
    return [reason for check in _checks for reason in check(application, on)]
