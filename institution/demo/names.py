"""Made-up people. Numbers that could belong to somebody are avoided.

- Resident ids carry 370800, the code of the whole city, which is on nobody's card; the check digit is right.
- Phones are 145 numbers, a range of data cards; they pass as mobile numbers and nobody answers them.
- Land lines begin with 0 after the area code, which no local number does.
"""

import datetime as dt
import random
from collections import Counter
from itertools import count

from stdnum.cn import ric

from institution.demo.words import WORDS
from institution.enums import Sex

PHONE_STEP = 61_803_399  # without a common divisor with the range, so that no number comes twice
_CITY_ON_NO_CARD = "370800"


class Names:
    """Draws names and hands out numbers, each only once."""

    def __init__(self, rng: random.Random, *, numbers_from: int = 0) -> None:
        """`numbers_from` keeps the resident ids of several registers apart: so many of each day are another's."""
        self.rng = rng
        self._numbers_from = numbers_from
        self._phones = count(rng.randrange(10**8))
        self._born: Counter[dt.date] = Counter()
        self._surnames = [
            (sign, int(often)) for often, signs in WORDS["surnames"].items() for sign in signs
        ]
        self._weights = [often for _sign, often in self._surnames]

    def surname(self) -> str:
        return self.rng.choices(self._surnames, self._weights)[0][0]

    def adult(self, sex: Sex, surname: str = "") -> str:
        return (surname or self.surname()) + self.rng.choice(
            WORDS["women" if sex == Sex.FEMALE else "men"]
        )

    def child(self, sex: Sex, surname: str, taken: set[str]) -> str:
        """Nobody else in the class is called so."""
        given = WORDS["girls" if sex == Sex.FEMALE else "boys"]
        for _try in range(20):
            name = surname + self.rng.choice(given)
            if name not in taken:
                break
        taken.add(name)
        return name

    def phone(self) -> str:
        return f"145{next(self._phones) * PHONE_STEP % 10**8:08d}"

    def resident_id(self, born: dt.date, sex: Sex) -> str:
        turn = 2 * (self._numbers_from + self._born[born]) + (sex == Sex.MALE)
        self._born[born] += 1
        start = f"{_CITY_ON_NO_CARD}{born:%Y%m%d}{turn:03d}"
        return start + ric.calc_check_digit(f"{start}?")  # the last sign is not looked at

    def land_line(self) -> str:
        return f"0537-0{self.rng.randrange(10**6):06d}"
