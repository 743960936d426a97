"""One set of filters for the auditor's page, its export and the API."""

import datetime as dt

import django_filters
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.api import acting
from core.calendar import day_bounds
from core.models import AuditEvent
from core.scoping import Actor
from core.validators import check_words
from govadmin.actions import ACTIONS
from institution.models import Institution

# day_bounds adds a day and a zone; the ends of the calendar would not survive that
SANE = [MinValueValidator(dt.date(2000, 1, 1)), MaxValueValidator(dt.date(2199, 12, 31))]


class AuditFilter(django_filters.FilterSet):
    action = django_filters.ChoiceFilter(choices=list(ACTIONS.items()))
    institution = django_filters.NumberFilter(field_name="institution_id", min_value=1)
    nursery = django_filters.CharFilter(
        method="in_nursery", max_length=40, label=_("Institution"), validators=[check_words]
    )
    person = django_filters.CharFilter(
        field_name="actor_name",
        lookup_expr="icontains",
        max_length=40,
        label=_("Person"),
        validators=[check_words],
    )
    since = django_filters.DateFilter(method="from_day", label=_("From"), validators=SANE)
    until = django_filters.DateFilter(method="to_day", label=_("To"), validators=SANE)

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def __init__(self, *args, actor: Actor | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.actor = actor

    def in_nursery(self, events: QuerySet, _name: str, words: str) -> QuerySet:
        seen = Institution.objects.visible_to(self.actor or acting(self.request))
        return events.filter(institution_id__in=seen.filter(name__icontains=words).values("pk"))

    def from_day(self, events: QuerySet, _name: str, day: dt.date) -> QuerySet:
        return events.filter(at__gte=day_bounds(day)[0])

    def to_day(self, events: QuerySet, _name: str, day: dt.date) -> QuerySet:
        return events.filter(at__lt=day_bounds(day)[1])
