"""The three moves of a view: gate, load what the actor may see, answer."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from core.models.device import Device
from core.permissions import Permission
from core.scoping import Actor
from core.signin.policy import shell_of


class ActorRequest(HttpRequest):
    actor: Actor
    tablet: Device | None
    htmx: HtmxDetails


def gate(permission: Permission, *, methods: tuple[str, ...] = ("GET", "HEAD")) -> Callable:
    """Only a signed-in actor whose role holds `permission`, and only by these methods.

    The declaration stays on the view (`view.gate`, `view.methods`), where the permission matrix reads it.
    """

    def decorate(view):
        @wraps(view)
        def gated(request, *args, **kwargs) -> HttpResponse:
            actor = getattr(request, "actor", None)
            if actor is None or not actor.may(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return _declared(gated, permission, methods)

    return decorate


def open_to_all(*, methods: tuple[str, ...] = ("GET", "HEAD")) -> Callable:
    """A page that needs no signing in. Such pages are a short golden list in the permission tests."""

    def decorate(view):
        view = _declared(view, None, methods)
        view.login_required = False
        return view

    return decorate


def any_actor(
    *, methods: tuple[str, ...] = ("GET", "HEAD"), before_factor: bool = False
) -> Callable:
    """Whoever is signed in, with or without a post: sign-out, role switch, own notices.

    With `before_factor` also somebody whose post asks for a second factor and who has not shown one.
    """

    def decorate(view):
        view = _declared(view, None, methods)
        view.before_factor = before_factor
        return view

    return decorate


def on_tablet(*, methods: tuple[str, ...] = ("GET", "HEAD")) -> Callable:
    """A page of a paired tablet, with or without a person: what a room may know, and how to sign in there."""

    def decorate(view):
        @wraps(view)
        def gated(request, *args, **kwargs) -> HttpResponse:
            if getattr(request, "tablet", None) is None:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        gated = _declared(gated, None, methods)
        gated.tablet = True  # type: ignore[attr-defined]
        return gated

    return decorate


def _declared(view, permission: Permission | None, methods: tuple[str, ...]):
    view = require_http_methods(list(methods))(view)
    view.gate, view.methods = permission, methods
    return view


def render_partial(
    request: HttpRequest, template: str, context: dict, *, status: int = 200
) -> HttpResponse:
    """The page, or for an htmx request the partial of it that is named like the request's target, where it has one."""
    htmx = getattr(request, "htmx", None)
    target = (htmx.target or "").partition("#")[2] if htmx else ""  # htmx 4 sends "tag#id"
    names = [f"{template}#{target.replace('-', '_')}", template] if target else [template]
    return render(request, names, context, status=status)


SHELLS = {"desk": "base_desk.html", "touch": "base_touch.html", "family": "base_family.html"}


def shell_template(actor: Actor | None) -> str:
    """Pages that everybody has stand in the shell of the post one acts in; without a post, at the door."""
    return SHELLS[shell_of({actor.role})] if actor else "base_door.html"
