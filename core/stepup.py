"""Step-up: exports, approvals, unmasking, erasure, keys and devices ask "is it still you" after five minutes.

    @gate(Permission.AUDIT_EXPORT, methods=("POST",))
    @stepup
    def audit_export(request): ...

stands below the gate, and the declaration stays on the view (`view.stepup`) for the permission matrix; `@stepup_to_send`
asks only when the form is sent, where the page itself tells nothing. A page that asks
keeps what was typed: its form is sent again, with password or code beside it. htmx gets 403 and the event `stepup`, opens
the question as a dialog and sends its request again. A viewset says `stepup = {"create"}` (an APIView by method in lower
case); a program gets 403 `step_up_needed` and answers to POST /api/v1/step-up/.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import reswap, trigger_client_event

from core import calendar
from core.devices.people import DEVICE_KEY
from core.errors import Refused
from core.http import shell_template
from core.models import User
from core.signin import confirm
from core.signin.policy import CONFIRMED

PREFIX = "stepup-"
MAX_KEPT_FIELDS = 500


class StepUpNeeded(Refused):
    status = 403

    def __init__(self) -> None:
        message = _("Please show again that it is you, by password or second step.")
        super().__init__(message, "step_up_needed")


def stepup(view: Callable) -> Callable:
    return _asking(view, methods=None)


def stepup_to_send(view: Callable) -> Callable:
    return _asking(view, methods=frozenset({"POST"}))


def _asking(view: Callable, *, methods: frozenset[str] | None) -> Callable:
    @wraps(view)
    def asked(request, *args, **kwargs) -> HttpResponse:
        if methods is not None and request.method not in methods:
            return view(request, *args, **kwargs)
        if request.method == "POST" and f"{PREFIX}given" in request.POST:
            trouble = confirm.by_form(request, given(request))
            _strip(request)
            if not request.user.is_authenticated:
                return redirect(settings.LOGIN_URL)
            if trouble:
                return ask(request, trouble)
        if not is_fresh(request):
            return ask(request)
        return view(request, *args, **kwargs)

    asked.stepup = methods or True  # type: ignore[attr-defined]
    return asked


def is_fresh(request: HttpRequest) -> bool:
    """A PIN on a tablet confirms nobody."""
    by_pin = DEVICE_KEY in request.session
    return not by_pin and is_recent(request.session.get(CONFIRMED, 0))


def is_recent(confirmed_at: float) -> bool:
    age = calendar.now().timestamp() - confirmed_at
    return -1 <= age <= settings.STEP_UP_SECONDS


def ask(request: HttpRequest, trouble: str = "") -> HttpResponse:
    """The question, at the address that was asked for."""
    if getattr(request, "htmx", False):
        event = {"url": reverse("portal:confirm")}
        return reswap(trigger_client_event(HttpResponse(status=403), "stepup", event), "none")
    user: User = request.user  # type: ignore[assignment]  # views behind the door
    context = confirm.question(request, user) | {
        "shell": shell_template(getattr(request, "actor", None)),
        "trouble": trouble,
        "target": request.get_full_path(),
        "kept": _kept(request),
        "again": request.method == "POST",
        "files": bool(request.FILES),
    }
    response = render(request, "confirm.html", context, status=403)
    response.headers["Cache-Control"] = "no-store"
    return response


def check(request, view, action: str) -> None:
    """For the API: raises StepUpNeeded where the view asks for it and the last confirmation is too old."""
    asked = getattr(view, "stepup", ())
    if asked is True or (asked and action in asked):
        credential = request.auth
        fresh = is_fresh(request) if credential is None else is_recent(credential.confirmed_at)
        if not fresh:
            raise StepUpNeeded


def given(request: HttpRequest) -> dict[str, str]:
    names = ("password", "code", "recovery", "passkey")
    return {name: request.POST.get(f"{PREFIX}{name}", "") for name in names}


def _strip(request: HttpRequest) -> None:
    """The view sees its own form and no password."""
    post = request.POST.copy()
    for name in [name for name in post if name.startswith(PREFIX)]:
        del post[name]
    post._mutable = False  # noqa: SLF001 -- as Django leaves it
    request.POST = post  # type: ignore[assignment]  # the same kind of QueryDict


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    if request.method != "POST":
        return []
    pairs = [
        (name, value)
        for name, values in request.POST.lists()
        if not name.startswith(PREFIX) and name != "csrfmiddlewaretoken"
        for value in values
    ]
    return pairs[:MAX_KEPT_FIELDS]
