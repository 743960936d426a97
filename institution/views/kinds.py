import secrets

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from institution.forms import KindForm
from institution.kinds import KINDS
from institution.models import EntryKind
from institution.services import kinds


@gate(Permission.ENTRY_KINDS_WRITE)
def kind_list(request: ActorRequest) -> HttpResponse:
    own = EntryKind.objects.visible_to(request.actor).order_by("-active", "label", "pk")
    return render(
        request, "institution/kind_list.html", {"own": own, "built_in": list(KINDS.values())}
    )


@gate(Permission.ENTRY_KINDS_WRITE, methods=("GET", "HEAD", "POST"))
@once
def kind_new(request: ActorRequest) -> HttpResponse:
    form = KindForm(request.POST or None, initial={"icon": "notebook-pen"})
    if request.method == "POST" and submit(form, _add, actor=request.actor, form=form):
        messages.success(
            request, _("%(name)s is on the board now.") % {"name": form.cleaned_data["label"]}
        )
        return redirect("nursery:kind-list")
    return render(
        request, "institution/kind_new.html", {"form": form}, status=422 if form.errors else 200
    )


def _add(*, actor, form: KindForm, label: str, icon: str, **_fields) -> None:
    kinds.add_kind(
        actor=actor,
        code=f"own-{secrets.token_hex(4)}",
        label=label,
        icon=icon,
        fields=[form.definition()],
    )


@gate(Permission.ENTRY_KINDS_WRITE, methods=("POST",))
def kind_active(request: ActorRequest, pk: int) -> HttpResponse:
    kind = get_object_or_404(EntryKind.objects.visible_to(request.actor), pk=pk)
    kinds.set_active(actor=request.actor, kind=kind, active="active" in request.POST)
    return redirect("nursery:kind-list")
