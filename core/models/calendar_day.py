import datetime as dt
from typing import Self

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class DayKind(models.TextChoices):
    WORKDAY = "workday", _("Working day")
    WEEKEND = "weekend", _("Weekend")
    HOLIDAY = "holiday", _("Public holiday")
    MAKEUP = "makeup", _("Make-up working day")


class CalendarDayQuerySet(models.QuerySet):
    def between(self, first: dt.date, last: dt.date) -> Self:
        return self.filter(day__gte=first, day__lte=last)


class CalendarDay(models.Model):
    """A day of the official calendar, as dated data. A day without a row is not announced yet: nobody knows what it is."""

    day = models.DateField(unique=True)
    kind = models.CharField(max_length=10, choices=DayKind)
    name = models.CharField(max_length=40, blank=True, default="")
    name_en = models.CharField(max_length=60, blank=True, default="")
    source = models.CharField(max_length=120)

    objects = CalendarDayQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"

    @property
    def shown_name(self) -> str:
        return in_language(self.name, self.name_en)


def in_language(name: str, name_en: str) -> str:
    """A day that has no English name keeps its own."""
    return name_en if get_language() == "en" and name_en else name
