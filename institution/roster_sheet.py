"""Children in a workbook: a row is what the form for one child asks, checked by that form and by the same rules.

Nothing is kept of a file. A row whose child has its place already is passed over, so the same file can be sent again
after a fault is mended, or after the connection was lost half way.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from xlsxwriter.utility import xl_col_to_name

from core import xlsx
from core.calendar import today
from core.crypto import mask_id, mask_phone
from core.errors import Refused
from core.scoping import Actor
from institution.enums import Relation, Sex
from institution.forms import EnrolForm
from institution.models import ClassGroup, Enrolment, Guardianship
from institution.selectors.children import has_place
from institution.selectors.places import places_from
from institution.services import children

MOST_ROWS = 600
ENROLLED_AT_ONCE = 40
COLUMNS = {
    "name": gettext_lazy("Child's name"),
    "sex": gettext_lazy("Sex"),
    "born_on": gettext_lazy("Born on"),
    "resident_id": gettext_lazy("Resident ID number"),
    "class_group": gettext_lazy("Class"),
    "start_on": gettext_lazy("First day"),
    "guardian_name": gettext_lazy("Guardian's name"),
    "guardian_phone": gettext_lazy("Guardian's mobile phone"),
    "relation": gettext_lazy("Relation"),
}
MAY_LACK = {"resident_id"}
DAY = re.compile(r"([0-9]{4})\D?([0-9]{1,2})\D?([0-9]{1,2})\D?")
CHOICES: dict[str, type[TextChoices]] = {"sex": Sex, "relation": Relation}


@dataclass(frozen=True)
class Fault:
    cell: str  # such as "C7"
    code: str
    message: str


@dataclass
class Line:
    number: int  # of the row in the sheet
    name: str
    form: EnrolForm
    faults: list[Fault] = field(default_factory=list)
    here: bool = False  # the child has its place already


@dataclass
class Looked:
    """A whole file, and nothing written."""

    lines: list[Line]

    @property
    def faults(self) -> list[tuple[Line, Fault]]:
        return [(line, fault) for line in self.lines for fault in line.faults]

    @property
    def faulty(self) -> int:
        return sum(bool(line.faults) for line in self.lines)

    @property
    def here(self) -> int:
        return sum(line.here for line in self.lines)

    @property
    def fresh(self) -> int:
        return len(self.lines) - self.faulty - self.here


@dataclass
class Step:
    """Some rows enrolled. `after` is the row to go on behind, or None at the end of the file."""

    enrolled: int
    after: int | None
    last: int  # number of the last row


def looked_at(actor: Actor, rows: list[list[str]]) -> Looked:
    """Raises Refused `no_header` where a column is missing, `no_rows`."""
    seen: dict[tuple, int] = {}
    room: Counter[tuple] = Counter()
    lines = []
    for line, places in _lines(actor, rows):
        if not line.faults and not line.here:
            _check_within(line, places, seen, room)
        lines.append(line)
    return Looked(lines)


def enrol_some(actor: Actor, rows: list[list[str]], *, after: int) -> Step:
    """Enrols the next good rows. What a rule refuses now is passed over and stands in the next look at the file."""
    enrolled = 0
    for line, __ in _lines(actor, rows, after=after):
        if line.faults or line.here:
            continue
        try:
            children.enrol_child(actor=actor, **line.form.cleaned_data)
        except Refused:
            continue
        enrolled += 1
        if enrolled == ENROLLED_AT_ONCE:
            return Step(enrolled, line.number if line.number < len(rows) else None, len(rows))
    return Step(enrolled, None, len(rows))


def empty(actor: Actor) -> bytes:
    """A workbook to fill in, whose cells offer what there is to choose from."""
    offered = {name: [str(label) for label in kinds.labels] for name, kinds in CHOICES.items()}
    classes = ClassGroup.objects.visible_to(actor).running(today()).order_by("name", "pk")
    offered["class_group"] = [each.name for each in classes]
    names = list(COLUMNS)
    return xlsx.write(
        title=_("Children"),
        header=[str(title) for title in COLUMNS.values()],
        rows=[],
        choices={names.index(name): values for name, values in offered.items()},
    )


def filled(places: list[Enrolment], guardians: dict[int, list[Guardianship]]) -> bytes:
    """Everybody with a place, numbers masked."""
    header = [*list(COLUMNS.values())[:6], _("Guardians")]
    return xlsx.write(
        title=_("Children"),
        header=[str(title) for title in header],
        rows=(
            [
                place.child.name,
                place.child.get_sex_display(),
                place.child.born_on,
                mask_id(place.child.resident_id),
                place.class_group.name,
                place.during.lower,
                _(", ").join(_called(each) for each in guardians.get(place.child_id, [])),
            ]
            for place in places
        ),
    )


def _called(guardianship: Guardianship) -> str:
    user = guardianship.user
    return f"{user.name} {guardianship.get_relation_display()} {mask_phone(user.phone)}"


def _lines(
    actor: Actor, rows: list[list[str]], *, after: int = 1
) -> Iterator[tuple[Line, "_Places"]]:
    columns = _columns(rows)
    if not any(any(row) for row in rows[1:]):
        raise Refused(_("There is no child in this sheet: row 2 is the first."), "no_rows")
    places = _Places(actor)
    for number, row in enumerate(rows[1:], 2):
        if number > after and any(row):
            yield _line(actor, places, number, row, columns), places


def _columns(rows: list[list[str]]) -> dict[str, int]:
    """Where each field stands, by the titles of any language of ours."""
    titles = [_squeezed(title) for title in rows[0]] if rows else []
    found = {
        name: titles.index(title)
        for name, known in _titles().items()
        for title in known
        if title in titles
    }
    missing = [str(COLUMNS[name]) for name in COLUMNS if name not in found and name not in MAY_LACK]
    if missing:
        message = _("Row 1 lacks the column: %(columns)s. Please use the empty sheet of this page.")
        raise Refused(message % {"columns": _(", ").join(missing)}, "no_header")
    return found


@cache
def _titles() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in COLUMNS}
    for code, __ in settings.LANGUAGES:
        with translation.override(code):
            for name, title in COLUMNS.items():
                found[name].add(_squeezed(str(title)))
    return found


@cache
def _values(name: str) -> dict[str, str]:
    """What people write for a choice, and the choice."""
    kinds = list(CHOICES[name])
    found = {str(each.value): str(each.value) for each in kinds}
    for code, __ in settings.LANGUAGES:
        with translation.override(code):
            found |= {_squeezed(str(each.label)): str(each.value) for each in kinds}
    return found


class _Places:
    """The classes by name, and the free places of each from a day on; asked for once."""

    def __init__(self, actor: Actor) -> None:
        running = ClassGroup.objects.visible_to(actor).running(today())
        self.classes = {_squeezed(each.name): each for each in running.order_by("-name", "-pk")}
        self._free: dict[tuple, int] = {}

    def free(self, class_group: ClassGroup, day) -> int:
        key = class_group.pk, day
        if key not in self._free:
            self._free[key] = places_from(class_group, day).free
        return self._free[key]


def _line(
    actor: Actor, places: _Places, number: int, row: list[str], columns: dict[str, int]
) -> Line:
    cells = {name: row[column] if column < len(row) else "" for name, column in columns.items()}
    form = EnrolForm(_typed(cells, places), actor=actor)
    line = Line(number, cells["name"], form)
    for name, errors in form.errors.as_data().items():
        where = f"{xl_col_to_name(columns[name])}{number}" if name in columns else str(number)
        line.faults += [
            Fault(where, str(error.code or "invalid"), str(message))
            for error in errors
            for message in error.messages
        ]
    if not line.faults:
        _check_rules(actor, line, columns)
    return line


def _typed(cells: dict[str, str], places: _Places) -> dict[str, str]:
    typed = dict(cells)
    for name in ("born_on", "start_on"):
        day = DAY.fullmatch(cells[name])
        if day:
            typed[name] = "{}-{:0>2}-{:0>2}".format(*day.groups())
    for name in CHOICES:
        typed[name] = _values(name).get(_squeezed(cells[name]), cells[name])
    group = places.classes.get(_squeezed(cells["class_group"]))
    typed["class_group"] = str(group.pk) if group else cells["class_group"]
    return typed


def _check_rules(actor: Actor, line: Line, columns: dict[str, int]) -> None:
    given = line.form.cleaned_data
    about = {name: given[name] for name in ("name", "born_on", "resident_id", "start_on")}
    line.here = has_place(actor=actor, **about)
    if line.here:
        return
    try:
        children.check_enrolment(actor=actor, class_group=given["class_group"], **about)
    except Refused as refused:
        name = next(iter(refused.fields), "name")
        cell = f"{xl_col_to_name(columns.get(name, columns['name']))}{line.number}"
        line.faults.append(Fault(cell, refused.code, str(refused.message)))


def _check_within(
    line: Line, places: _Places, seen: dict[tuple, int], room: Counter[tuple]
) -> None:
    """What only the rest of the file tells: the same child twice, more children than places."""
    given = line.form.cleaned_data
    child = (given["resident_id"],) if given["resident_id"] else (given["name"], given["born_on"])
    first = seen.setdefault(child, line.number)
    if first != line.number:
        message = _("The same child stands in row %(row)d.") % {"row": first}
        line.faults.append(Fault(str(line.number), "twice", message))
        return
    group = given["class_group"]
    room[group.pk] += 1
    free = places.free(group, given["start_on"])
    if room[group.pk] > free:
        message = _(
            "%(class)s has %(free)d free places from that day on, and this row is one more."
        )
        line.faults.append(
            Fault(str(line.number), "class_full", message % {"class": group.name, "free": free})
        )


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()
