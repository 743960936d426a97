"""One's own account: second factors, recovery codes, sessions, password."""

from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import qr, stepup
from core.auth import change_password
from core.devices.people import DEVICE_KEY
from core.errors import NotThere
from core.forms import submit
from core.http import any_actor, shell_template
from core.models.sign_in import FactorKind
from core.signin import confirm, entry, factors, totp
from core.signin.policy import FACTOR
from core.signin.sessions import end_session, sessions_of
from core.signin.spelling import spelled
from core.signin.webauthn import Browser
from portal import display
from portal.forms import AppForm, NewPasswordForm, PasskeyForm
from portal.views.session import next_page

NEW_APP = "new_app"  # session: the secret of an app that is being added


def not_by_pin(view):
    """A PIN on a shared tablet opens nobody's account."""

    @wraps(view)
    def looked_at(request, *args, **kwargs):
        if DEVICE_KEY in request.session:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return looked_at


@any_actor(before_factor=True)
@not_by_pin
def account(request) -> HttpResponse:
    """Somebody who still owes the second factor sees how to add one, and nothing else."""
    if request.lacks_factor:
        return _page(request, "portal/factor_needed.html", {})
    sessions = sessions_of(request.user.pk)
    context = {
        "factors": factors.factors_of(request.user),
        "codes_left": factors.codes_left(request.user),
        "sessions": display.session_rows(sessions, request.session.session_key),
        "required": display.factor_is_required(request.posts),
    }
    return _page(request, "portal/account.html", context)


@any_actor(methods=("GET", "HEAD", "POST"), before_factor=True)
@not_by_pin
@stepup.stepup
def app_add(request) -> HttpResponse:
    secret = request.session.setdefault(NEW_APP, totp.new_secret())
    form = AppForm(request.POST or None)
    known = {"actor": request.actor, "user": request.user, "secret": secret}
    if request.method == "POST" and submit(form, factors.add_app, **known):
        del request.session[NEW_APP]
        return _added(request, FactorKind.TOTP)
    address = totp.uri(secret, account=request.user.username, issuer=_("Jining Childcare"))
    context = {"form": form, "secret": spelled(secret, between=" "), "qr": qr.picture(address)}
    status = 422 if form.is_bound else 200
    return _page(request, "portal/app_add.html", context | {"uri": address}, status=status)


@any_actor(methods=("GET", "HEAD", "POST"), before_factor=True)
@not_by_pin
@stepup.stepup
def passkey_add(request) -> HttpResponse:
    browser = Browser(request)
    form = PasskeyForm(request.POST or None, initial={"name": display.this_device(request)})
    if request.method == "POST" and submit(form, _add_passkey, request=request, browser=browser):
        return _added(request, FactorKind.PASSKEY)
    known = [f for f in factors.factors_of(request.user) if f.kind == FactorKind.PASSKEY]
    options = browser.ask_for_new(request.user, known)
    context = {"form": form, "options": options}
    return _page(request, "portal/passkey_add.html", context, status=422 if form.is_bound else 200)


def _add_passkey(*, request, browser: Browser, name: str, passkey: str) -> None:
    known = {"actor": request.actor, "user": request.user, "browser": browser}
    factors.add_passkey(**known, answer=passkey, name=name)


def _added(request, kind: FactorKind) -> HttpResponse:
    """The first factor comes with recovery codes, and ends the sessions that began without one."""
    request.session[FACTOR] = kind.value
    if factors.codes_left(request.user):
        messages.success(request, _("Added. It is asked for at the next sign-in."))
        return redirect("portal:account")
    entry.stay_alone(request, request.user, reason="first_factor")
    codes = factors.new_recovery_codes(actor=request.actor, user=request.user)
    return _page(request, "portal/recovery_codes.html", {"codes": codes, "first": True})


@any_actor(methods=("POST",))
@not_by_pin
@stepup.stepup
def factor_remove(request, pk: int) -> HttpResponse:
    factors.remove(actor=request.actor, user=request.user, pk=pk)
    messages.success(request, _("Removed."))
    return redirect("portal:account")


@any_actor(methods=("POST",))
@not_by_pin
@stepup.stepup
def recovery_codes(request) -> HttpResponse:
    if not factors.has_factor(request.user):
        raise NotThere
    codes = factors.new_recovery_codes(actor=request.actor, user=request.user)
    return _page(request, "portal/recovery_codes.html", {"codes": codes, "first": False})


@any_actor(methods=("POST",))
@not_by_pin
def session_end(request, handle: str) -> HttpResponse:
    for session in sessions_of(request.user.pk):
        if display.handle_of(session.session_key) == handle:
            end_session(actor=request.actor, user=request.user, key=session.session_key)
            messages.success(request, _("That device is signed out."))
            return redirect("portal:account")
    raise NotThere


@any_actor(methods=("POST",))
@not_by_pin
def sessions_end(request) -> HttpResponse:
    entry.stay_alone(request, request.user, reason="by_hand")
    messages.success(request, _("All other devices are signed out."))
    return redirect("portal:account")


@any_actor(methods=("GET", "HEAD", "POST"))
@not_by_pin
@stepup.stepup
def password(request) -> HttpResponse:
    form = NewPasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        change_password(
            actor=request.actor, user=request.user, password=form.cleaned_data["new_password"]
        )
        entry.stay_alone(request, request.user, reason="password")
        messages.success(
            request, _("The password is changed, and all other devices are signed out.")
        )
        return redirect("portal:account")
    status = 422 if form.is_bound else 200
    return _page(request, "portal/password.html", {"form": form}, status=status)


@any_actor(methods=("GET", "HEAD", "POST"), before_factor=True)
@not_by_pin
def confirm_page(request) -> HttpResponseBase:
    """Is it still you: as a page of its own, or as the dialog that htmx opens and answers with 204."""
    trouble = ""
    if request.method == "POST":
        trouble = confirm.by_form(request, stepup.given(request))
        if not request.user.is_authenticated:
            return redirect("portal:sign-in")
        if not trouble:
            if request.htmx:
                return HttpResponse(status=204, headers={"HX-Trigger": "stepup-done"})
            return redirect(next_page(request, reverse("portal:account")))
    context = confirm.question(request, request.user) | {
        "trouble": trouble,
        "target": reverse("portal:confirm"),
        "kept": [("next", wanted)] if (wanted := next_page(request, "")) else [],
        "again": True,
        "files": False,
    }
    template = "confirm.html#dialog" if request.htmx else "confirm.html"
    return _page(request, template, context, status=422 if trouble else 200)


def _page(request, template: str, context: dict, *, status: int = 200) -> HttpResponse:
    context["shell"] = shell_template(request.actor)
    response = render(request, template, context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
