"""Children with their places, their allergies and their families."""

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.models import User
from core.permissions import Role
from institution.demo.city import SHOWCASE_CLASS
from institution.demo.people import Register
from institution.enums import AllergySeverity, ClassType, Relation, Sex
from institution.models import (
    Allergy,
    Child,
    ChildGrant,
    ClassGroup,
    Enrolment,
    Guardianship,
    Institution,
)

SIBLINGS = 0.03
SIBLING_GAP = dt.timedelta(days=300)
GRANTED = 0.04
UNREGISTERED = 0.05  # without a resident id yet
ALLERGIC = 0.08
SEVERE = 0.2
ALLERGENS = (  # substance, icon, how often
    ("牛奶蛋白", "milk-off", 34),
    ("鸡蛋", "egg-off", 30),
    ("花生", "nut-off", 14),
    ("虾蟹", "fish-off", 12),
    ("小麦", "wheat-off", 6),
    ("芒果", "triangle-alert", 4),
)
MILK = ALLERGENS[0][0]
SETTLED_DAYS = 40  # the showcase's children have been here for longer than the log
HOUSEHOLDS = (
    ((Relation.MOTHER, Relation.FATHER), 89),
    ((Relation.MOTHER,), 6),
    ((Relation.FATHER, Relation.GRANDMOTHER), 5),
)
WOMEN = (Relation.MOTHER, Relation.GRANDMOTHER)

F, M = Sex.FEMALE, Sex.MALE
SHOWCASE_CHILDREN = {
    "王若溪": F,
    "李沐辰": M,
    "张予安": M,
    "刘一诺": F,
    "陈语桐": F,
    "赵景行": M,
    "孔令哲": M,
    "颜安歌": F,
    "孟知夏": F,
    "周星野": M,
    "徐可盈": F,
    "马小满": F,
    "高梓涵": F,
    "宋知遥": F,
    "郑果果": M,
}
ALLERGIC_CHILD = "赵景行"
ILL_CHILD = "宋知遥"
KNOWN_CHILD = "马小满"
SISTER = "马小暖"
SECOND_CHILD = "王若溪"
KNOWN_BORN = dt.timedelta(days=640)
SISTER_BORN = dt.timedelta(days=1_030)


@dataclass(kw_only=True)
class Family:
    surname: str
    guardians: list[tuple[User, Relation]]
    relatives: list[User] = field(default_factory=list)
    births: list[dt.date] = field(default_factory=list)


