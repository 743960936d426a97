"""What became of rows, latest first, page by page. Pages are cut by number, never counted: the table grows for ever."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet

from core import audit
from core.models import User
from core.scoping import Actor
from institution.models import Child, RowChange

PAGE = 20

Names = dict[type[models.Model], dict[str, str]]


@dataclass(frozen=True)
class HistoryPage:
    changes: list[RowChange]
    older: int | None  # ask for what was before this one
    first: bool
    names: Names  # of whom and what the changes speak


def history_of_child(*, actor: Actor, child: Child, before: int | None) -> HistoryPage:
    """Old values are the child's data as much as the new ones: the look is on record."""
    audit.viewed(actor=actor, child_ids=[child.pk], fields=["history"], purpose="child_file")
    changes = RowChange.objects.visible_to(actor).filter(child_id=child.pk)
    return _page(changes, before)


def history_of_region(*, actor: Actor, institution: int | None, before: int | None) -> HistoryPage:
    """Of everything that is no child's, in the actor's region or in one of its institutions."""
    changes = RowChange.objects.visible_to(actor)
    if institution is not None:
        changes = changes.filter(institution=institution)
    return _page(changes, before)


def _page(changes: QuerySet[RowChange], before: int | None) -> HistoryPage:
    if before is not None:
        changes = changes.filter(pk__lt=before)
    found = list(changes.select_related("institution").order_by("-pk")[: PAGE + 1])
    rows = found[:PAGE]
    return HistoryPage(
        changes=rows,
        older=rows[-1].pk if len(found) > PAGE else None,
        first=before is None,
        names=_names(rows),
    )


def model_of(change: RowChange) -> type[models.Model]:
    return next(model for model in apps.get_models() if model._meta.db_table == change.table)


def values_of(change: RowChange) -> Iterable[tuple[models.Field, object, object]]:
    """Each kept column: its field, and what stood in it before and after. Columns that have gone since are left out."""
    columns = {field.column: field for field in model_of(change)._meta.concrete_fields}
    before, after = change.before or {}, change.after or {}
    for column in sorted(before.keys() & columns.keys()):
        yield columns[column], before[column], after.get(column)


def _names(changes: Iterable[RowChange]) -> Names:
    wanted: dict[type[models.Model], set] = defaultdict(set)
    for change in changes:
        wanted[User].add(change.person_id)
        for field, before, after in values_of(change):
            if (related := field.related_model) and _has_name(related):
                wanted[related] |= {before, after}
    return {
        model: {
            str(pk): name
            for pk, name in models.QuerySet(model)
            .filter(pk__in=ids - {None})
            .order_by("pk")
            .values_list("pk", "name")
        }
        for model, ids in wanted.items()
    }


def _has_name(model) -> bool:
    try:
        return not model._meta.get_field("name").is_relation
    except FieldDoesNotExist:
        return False
