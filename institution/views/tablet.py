"""A paired tablet between two people: who is on duty, and the PIN that lets one of them in."""

from django.contrib.auth import logout
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core.devices import people
from core.errors import NotThere, Refused
from core.http import any_actor, on_tablet
from core.models import User
from core.permissions import Permission
from core.scoping import Actor
from institution.actors import posts_of
from institution.models import ClassGroup
from institution.selectors.devices import Room, room_of


@on_tablet()
def waiting(request) -> HttpResponse:
    if request.actor is not None and request.actor.device_id == request.tablet.pk:
        return redirect(_goal(request, request.actor))
    return _page(request, room_of(request.tablet))


@on_tablet(methods=("POST",))
def sign_in(request) -> HttpResponse:
    room = room_of(request.tablet)
    chosen = request.POST.get("person", "")
    user = next((each.user for each in room.colleagues if str(each.user.pk) == chosen), None)
    if user is None:
        raise NotThere
    if request.user.is_authenticated:
        logout(request)
    try:
        actor = people.sign_in(
            request,
            device=request.tablet,
            user=user,
            actor=_post_here(request, user),
            pin=request.POST.get("pin", "")[:12],
        )
    except Refused as refused:
        status = 422 if refused.status == 409 else refused.status
        return _page(request, room, person=user, refused=refused, status=status)
    return redirect(_goal(request, actor))


@on_tablet()
def state(request) -> JsonResponse:
    """Asked by the waiting screen: an answer means that the tablet is still paired."""
    response = JsonResponse({"paired": True})
    response.headers["Cache-Control"] = "no-store"
    return response


@any_actor(methods=("POST",))
def active(request) -> HttpResponse:
    """Somebody touches the page: being asked is all, the middleware notes the time."""
    return HttpResponse(status=204)


def _page(request, room: Room, *, person=None, refused=None, status=200) -> HttpResponse:
    context = {
        "room": room,
        "next": _next(request),
        "person": person,
        "refused": refused,
        "words": {"tablet_gone": _("This tablet is no longer paired.")},
    }
    response = render(request, "institution/tablet.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _post_here(request, user: User) -> Actor:
    for post in posts_of(user):
        if people.belongs(post.actor, request.tablet):
            return post.actor
    raise NotThere


def _next(request) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    fine = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if fine else ""


def _goal(request, actor: Actor) -> str:
    """Back to the page the tablet was on, when it is one that this person may see too."""
    wanted = _next(request)
    try:
        match = resolve(wanted.partition("?")[0]) if wanted else None
    except Resolver404:
        match = None
    own = match is not None and match.view_name == "nursery:class-board"
    if own and ClassGroup.objects.visible_to(actor).filter(pk=match.kwargs["pk"]).exists():  # type: ignore[union-attr]
        return wanted
    writes = actor.may(Permission.DAILY_LOG_WRITE)
    return reverse("nursery:board" if writes else "nursery:today")
