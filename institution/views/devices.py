"""Tablets and machines of the nursery, and the PINs of those who work there."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.calendar import today
from core.devices import codes, machines, pairing, pins, tablets
from core.errors import NotThere
from core.http import ActorRequest, gate, render_partial
from core.models import Device, Pairing
from core.models.device import DeviceKind
from core.permissions import Permission
from core.stepup import stepup, stepup_to_send
from institution.forms import MachineForm, TabletForm
from institution.models import ClassGroup, Membership
from institution.selectors.devices import machines_of, pins_of, tablets_of
from institution.services import second_steps


@gate(Permission.TABLETS_WRITE)
def device_list(request: ActorRequest) -> HttpResponse:
    may_pins = request.actor.may(Permission.PINS_WRITE)
    may_machines = request.actor.may(Permission.MACHINES_WRITE)
    context = {
        "tablets": tablets_of(request.actor),
        "machines": machines_of(request.actor) if may_machines else [],
        "pins": pins_of(request.actor) if may_pins else [],
        "may_machines": may_machines,
        "may_pins": may_pins,
        "may_factors": request.actor.may(Permission.STAFF_FACTORS_RESET),
        "me": request.actor.user_id,
    }
    return render(request, "institution/device_list.html", context)


@gate(Permission.TABLETS_WRITE, methods=("GET", "HEAD", "POST"))
@stepup_to_send
def tablet_new(request: ActorRequest) -> HttpResponse:
    form = TabletForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        opened = pairing.open_pairing(actor=request.actor, **form.values())
        return redirect("nursery:pairing", opened.pk)
    status = 422 if form.errors else 200
    return render(request, "institution/tablet_new.html", {"form": form}, status=status)


@gate(Permission.TABLETS_WRITE, methods=("GET", "HEAD", "POST"))
@stepup_to_send
def pairing_page(request: ActorRequest, pk: UUID) -> HttpResponse:
    """The code, then the confirmation, on the screen of whoever pairs. Asks again by itself."""
    found = get_object_or_404(Pairing.objects.visible_to(request.actor), pk=pk)
    if request.method == "POST":
        agreed = request.POST.get("answer") == "same"
        pairing.answer(actor=request.actor, pairing=found, agreed=agreed)
        return redirect("nursery:pairing", found.pk)
    state = pairing.state_of(found)
    code = codes.code_of(found.pk)
    rooms = ClassGroup.objects.visible_to(request.actor).filter(pk=found.class_group_id or 0)
    context = {
        "pairing": found,
        "state": state.value,
        "code": [code[: codes.HALF], code[codes.HALF :]],
        "confirmation": pairing.confirmation(found) if found.claim_hash else "",
        "room": rooms.first(),
        "pair_url": request.build_absolute_uri("/nursery/pair/"),
    }
    response = render_partial(request, "institution/pairing.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@gate(Permission.MACHINES_WRITE, methods=("GET", "HEAD", "POST"))
@stepup_to_send
def machine_new(request: ActorRequest) -> HttpResponse:
    form = MachineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device, key = machines.register(actor=request.actor, **form.cleaned_data)
        return _secret(request, device, key)
    status = 422 if form.errors else 200
    return render(request, "institution/machine_new.html", {"form": form}, status=status)


@gate(Permission.MACHINES_WRITE, methods=("POST",))
@stepup
def machine_key(request: ActorRequest, pk: int) -> HttpResponse:
    device = get_object_or_404(Device.objects.visible_to(request.actor).working(), pk=pk)
    return _secret(request, device, machines.rotate_key(actor=request.actor, device=device))


@gate(Permission.MACHINES_WRITE, methods=("POST",))
@stepup
def machine_old_key(request: ActorRequest, pk: int) -> HttpResponse:
    device = get_object_or_404(Device.objects.visible_to(request.actor).working(), pk=pk)
    machines.retire_old_keys(actor=request.actor, device=device)
    messages.success(
        request, _("Only the newest key of %(name)s counts now.") % {"name": device.name}
    )
    return redirect("nursery:device-list")


@gate(Permission.TABLETS_WRITE, methods=("POST",))
@stepup
def device_revoke(request: ActorRequest, pk: int) -> HttpResponse:
    device = get_object_or_404(Device.objects.visible_to(request.actor), pk=pk)
    if device.kind != DeviceKind.TABLET and not request.actor.may(Permission.MACHINES_WRITE):
        raise NotThere
    tablets.revoke(actor=request.actor, device=device)
    messages.success(request, _("%(name)s is no longer connected.") % {"name": device.name})
    return redirect("nursery:device-list")


@gate(Permission.PINS_WRITE, methods=("POST",))
@stepup
def pin_reset(request: ActorRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    pins.reset_pin(actor=request.actor, user=member.user)
    sentence = _("The PIN of %(name)s is gone. A new one is set under “My PIN”.")
    messages.success(request, sentence % {"name": member.user.name})
    return redirect("nursery:device-list")


@gate(Permission.PINS_WRITE, methods=("POST",))
@stepup
def pin_unlock(request: ActorRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    pins.open_lock(actor=request.actor, user=member.user)
    messages.success(request, _("%(name)s may try again.") % {"name": member.user.name})
    return redirect("nursery:device-list")


@gate(Permission.STAFF_FACTORS_RESET, methods=("GET", "HEAD", "POST"))
@stepup_to_send
def factor_reset(request: ActorRequest, pk: int) -> HttpResponse:
    """What it means, and then the deed: the person's sessions end at once."""
    member = _member(request, pk)
    if request.method == "POST":
        second_steps.reset_second_step(actor=request.actor, user=member.user)
        sentence = _("The second step of %(name)s is gone, and all sessions have ended.")
        messages.success(request, sentence % {"name": member.user.name})
        return redirect("nursery:device-list")
    return render(request, "institution/factor_reset.html", {"member": member})


def _member(request: ActorRequest, pk: int) -> Membership:
    members = Membership.objects.visible_to(request.actor).working(today())
    return get_object_or_404(members.select_related("user"), pk=pk)


def _secret(request: ActorRequest, device: Device, key: machines.NewKey) -> HttpResponse:
    """The one answer that holds the secret: never kept, never shown again."""
    context = {
        "device": device,
        "key": key,
        "heartbeat": request.build_absolute_uri("/api/v1/devices/heartbeat/"),
    }
    response = render(request, "institution/machine_secret.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
