"""The platform administrator helps people of the region to sign in: a lost second step, a forgotten password. Not oneself."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.auth import people_called
from core.errors import Refused
from core.http import ActorRequest, gate
from core.models import User
from core.permissions import Permission
from core.signin import factors
from core.stepup import stepup_to_send
from institution.actors import Post, posts_of
from institution.services import invitations, second_steps
from institution.views.invitations import invitation
from portal.forms import PersonForm


@dataclass(frozen=True)
class Found:
    user: User
    posts: list[Post]
    has_factor: bool


@gate(Permission.FACTORS_RESET, methods=("GET", "HEAD", "POST"))
@stepup_to_send
def factor_reset(request: ActorRequest) -> HttpResponse:
    """Asks for the name as the person signs in with it, shows who that is, and asks once more."""
    form = PersonForm(request.POST or None)
    found = _found(request, form)
    if found and "reset" in request.POST and form.is_valid():
        second_steps.reset_second_step(actor=request.actor, user=found.user)
        sentence = _("The second step of %(name)s is gone, and all sessions have ended.")
        messages.success(request, sentence % {"name": found.user.name})
        return redirect("portal:factor-reset")
    if found and "invite" in request.POST and form.is_valid():
        code = invitations.invite_anybody(actor=request.actor, user=found.user)
        back = (_("Help with signing in"), reverse("portal:factor-reset"))
        return invitation(request, found.user, code, back=back)
    status = 422 if form.errors else 200
    context = {"form": form, "found": found}
    response = render(request, "portal/factor_reset.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _found(request: ActorRequest, form: PersonForm) -> Found | None:
    """Whoever may not be reset is answered as if nobody were called so, except oneself."""
    if not form.is_valid():
        return None
    user = people_called(form.cleaned_data["person"]).first()
    if user is None:
        form.add_error("person", _("Nobody is called so."))
        return None
    posts = posts_of(user)
    try:
        second_steps.check_may_reset(actor=request.actor, user=user, posts=posts)
    except Refused as refused:
        said = _("Nobody is called so.") if refused.status == 404 else refused.message
        form.add_error("person", said)
        return None
    return Found(user, posts, factors.has_factor(user))
