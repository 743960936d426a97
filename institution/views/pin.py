from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.devices import pins
from core.forms import submit
from core.http import ActorRequest, gate
from core.models import Pin, User
from core.permissions import Permission
from institution.forms import PinForm


@gate(Permission.NURSERY_READ, methods=("GET", "HEAD", "POST"))
def own_pin(request: ActorRequest) -> HttpResponse:
    """One's own PIN for the tablets of the nursery; the password is asked for once more."""
    user = User.objects.get(pk=request.actor.user_id)
    form = PinForm(request.POST or None, request=request)
    if request.method == "POST" and submit(form, _set, actor=request.actor, user=user):
        messages.success(request, _("Your PIN is set. Use it on any tablet of the nursery."))
        return redirect("nursery:pin")
    context = {"form": form, "known": Pin.objects.filter(user=user).first()}
    return render(request, "institution/pin.html", context, status=422 if form.errors else 200)


def _set(*, actor, user: User, pin: str, **_typed) -> None:
    pins.set_pin(actor=actor, user=user, pin=pin)
