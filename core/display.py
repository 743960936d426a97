"""Numbers, dates and ages as people read them, in the active language."""

import datetime as dt
from decimal import Decimal
from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from core import calendar

NOTHING = "–"

_When = TypeVar("_When", dt.date, dt.datetime, dt.time)
_Clock = TypeVar("_Clock", dt.datetime, dt.time)

WEEKDAYS = [
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
]
MONTHS = [
    pgettext_lazy("month", "Jan"),
    pgettext_lazy("month", "Feb"),
    pgettext_lazy("month", "Mar"),
    pgettext_lazy("month", "Apr"),
    pgettext_lazy("month", "May"),
    pgettext_lazy("month", "Jun"),
    pgettext_lazy("month", "Jul"),
    pgettext_lazy("month", "Aug"),
    pgettext_lazy("month", "Sep"),
    pgettext_lazy("month", "Oct"),
    pgettext_lazy("month", "Nov"),
    pgettext_lazy("month", "Dec"),
]


def number(value, places: int = 0) -> str:
    return NOTHING if value is None else f"{value:,.{int(places)}f}"


def percent(value, places: int = 1) -> str:
    return NOTHING if value is None else f"{value:.{int(places)}f}%"


def money(yuan: Decimal | int | None) -> str:
    if yuan is None:
        return NOTHING
    yuan = Decimal(yuan)
    return _("¥{amount}").format(amount=number(yuan, 0 if yuan == yuan.to_integral() else 2))


def money_monthly(yuan: Decimal | int | None) -> str:
    return NOTHING if yuan is None else _("{money} a month").format(money=money(yuan))


def _local(value: _When) -> _When:
    return timezone.localtime(value) if isinstance(value, dt.datetime) else value


def _say(pattern: str, value: dt.date) -> str:
    return pattern.format(
        weekday=WEEKDAYS[value.weekday()],
        day=value.day,
        month=MONTHS[value.month - 1],
        year=value.year,
    )


def day(value: dt.date | None) -> str:
    """11月23日 周一, Mon 23 Nov; the year only when it is another one than now."""
    if value is None:
        return NOTHING
    value = _local(value)
    if value.year != calendar.today().year:
        return full_day(value)
    return _say(pgettext("date", "{weekday} {day} {month}"), value)


def short_day(value: dt.date | None) -> str:
    return NOTHING if value is None else _say(pgettext("date", "{day} {month}"), _local(value))


def full_day(value: dt.date | None) -> str:
    return (
        NOTHING
        if value is None
        else _say(pgettext("date", "{weekday} {day} {month} {year}"), _local(value))
    )


def month(value: dt.date | None) -> str:
    return NOTHING if value is None else _say(pgettext("date", "{month} {year}"), _local(value))


def clock(value: _Clock | None) -> str:
    return NOTHING if value is None else f"{_local(value):%H:%M}"


def clock_seconds(value: _Clock | None) -> str:
    return NOTHING if value is None else f"{_local(value):%H:%M:%S}"


def moment(value: dt.datetime | None) -> str:
    """14:32 today, otherwise with the day in front."""
    if value is None:
        return NOTHING
    local = _local(value)
    if local.date() == calendar.today():
        return clock(local)
    days = short_day if local.year == calendar.today().year else full_day
    return f"{days(local)} {clock(local)}"


def ago(value: dt.datetime) -> str:
    minutes = int((calendar.now() - value).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("{count} minute ago", "{count} minutes ago", minutes).format(count=minutes)
    if minutes < 24 * 60:
        return ngettext("{count} hour ago", "{count} hours ago", minutes // 60).format(
            count=minutes // 60
        )
    return moment(value)


def age(born: dt.date, on: dt.date | None = None) -> str:
    return months_old(calendar.age_months(born, on or calendar.today()))


def months_old(months: int) -> str:
    years, rest = divmod(months, 12)
    if years and rest:
        return pgettext("age", "{years} y {months} m").format(years=years, months=rest)
    if years:
        return ngettext("{count} year", "{count} years", years).format(count=years)
    return ngettext("{count} month", "{count} months", rest).format(count=rest)


def duration(value: dt.timedelta | int | float | None) -> str:
    """A span of time; a bare number means minutes."""
    if value is None:
        return NOTHING
    if not isinstance(value, dt.timedelta):
        value = dt.timedelta(minutes=value)
    hours, minutes = divmod(int(value.total_seconds() // 60), 60)
    if hours and minutes:
        return pgettext("duration", "{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    if hours:
        return pgettext("duration", "{hours} h").format(hours=hours)
    return pgettext("duration", "{minutes} min").format(minutes=minutes)


def file_size(size: int) -> str:
    """Binary steps, one decimal above a megabyte."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} kB"
    return f"{size / 1024 / 1024:.1f} MB"
