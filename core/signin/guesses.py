"""Counted wrong answers, in the database so that every process counts the same."""

import datetime as dt

from django.db import connection
from django.db.models import F

from core import calendar
from core.models import Guesses

_TAKE = """
INSERT INTO core_guesses (key, wrong, since) VALUES (%(key)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
  wrong = CASE WHEN core_guesses.since <= %(over)s THEN 1 ELSE core_guesses.wrong + 1 END,
  since = CASE WHEN core_guesses.since <= %(over)s THEN %(now)s ELSE core_guesses.since END
RETURNING wrong
"""


class Limit:
    """At most `wrong` wrong answers under one key within `window`; then none is looked at until it is over.

    An answer is counted before it is looked at, so that a hundred at once are not a hundred looks.
    """

    def __init__(self, name: str, *, wrong: int, window: dt.timedelta):
        self.name, self.wrong, self.window = name, wrong, window

    def take(self, key: str) -> bool:
        """May one more answer be looked at?"""
        now = calendar.now()
        values: dict[str, str | dt.datetime] = {
            "key": self._key(key),
            "now": now,
            "over": now - self.window,
        }
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, values)
            return cursor.fetchone()[0] <= self.wrong

    def give_back(self, key: str) -> None:
        """The answer was right."""
        taken = Guesses.objects.filter(key=self._key(key), wrong__gt=0)
        taken.update(wrong=F("wrong") - 1)

    def is_reached(self, key: str) -> bool:
        since = calendar.now() - self.window
        counted = Guesses.objects.filter(key=self._key(key), since__gt=since, wrong__gte=self.wrong)
        return counted.exists()

    def _key(self, key: str) -> str:
        return f"{self.name}:{key}"[:120]


HOUR, QUARTER = dt.timedelta(hours=1), dt.timedelta(minutes=15)

# Wrong passwords for one account from anywhere. django-axes counts them per account and address besides.
PASSWORD = Limit("password", wrong=20, window=HOUR)
# Wrong codes for one account from one address, and from anywhere: 30 guesses at three of a million codes.
FACTOR_HERE = Limit("factor", wrong=5, window=QUARTER)
APP_CODE = Limit("app", wrong=30, window=HOUR)
# Wrong passwords after a right second factor, and wrong answers to "is it still you".
AFTER_FACTOR = Limit("after", wrong=10, window=HOUR)
CONFIRM = Limit("confirm", wrong=5, window=QUARTER)
# Wrong codes of invitations from one address: 80 bits each, but nobody needs more tries.
INVITATION = Limit("invitation", wrong=20, window=QUARTER)


def forget_person(user_id: int) -> None:
    """After somebody in charge has looked into it: whoever it was may try again."""
    Guesses.objects.filter(key__regex=rf"^[a-z]+:user-{int(user_id)}(@|$)").delete()
