"""A code for somebody of the nursery to choose a password with, shown once."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from core import qr
from core.calendar import today
from core.crypto import mask_phone
from core.http import ActorRequest, gate
from core.models import User
from core.permissions import Permission
from core.stepup import stepup
from institution.models import Child, Guardianship, StaffFile
from institution.services import invitations
from institution.services.invitations import Code


@gate(Permission.STAFF_WRITE, methods=("POST",))
@stepup
def staff_invite(request: ActorRequest, pk: int) -> HttpResponse:
    files = StaffFile.objects.visible_to(request.actor).select_related("user")
    file = get_object_or_404(files, pk=pk)
    code = invitations.invite_staff(actor=request.actor, staff=file)
    back = (file.user.name, reverse("nursery:staff-page", args=[pk]))
    return invitation(request, file.user, code, back=back)


@gate(Permission.CHILDREN_WRITE, methods=("POST",))
@stepup
def guardian_invite(request: ActorRequest, pk: int, guardian: int) -> HttpResponse:
    """`guardian` is the number of the guardianship."""
    child = get_object_or_404(Child.objects.visible_to(request.actor), pk=pk)
    held = Guardianship.objects.filter(child=child).valid(today()).select_related("user")
    guardianship = get_object_or_404(held, pk=guardian)
    code = invitations.invite_guardian(actor=request.actor, guardianship=guardianship)
    back = (child.name, reverse("nursery:child-page", args=[pk]))
    return invitation(request, guardianship.user, code, back=back)


def invitation(
    request: ActorRequest, user: User, code: Code, *, back: tuple[str, str]
) -> HttpResponse:
    """The code is in the fragment of the address: that part is sent to no server and stands in no log."""
    page = request.build_absolute_uri(reverse("portal:start"))
    context = {
        "person": user,
        "phone": mask_phone(user.phone),
        "code": code[0],
        "until": code[1],
        "page": page,
        "qr": qr.picture(f"{page}#{code[0]}"),
        "back_title": back[0],
        "back": back[1],
    }
    response = render(request, "institution/invitation.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
