"""The classes and rooms of the nursery, below its file."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.class_forms import (
    ClassForm,
    CloseClassForm,
    NameForm,
    PlacesForm,
    RoomForm,
    RoomUseForm,
)
from institution.models import ClassGroup, Room
from institution.selectors.classes import class_rows, room_rows
from institution.selectors.file import class_findings, own_institution, rules_for
from institution.selectors.places import Sizes
from institution.services import classes
from institution.views.sheets import Back, saved, sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
CLASSES = Back(gettext_lazy("Classes and rooms"), "nursery:class-list")


@gate(Permission.NURSERY_READ)
def class_list(request: ActorRequest) -> HttpResponse:
    institution = own_institution(request.actor)
    actor, day = request.actor, today()
    rules = rules_for(institution, day)
    context = {
        "findings": class_findings(actor=actor, institution=institution, rules=rules, day=day),
        "classes": class_rows(actor=actor, institution=institution, day=day),
        "rooms": room_rows(actor=actor, institution=institution, day=day),
        "today": day,
        "may_write": actor.may(Permission.INSTITUTION_WRITE),
    }
    return render_partial(request, "institution/class_list.html", context)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
@once
def class_open(request: ActorRequest) -> HttpResponse:
    form = ClassForm(request.POST or None)
    if request.method == "POST" and submit(form, classes.open_class, actor=request.actor):
        return saved(request, _("The class is on file."), CLASSES)
    title, action = gettext_lazy("Open a class"), reverse("nursery:class-open")
    return sheet(request, form, title=title, action=action, back=CLASSES)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
def class_rename(request: ActorRequest, pk: int) -> HttpResponse:
    group = _class(request, pk)
    form = NameForm(request.POST or None, initial={"name": group.name})
    given = {"actor": request.actor, "class_group": group}
    if request.method == "POST" and submit(form, classes.rename_class, **given):
        return saved(request, _("The change is saved."), CLASSES)
    title = _("Rename %(class)s") % {"class": group.name}
    action = reverse("nursery:class-rename", args=[pk])
    return sheet(request, form, title=title, action=action, back=CLASSES)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
def class_places(request: ActorRequest, pk: int) -> HttpResponse:
    group = _class(request, pk)
    places = Sizes.of([pk]).on(group, today())
    form = PlacesForm(request.POST or None, initial={"places": places})
    given = {"actor": request.actor, "class_group": group}
    if request.method == "POST" and submit(form, classes.set_places, **given):
        return saved(request, _("The places are saved."), CLASSES)
    title = _("Places of %(class)s") % {"class": group.name}
    action = reverse("nursery:class-places", args=[pk])
    return sheet(request, form, title=title, action=action, back=CLASSES)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
def class_close(request: ActorRequest, pk: int) -> HttpResponse:
    group = _class(request, pk)
    form = CloseClassForm(request.POST or None, initial={"last_day": today()})
    given = {"actor": request.actor, "class_group": group}
    if request.method == "POST" and submit(form, classes.close_class, **given):
        return saved(request, _("The last day is saved."), CLASSES)
    title = _("Close %(class)s") % {"class": group.name}
    action = reverse("nursery:class-close", args=[pk])
    return sheet(request, form, title=title, action=action, back=CLASSES)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
@once
def room_add(request: ActorRequest) -> HttpResponse:
    form = RoomForm(request.POST or None)
    if request.method == "POST" and submit(form, classes.keep_room, actor=request.actor):
        return saved(request, _("The room is on file."), CLASSES)
    title, action = gettext_lazy("Add a room"), reverse("nursery:room-add")
    return sheet(request, form, title=title, action=action, back=CLASSES)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
def room_edit(request: ActorRequest, pk: int) -> HttpResponse:
    room = get_object_or_404(Room.objects.visible_to(request.actor), pk=pk)
    shown = {name: getattr(room, name) for name in RoomForm.base_fields}
    form = RoomForm(request.POST or None, initial=shown)
    given = {"actor": request.actor, "room": room}
    if request.method == "POST" and submit(form, classes.keep_room, **given):
        return saved(request, _("The change is saved."), CLASSES)
    title = _("Change %(room)s") % {"room": room.name}
    action = reverse("nursery:room-edit", args=[pk])
    return sheet(request, form, title=title, action=action, back=CLASSES)


@gate(Permission.INSTITUTION_WRITE, methods=READ_AND_WRITE)
@once
def room_use(request: ActorRequest) -> HttpResponse:
    asked = {"class_group": request.GET.get("class"), "room": request.GET.get("room")}
    form = RoomUseForm(request.POST or None, actor=request.actor, initial=asked)
    if request.method == "POST" and submit(form, classes.use_room, actor=request.actor):
        return saved(request, _("The room of the class is saved."), CLASSES)
    title, action = gettext_lazy("Give a room to a class"), reverse("nursery:room-use")
    return sheet(request, form, title=title, action=action, back=CLASSES)


def _class(request: ActorRequest, pk: int) -> ClassGroup:
    mine = ClassGroup.objects.visible_to(request.actor).exclude(closed_on__lte=today())
    return get_object_or_404(mine, pk=pk)
