"""The first sign-in, and the way back for a forgotten password: the code of an invitation, then a password of one's own."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.addresses import address_of
from core.crypto import mask_phone
from core.errors import Refused
from core.http import open_to_all
from core.models import User
from core.signin import entry, invitations
from portal.forms import InvitationForm, NewPasswordForm


@open_to_all(methods=("GET", "HEAD", "POST"))
def start(request) -> HttpResponse:
    """Whose code it is shows before anything is chosen. Somebody who is signed in must leave first."""
    if request.user.is_authenticated:
        return _page(request, {})
    form = InvitationForm(request.POST or None)
    user = _invited(request, form)
    if user is None:
        return _page(request, {"form": form}, status=422 if form.is_bound else 200)
    chosen = "new_password" in request.POST
    password = NewPasswordForm(user, request.POST if chosen else None)
    if chosen and password.is_valid() and _accepted(form, user, password):
        messages.success(request, _("The password is set. From now on you sign in with it."))
        return redirect(
            "portal:landing" if entry.after_password(request, user) else "portal:sign-in-second"
        )
    context = {"form": form, "password": password, "person": user, "phone": mask_phone(user.phone)}
    return _page(request, context, status=422 if chosen else 200)


def _invited(request, form: InvitationForm) -> User | None:
    if not form.is_valid():
        return None
    try:
        return invitations.invited(form.cleaned_data["invitation"], address=address_of(request))
    except Refused as refused:
        form.add_error("invitation", refused.message)
        return None


def _accepted(form: InvitationForm, user: User, password: NewPasswordForm) -> bool:
    typed = form.cleaned_data["invitation"]
    try:
        invitations.accept(typed, user=user, password=password.cleaned_data["new_password"])
    except Refused as refused:  # used a moment ago, in another window
        password.add_error(None, refused.message)
        return False
    return True


def _page(request, context: dict, *, status: int = 200) -> HttpResponse:
    response = render(request, "portal/start.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
