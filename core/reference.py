"""The official calendar, stored day by day from what the packaged list knows. Calculations read the table, never the list."""

import datetime as dt
from importlib.metadata import version

from core.models.calendar_day import CalendarDay, DayKind

SINCE = 2020  # no record here is older
SATURDAY = 5


def load_calendar_days() -> int:
    """Years that the list does not know get no rows: their holidays are not announced. May run as often as wanted."""
    from chinese_calendar.constants import (  # noqa: PLC0415 -- a long list, and only a loader reads it
        Holiday,
        holidays,
        workdays,
    )

    chinese = {holiday.value: holiday.chinese for holiday in Holiday}
    source = f"notices of the General Office of the State Council, by chinesecalendar {version('chinesecalendar')}"
    day, last = dt.date(SINCE, 1, 1), dt.date(max(holidays).year, 12, 31)
    rows = []
    while day <= last:
        english = holidays.get(day) or workdays.get(day) or ""
        if day in holidays:
            kind = DayKind.HOLIDAY
        elif day in workdays:
            kind = DayKind.MAKEUP
        else:
            kind = DayKind.WORKDAY if day.weekday() < SATURDAY else DayKind.WEEKEND
        name = chinese.get(english, "")
        rows.append(CalendarDay(day=day, kind=kind, name=name, name_en=english, source=source))
        day += dt.timedelta(days=1)
    CalendarDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["kind", "name", "name_en", "source"],
    )
    return len(rows)
