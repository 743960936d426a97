"""What the kitchen keeps from a child, and the dish that it gets in place of one it must not eat."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.calendar import now, today
from core.errors import NotThere, Refused
from core.scoping import Actor
from institution.enums import DietCode
from institution.models import Child, DietNeed, Dish, MenuItem, Substitute
from institution.selectors.diets import check_menu, fit_dishes
from institution.selectors.dishes import with_amounts
from institution.selectors.menus import items_of
from institution.services.menus import WEEK

MOST_AHEAD = 366


def add_need(
    *,
    actor: Actor,
    child: Child,
    code: str,
    valid_from: dt.date,
    last_day: dt.date | None = None,
    note: str = "",
) -> DietNeed:
    """Raises Refused `dates_reversed`, `too_far`, `need_known`; NotThere for a child that is not of the nursery."""
    if last_day is not None and last_day < valid_from:
        raise _wrong("last_day", _("The last day lies before the first."), "dates_reversed")
    if valid_from > today() + dt.timedelta(days=MOST_AHEAD):
        raise _wrong(
            "valid_from", _("Please check the day: it is more than a year ahead."), "too_far"
        )
    with transaction.atomic():
        found = _locked_child(actor, child)
        needs = DietNeed.objects.filter(institution_id=actor.workplace, child=found, code=code)
        if needs.between(valid_from, last_day or dt.date.max).exists():
            raise _wrong("code", _("This is on file for the child already."), "need_known")
        need = DietNeed.objects.create(
            institution_id=actor.workplace,
            child=found,
            code=DietCode(code),
            valid_from=valid_from,
            valid_to=last_day + dt.timedelta(days=1) if last_day else None,
            note=note.strip(),
        )
        _record(actor, need, "diet.need_added")
    return need


def end_need(*, actor: Actor, need: DietNeed) -> None:
    """From today on it is no need any more. One that had not begun goes away."""
    with transaction.atomic():
        row = DietNeed.objects.visible_to(actor).select_for_update(of=("self",))
        found = row.filter(pk=need.pk).select_related("child").first()
        if found is None:
            raise NotThere
        _record(actor, found, "diet.need_ended")
        if found.valid_from >= today():
            found.delete()
        elif found.valid_to is None or found.valid_to > today():
            found.valid_to = today()
            found.save(update_fields=["valid_to"])


def choose_substitute(*, actor: Actor, item: MenuItem, child: Child, dish: Dish) -> Substitute:
    """For this meal, and for every other of the week with the same dish where nothing is chosen yet.

    Raises Refused `past`, `no_conflict`, `not_fit`.
    """
    with transaction.atomic():
        found = _locked_child(actor, child)
        row = _item(actor, item)
        if row.menu.monday + WEEK <= today():
            raise Refused(_("This week is over."), "past")
        items = list(items_of(actor=actor, menu=row.menu))
        mine = [
            each
            for each in check_menu(actor=actor, menu=row.menu, items=items).conflicts
            if each.child.pk == found.pk and each.item.dish_id == row.dish_id
        ]
        if row.pk not in {each.item.pk for each in mine}:
            raise Refused(_("The child may eat this dish."), "no_conflict")
        chosen = (
            with_amounts(Dish.objects.visible_to(actor)).filter(pk=dish.pk, active=True).first()
        )
        if chosen is None:
            raise NotThere(_("This dish is not there."), "dish_not_found")
        if not fit_dishes(actor=actor, item=row, child=found, found=[chosen]):
            raise _wrong(
                "dish",
                _("The child must not eat this either, or nothing is entered in it."),
                "not_fit",
            )
        told = {"dish": chosen, "chosen_by_id": actor.user_id, "chosen_at": now()}
        own, _new = Substitute.objects.update_or_create(
            item=row,
            child=found,
            defaults=told,
            create_defaults=told | {"institution_id": row.institution_id},
        )
        for each in mine:
            if each.item.pk != row.pk and each.substitute is None:
                Substitute.objects.create(
                    item=each.item, child=found, institution_id=row.institution_id, **told
                )
        audit.record(
            actor=actor,
            action="diet.substitute_chosen",
            subject=own,
            child_ids=[found.pk],
            data={"item": row.pk, "dish": chosen.pk},
        )
    return own


def _item(actor: Actor, item: MenuItem) -> MenuItem:
    found = MenuItem.objects.visible_to(actor).select_related("menu", "dish")
    row = found.filter(pk=item.pk).first()
    if row is None:
        raise NotThere(_("This dish is not there."), "dish_not_found")
    return row


def _locked_child(actor: Actor, child: Child) -> Child:
    """Two who decide for one child at once do so one after the other."""
    mine = Child.objects.visible_to(actor).filter(pk=child.pk)
    found = mine.select_for_update(of=("self",)).first()
    if found is None:
        raise NotThere(_("This child is not there."), "child_not_found")
    return found


def _record(actor: Actor, need: DietNeed, action: str) -> None:
    audit.record(actor=actor, action=action, subject=need, child_ids=[need.child_id])


def _wrong(field: str, message: str, code: str) -> Refused:
    return Refused(message, code, fields={field: message}, status=400)
