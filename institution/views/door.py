"""At the door: a pass is read from the phone or typed, the carer looks at the face and says yes.

The same three steps twice: for a carer who is signed in, and for a paired tablet that stands there alone. There the
yes is a person of the nursery with a PIN.
"""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_permissions_policy.decorators import permissions_policy_override

from core import rls
from core.devices import people, pins
from core.errors import NotThere, Refused
from core.http import ActorRequest, gate, on_tablet
from core.permissions import Permission
from core.scoping import Actor
from institution.actors import posts_of
from institution.enums import Direction
from institution.pass_codes import LENGTH
from institution.selectors.devices import Room, room_of
from institution.selectors.pickup import photo_data
from institution.services import door as doors
from institution.services.door import Door, Shown


@gate(Permission.DAILY_LOG_WRITE)
def door(request: ActorRequest) -> HttpResponse:
    return _keys(request, "door")


@gate(Permission.DAILY_LOG_WRITE, methods=("POST",))
def door_look(request: ActorRequest) -> HttpResponse:
    return _look(request, _of_carer(request), "door")


@gate(Permission.DAILY_LOG_WRITE, methods=("POST",))
def door_take(request: ActorRequest) -> HttpResponse:
    return _take(request, _of_carer(request), request.actor, "door")


@on_tablet()
def kiosk(request) -> HttpResponse:
    return _keys(request, "kiosk")


@on_tablet(methods=("POST",))
def kiosk_look(request) -> HttpResponse:
    return _look(request, _of_tablet(request), "kiosk", room_of(request.tablet))


@on_tablet(methods=("POST",))
def kiosk_take(request) -> HttpResponse:
    """With the PIN of somebody who works here; the person is not signed in by it."""
    room = room_of(request.tablet)
    chosen = request.POST.get("person", "")
    user = next((each.user for each in room.colleagues if str(each.user.pk) == chosen), None)
    if user is None:
        raise NotThere
    try:
        pins.verify(device=request.tablet, user=user, pin=request.POST.get("pin", "")[:12])
    except Refused as refused:
        return _look(request, _of_tablet(request), "kiosk", room, person=user, wrong=refused)
    actor = people.on_device(_post_here(request, user), request.tablet)
    if not actor.may(Permission.DAILY_LOG_WRITE):
        wrong = Refused(_("Only a carer hands a child over."), "not_allowed", status=403)
        return _look(request, _of_tablet(request), "kiosk", room, person=user, wrong=wrong)
    with rls.of_actor(actor):
        return _take(request, _of_tablet(request, actor), actor, "kiosk")


def _look(
    request, at: Door, where: str, room: Room | None = None, *, person=None, wrong=None
) -> HttpResponse:
    code = request.POST.get("code", "")[:40]
    try:
        shown = doors.look(door=at, code=code)
    except Refused as refused:
        return _keys(request, where, code=code, refused=refused)
    context = {
        "shown": shown,
        "code": code,
        "where": where,
        "photo": photo_data(shown.person),
        "room": room,
        "person": person,
        "refused": wrong,
        "fetch": shown.direction == Direction.FETCH,
    }
    status = 422 if wrong is not None and wrong.status != 429 else 429 if wrong else 200
    return _kept_nowhere(render(request, "institution/door_pass.html", context, status=status))


def _take(request, at: Door, actor: Actor, where: str) -> HttpResponse:
    code = request.POST.get("code", "")[:40]
    try:
        shown = doors.take(door=at, actor=actor, code=code)
    except Refused as refused:
        return _keys(request, where, code=code, refused=refused)
    messages.success(request, _said(shown))
    return redirect(f"nursery:{where}")


def _said(shown: Shown) -> str:
    fetched = shown.direction == Direction.FETCH
    sentence = (
        _("%(children)s went home with %(name)s.")
        if fetched
        else _("%(children)s came with %(name)s.")
    )
    return sentence % {"children": shown.names, "name": shown.bearer}


@permissions_policy_override({**settings.PERMISSIONS_POLICY, "camera": ["self"]})
def _keys(request, where: str, *, code: str = "", refused: Refused | None = None) -> HttpResponse:
    context = {"where": where, "code": code, "refused": refused, "length": LENGTH}
    status = 200 if refused is None else 429 if refused.status == 429 else 422
    return _kept_nowhere(render(request, "institution/door.html", context, status=status))


def _of_carer(request: ActorRequest) -> Door:
    return Door(institution_id=request.actor.workplace, actor=request.actor)


def _of_tablet(request, actor: Actor | None = None) -> Door:
    tablet = request.tablet
    return Door(institution_id=tablet.institution_id, device_id=tablet.pk, actor=actor)


def _post_here(request, user) -> Actor:
    for post in posts_of(user):
        if people.belongs(post.actor, request.tablet):
            return post.actor
    raise NotThere


def _kept_nowhere(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
