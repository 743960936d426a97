"""Notices as the nursery writes them and sees who has read them."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.calendar import today
from core.errors import Refused
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.once import once
from core.permissions import Permission
from institution.forms import NoticeForm, RemindForm
from institution.models import Notice
from institution.selectors import notices as found
from institution.selectors.nursery import classes_on
from institution.services import notices

PAGE = 20


@gate(Permission.NOTICES_READ)
def notice_list(request: ActorRequest) -> HttpResponse:
    page = Paginator(found.notices(actor=request.actor), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "query": request.GET,
        "here": request.get_full_path(),
        "may_write": request.actor.may(Permission.NOTICES_WRITE),
    }
    return render_partial(request, "institution/notice_list.html", context)


@gate(Permission.NOTICES_WRITE)
def notice_page(request: ActorRequest, pk: int) -> HttpResponse:
    notice = get_object_or_404(found.notices(actor=request.actor), pk=pk)
    readers = found.readers(notice=notice)
    context = {
        "notice": notice,
        "here": request.get_full_path(),
        "readers": readers,
        # people, as the list counts them: a guardian of two children has read it once
        "read": len({reader.user_id for reader in readers if reader.read_at}),
        "told": len({reader.user_id for reader in readers}),
    }
    return render_partial(request, "institution/notice_page.html", context)


@gate(Permission.NOTICES_WRITE, methods=("GET", "HEAD", "POST"))
@once
def notice_new(request: ActorRequest) -> HttpResponse:
    classes = classes_on(actor=request.actor, day=today())
    form = NoticeForm(request.POST or None, classes=classes)
    if request.method == "POST" and submit(form, notices.publish, actor=request.actor):
        messages.success(request, _("The families can read it now."))
        return redirect("nursery:notice-list")
    status = 422 if form.is_bound else 200
    return render(request, "institution/notice_new.html", {"form": form}, status=status)


@gate(Permission.NOTICES_WRITE, methods=("POST",))
def notice_remind(request: ActorRequest, pk: int) -> HttpResponse:
    notice = get_object_or_404(Notice.objects.visible_to(request.actor), pk=pk)
    form = RemindForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    try:
        notices.remind(actor=request.actor, notice=notice, number=form.cleaned_data["number"])
    except Refused as refused:
        if refused.status == 404:
            raise
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Those who have not read it are reminded."))
    return redirect("nursery:notice-page", notice.pk)


@gate(Permission.NOTICES_WRITE, methods=("POST",))
def notice_withdraw(request: ActorRequest, pk: int) -> HttpResponse:
    notice = get_object_or_404(Notice.objects.visible_to(request.actor), pk=pk)
    notices.withdraw(actor=request.actor, notice=notice)
    messages.success(request, _("The notice is withdrawn."))
    return redirect("nursery:notice-page", notice.pk)
