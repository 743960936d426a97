"""The rows of people before they have ids, and the accounts by which they sign in."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import Permission

from core.calendar import day_bounds
from core.models import RegionPost, User
from core.permissions import Role
from institution.demo.city import SHOWCASE_CLASS
from institution.demo.copy import copy_in
from institution.demo.logins import LOGINS
from institution.demo.names import Names
from institution.models import (
    Allergy,
    Child,
    ChildGrant,
    ClassDuty,
    ClassGroup,
    ClassTypeRule,
    Enrolment,
    Guardianship,
    Institution,
    InstitutionGrant,
    Membership,
)

TABLES = (
    User,
    Membership,
    ClassDuty,
    Child,
    Enrolment,
    Allergy,
    Guardianship,
    ChildGrant,
    RegionPost,
    InstitutionGrant,
)


@dataclass(kw_only=True)
class Register:
    """Collects rows that point at each other; `save` writes them table by table."""

    rng: random.Random
    names: Names
    today: dt.date
    password: str  # hashed, the same for everybody
    rows: dict[type, list] = field(default_factory=lambda: {model: [] for model in TABLES})
    accounts: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.opened = day_bounds(self.today)[0]
        self.rules = {rule.class_type: rule for rule in ClassTypeRule.objects.on(self.today)}
        self.free = {
            role: [name for name, of in LOGINS.items() if of == role] for role in LOGINS.values()
        }
        grants = Permission.objects.filter(content_type__app_label="institution")
        self.may_view = {
            name: grants.get(codename=f"view_{name}") for name in ("child", "institution")
        }

    def opening_of(self, institution: Institution) -> dt.date:
        return institution.opened_on or self.today

    def add(self, row):
        self.rows[type(row)].append(row)
        return row

    def user(self, kind: str, name: str, *, login: str = "", phone: bool = True) -> User:
        """`kind` is the first letter of a user name that nobody has to remember."""
        self.accounts[kind] += 1
        return self.add(
            User(
                username=login or f"{kind}{self.accounts[kind]:06d}",
                name=name,
                phone=self.names.phone() if phone else "",
                password=self.password,
                joined_at=self.opened,
            )
        )

    def login(self, role: Role) -> str:
        """The demonstration's user name of this role, for the first who asks."""
        free = self.free.get(role)
        return free.pop(0) if free else ""

    def spread(self, groups: Sequence[ClassGroup], children: int) -> list[int]:
        """Children per class, adding up. The showcase class is full."""
        places = sum(group.capacity for group in groups)
        numbers = [
            min(
                group.capacity,
                max(1, round(group.capacity * self.rng.uniform(0.7, 1.3) * children / places)),
            )
            for group in groups
        ]
        full = next(place for place, group in enumerate(groups) if group.name == SHOWCASE_CLASS)
        numbers[full] = groups[full].capacity
        order = [place for place in range(len(groups)) if place != full]
        while gap := children - sum(numbers):
            self.rng.shuffle(order)
            step = 1 if gap > 0 else -1
            for place in order[: abs(gap)]:
                if 1 <= numbers[place] + step <= groups[place].capacity:
                    numbers[place] += step
        return numbers

    @property
    def size(self) -> int:
        return sum(len(rows) for rows in self.rows.values())

    def save(self, bar) -> None:
        for model in TABLES:
            for row in self.rows[model]:
                _take_ids(row)
            copy_in(model, self.rows[model], bar)


def _take_ids(row) -> None:
    """What the row points at has been written by now."""
    for key in row._meta.concrete_fields:
        if key.is_relation:
            there = getattr(row, key.name)
            setattr(row, key.attname, there and there.pk)
