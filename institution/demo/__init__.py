"""The demonstration city: made-up nurseries, people and days in the real counties of Jining.

`manage.py load_city` loads it. Another app adds its own part by a module `demo` with one function:

    from institution.demo import Context
    from institution.demo.copy import copy_in

    def fill(context: Context) -> None:
        with context.bar("Morning checks", total) as bar:
            copy_in(MorningCheck, rows, bar)

It is called once for every installed app that has one, in the order of INSTALLED_APPS from the last to the first (lower
rooms before upper ones), inside the transaction that loaded the nurseries and after their log. Take every random choice
from `context.rng`, which is seeded for the app alone: the same seed must give the same rows. Nothing may be dated later
than `context.until`. `copy_in` takes unsaved model instances or plain rows, gives them ids and writes them with COPY.
The reference data of an app (a standard, a schedule) is loaded there too and must bear being loaded twice.

With `load_city --replace` the rows that point at institutions, children or users are emptied beforehand (TRUNCATE …
CASCADE), in every app.
"""

import datetime as dt
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from core.permissions import Role
from institution.enums import ClassType, InstitutionForm, OperationMode, Sex


@dataclass(frozen=True, kw_only=True)
class Nursery:
    id: int
    name: str
    region_id: int
    region_path: str
    form: InstitutionForm
    operation: OperationMode
    inclusive: bool
    opened_on: dt.date
    class_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Pupil:
    id: int
    name: str
    sex: Sex
    born_on: dt.date
    institution_id: int
    class_group_id: int
    class_type: ClassType
    since: dt.date  # first day in the class


@dataclass(frozen=True, kw_only=True)
class Worker:
    user_id: int
    membership_id: int
    name: str
    role: Role
    institution_id: int
    class_group_id: int | None  # a carer's class
    since: dt.date


@dataclass(frozen=True, kw_only=True)
class Context:
    rng: random.Random
    seed: int
    scale: str  # demo, quarter or city
    until: dt.datetime  # the moment to which the log is told
    today: dt.date
    days: tuple[
        dt.date, ...
    ]  # days of care in the log, oldest first, ending today; Attendance says who came
    nurseries: tuple[Nursery, ...]
    pupils: tuple[Pupil, ...]
    staff: tuple[Worker, ...]
    logins: dict[str, int]  # user name of a demonstration login -> user id
    bar: Callable[
        [str, int], AbstractContextManager[Any]
    ]  # progress bar: title, total; `.update(n)`
