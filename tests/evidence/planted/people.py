"""Made-up people whose numbers and notes are looked for afterwards, and nothing else in the world looks like them."""

import datetime as dt
import random
from dataclasses import dataclass

from stdnum.cn import ric

PHONE_START, ID_START, NOTE_START, NAME_START = "199", "370811", "zq", "zc"
CODE = 16  # digits of the code by which a note and a name are recognised


@dataclass(frozen=True)
class Planted:
    resident_id: str
    phone: str
    note: str
    code: str  # in the note
    name: str  # in clear everywhere: by it the search proves that it searches
    born_on: dt.date

    @property
    def secrets(self) -> tuple[str, str, str]:
        return self.resident_id, self.phone, self.code

    def typed_phone(self, number: int) -> str:
        """The phone as different hands write it."""
        phone = self.phone
        wide = "".join(chr(ord(digit) + 0xFEE0) for digit in phone)
        spaced = f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}"
        return (phone, spaced, f"{phone[:3]}-{phone[3:7]}-{phone[7:]}", wide)[number % 4]


def people(count: int, *, today: dt.date, seed: int = 1) -> list[Planted]:
    rng = random.Random(seed)
    phones = rng.sample(range(10**8), count)
    return [_person(rng, number, phones[number], today) for number in range(count)]


def _person(rng: random.Random, number: int, phone: int, today: dt.date) -> Planted:
    """All of an age that a toddlers' class takes; each day of birth has 999 numbers."""
    born = today - dt.timedelta(days=400 + number % 300)
    body = f"{ID_START}{born:%Y%m%d}{number // 300 + 1:03d}"
    code = f"{NOTE_START}{rng.getrandbits(64):0{CODE}x}"
    return Planted(
        resident_id=body + ric.calc_check_digit(f"{body}0"),
        phone=f"{PHONE_START}{phone:08d}",
        note=f"昨夜低热，{code}，家长已知",
        code=code,
        name=f"甲{NAME_START}{rng.getrandbits(64):0{CODE}x}",
        born_on=born,
    )