class Families:
    """The families of one nursery."""

    def __init__(self, register: Register, institution: Institution) -> None:
        self.register = register
        self.rng = register.rng
        self.institution = institution
        self.families: list[Family] = []
        self.known: Family | None = None

    def fill(self, group: ClassGroup, children: int) -> None:
        taken: set[str] = set()
        for _child in range(children):
            born, since = self._dates(group)
            family = self._sibling(born) or self._family(self.register.names.surname())
            sex = self.rng.choice((F, M))
            name = self.register.names.child(sex, family.surname, taken)
            child = self._enrol(group, family, name, sex, born, since)
            if self.rng.random() < ALLERGIC:
                self._allergy(
                    child, *self.rng.choices(ALLERGENS, [often for *_, often in ALLERGENS])[0]
                )

    def fill_showcase(self, groups: Sequence[tuple[ClassGroup, int]]) -> None:
        """The class that a visitor works in, and a sister of one of its children in the class of the bigger ones."""
        for group, children in groups:
            if group.name == SHOWCASE_CLASS:
                for name, sex in SHOWCASE_CHILDREN.items():
                    self._showcase_child(group, name, sex)
            elif group.class_type == ClassType.TODDLER_BIG and self.known is not None:
                born = self.register.today - SISTER_BORN
                since = self.register.today - dt.timedelta(days=SETTLED_DAYS)
                self._enrol(group, self.known, SISTER, F, born, since)
                self.fill(group, children - 1)
            else:
                self.fill(group, children)

    def _showcase_child(self, group: ClassGroup, name: str, sex: Sex) -> None:
        born, since = self._dates(group, settled=True)
        logins = {KNOWN_CHILD: "parent", SECOND_CHILD: "parent2"}
        family = self._family(name[0], login=logins.get(name, ""))
        if name == KNOWN_CHILD:
            self.known = family
            born = self.register.today - KNOWN_BORN
            grandma = self.register.names.adult(F)
            family.relatives = [
                self.register.user("f", grandma, login=self.register.login(Role.RELATIVE))
            ]
        child = self._enrol(group, family, name, sex, born, since)
        if name == ALLERGIC_CHILD:
            self._allergy(child, *ALLERGENS[0])

    def _dates(self, group: ClassGroup, *, settled: bool = False) -> tuple[dt.date, dt.date]:
        """Born within the ages of the class, and here since some day after reaching them."""
        rule, today = self.register.rules[group.class_type], self.register.today
        youngest = _months_before(today, rule.min_months)
        oldest = _months_before(today, rule.below_months) + dt.timedelta(days=1)
        if settled:
            youngest -= dt.timedelta(days=SETTLED_DAYS)
        born = oldest + dt.timedelta(days=self.rng.randrange((youngest - oldest).days + 1))
        of_age = _months_after(born, rule.min_months)
        first = max(of_age, self.register.opening_of(self.institution))
        days = (today - first).days
        since = first + dt.timedelta(days=int(days * self.rng.random() ** 2))
        if settled:
            since = min(since, today - dt.timedelta(days=SETTLED_DAYS))
        return born, since

    def _sibling(self, born: dt.date) -> Family | None:
        if not self.families or self.rng.random() > SIBLINGS:
            return None
        family = self.rng.choice(self.families)
        apart = all(abs(born - other) >= SIBLING_GAP for other in family.births)
        return family if apart and family is not self.known else None

    def _family(self, surname: str, *, login: str = "") -> Family:
        register = self.register
        household = self.rng.choices(
            [who for who, _ in HOUSEHOLDS], [often for _, often in HOUSEHOLDS]
        )[0]
        if login:
            household = HOUSEHOLDS[0][0]
        guardians = []
        for relation in household:
            own = "" if relation in WOMEN else surname
            name = register.names.adult(F if relation in WOMEN else M, own)
            first = login if relation == Relation.MOTHER else ""
            guardians.append((register.user("f", name, login=first), relation))
        family = Family(surname=surname, guardians=guardians)
        if not login and self.rng.random() < GRANTED:
            family.relatives = [register.user("f", register.names.adult(F))]
        self.families.append(family)
        return family

    def _enrol(
        self, group, family: Family, name: str, sex: Sex, born: dt.date, since: dt.date
    ) -> Child:
        add = self.register.add
        number = (
            "" if self.rng.random() < UNREGISTERED else self.register.names.resident_id(born, sex)
        )
        child = add(Child(name=name, sex=sex, born_on=born, resident_id=number))
        family.births.append(born)
        add(
            Enrolment(
                institution=self.institution, class_group=group, child=child, during=(since, None)
            )
        )
        for user, relation in family.guardians:
            add(Guardianship(user=user, child=child, relation=relation, valid_from=born))
        for user in family.relatives if len(family.births) == 1 else ():  # granted on one child
            add(
                ChildGrant(
                    user=user, content_object=child, permission=self.register.may_view["child"]
                )
            )
        return child

    def _allergy(self, child: Child, substance: str, icon: str, _often: int) -> None:
        severe = self.rng.random() < SEVERE
        self.register.add(
            Allergy(
                institution=self.institution,
                child=child,
                substance=substance,
                severity=AllergySeverity.SEVERE if severe else AllergySeverity.MILD,
                icon=icon,
            )
        )


def _months_before(day: dt.date, months: int) -> dt.date:
    return _months_after(day, -months)


def _months_after(day: dt.date, months: int) -> dt.date:
    """The same day of another month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))
