"""What the nursery tells its families; each guardian says that it was read."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from institution.models import Notice
from institution.selectors.notices import notices
from institution.services.notices import mark_read

PAGE = 20


@gate(Permission.FAMILY_NOTICES)
def notice_list(request: ActorRequest) -> HttpResponse:
    page = Paginator(notices(actor=request.actor), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "query": request.GET, "here": request.get_full_path()}
    return render_partial(request, "parents/notices.html", context)


@gate(Permission.FAMILY_NOTICES, methods=("POST",))
def read(request: ActorRequest, pk: int) -> HttpResponse:
    notice = get_object_or_404(Notice.objects.visible_to(request.actor), pk=pk)
    mark_read(actor=request.actor, notice=notice)
    return redirect("family:notices")
