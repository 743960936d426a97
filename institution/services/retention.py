"""What a nursery keeps for a time and then no longer: the months of the daily log, pictures and files of children who left."""

import datetime as dt

from django.db import connection, models
from django.db.models import Exists, Func, OuterRef, Q

from core import attachments
from core.models import Attachment
from core.retention import Held
from institution.models import Child, DailyEntry, Enrolment, LedgerEntry
from institution.services.erasure import NAMELESS, erase_child

_MONTHS = """
SELECT to_date(right(c.relname, 7), 'YYYY_MM') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'institution_dailyentry'::regclass
   AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= %s::date ORDER BY 1
"""


class Months:
    """Whole months of the daily log, dropped as partitions. One that shows somebody under a hold stays as a whole."""

    batch = 1

    def due(self, before: dt.datetime, held: Held) -> int:
        return sum(self._entries(month).count() for month in self._free(before, held))

    def delete(self, before: dt.datetime, held: Held) -> int:
        """Entries of one month. Months without any go with it, or they would be looked at every night."""
        for month in self._free(before, held):
            count = self._entries(month).count()
            with connection.cursor() as cursor:
                cursor.execute("SELECT institution_dailyentry_end_month(%s)", [month])
            if count:
                return count
        return 0

    def oldest(self) -> dt.datetime | None:
        """Of the first month that holds anything; the others are not read."""
        with connection.cursor() as cursor:
            cursor.execute(_MONTHS, [dt.date.max])
            months = [month for (month,) in cursor.fetchall()]
        for month in months:
            oldest = self._entries(month).aggregate(oldest=models.Min("at"))["oldest"]
            if oldest:
                return oldest
        return None

    def _free(self, before: dt.datetime, held: Held) -> list[dt.date]:
        with connection.cursor() as cursor:
            cursor.execute(_MONTHS, [before.astimezone(dt.UTC).date()])
            months = [month for (month,) in cursor.fetchall()]
        theirs = Q(institution__in=held.institutions) | Q(child__in=held.children)
        return [month for month in months if not self._entries(month).filter(theirs).exists()]

    def _entries(self, month: dt.date) -> models.QuerySet[DailyEntry]:
        """Partitions are of months in UTC."""
        first = dt.datetime(month.year, month.month, 1, tzinfo=dt.UTC)
        after = (first + dt.timedelta(days=32)).replace(day=1)
        return DailyEntry.objects.filter(at__gte=first, at__lt=after)


class Pictures:
    """Pictures on which nobody is who had a place after the day. The evidence of a ledger is kept with its entry."""

    batch = 200

    def due(self, before: dt.datetime, held: Held) -> int:
        return self._due(before, held).count()

    def delete(self, before: dt.datetime, held: Held) -> int:
        pictures = list(self._due(before, held).order_by("created_at", "pk")[: self.batch])
        for picture in pictures:
            attachments.delete(picture)
        return len(pictures)

    def oldest(self) -> dt.datetime | None:
        return Attachment.objects.aggregate(oldest=models.Min("created_at"))["oldest"]

    def _due(self, before: dt.datetime, held: Held) -> models.QuerySet[Attachment]:
        shown = Func(
            models.F("child_id"),
            OuterRef("child_ids"),
            template="(%(expressions)s))",
            arg_joiner=" = ANY(",
            output_field=models.BooleanField(),
        )
        here = Enrolment.objects.filter(shown, _ending_after(before))
        evidence = LedgerEntry.objects.filter(photos__contains=[OuterRef("pk")])
        rows = Attachment.objects.filter(~Exists(here), ~Exists(evidence), created_at__lt=before)
        if held.institutions:
            rows = rows.exclude(institution_id__in=held.institutions)
        return rows.exclude(child_ids__overlap=sorted(held.children)) if held.children else rows


class Children:
    """Children whose last place ended before the day: erased, with their key."""

    batch = 20

    def due(self, before: dt.datetime, held: Held) -> int:
        return self._due(before, held).count()

    def delete(self, before: dt.datetime, held: Held) -> int:
        children = list(self._due(before, held).order_by("pk")[: self.batch])
        for child in children:
            erase_child(actor=None, child=child, reason="retention")
        return len(children)

    def oldest(self) -> dt.date | None:
        """The day on which the first of those left who are still known by name."""
        places = Enrolment.objects.exclude(child__name=NAMELESS)
        return places.aggregate(oldest=models.Min("during__endswith"))["oldest"]

    def _due(self, before: dt.datetime, held: Held) -> models.QuerySet[Child]:
        places = Enrolment.objects.filter(child=OuterRef("pk"))
        rows = Child.objects.exclude(name=NAMELESS).filter(
            Exists(places), ~Exists(places.filter(_ending_after(before)))
        )
        rows = rows.exclude(pk__in=held.children)
        return rows.exclude(Exists(places.filter(institution__in=held.institutions)))


def _ending_after(before: dt.datetime) -> Q:
    """A period ends with the day after the last; one without an end has not ended."""
    day = before.date()
    return Q(during__endswith=None) | Q(during__endswith__gt=day)
