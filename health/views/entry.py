"""What children must bring before they start: who is about to, and a form for each paper."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate
from core.once import once
from core.permissions import Permission
from health import selectors
from health.enums import EntryPaper
from health.forms import PaperForm
from health.services import entry
from institution.models import Application


@gate(Permission.HEALTH_WRITE)
def entry_list(request: ActorRequest) -> HttpResponse:
    waiting = selectors.about_to_start(request.actor, today())
    rules = selectors.exam_rules()
    rows = [(each, entry.missing_of(each.papers, each.first_day, rules)) for each in waiting]
    return render(request, "health/entry_list.html", {"rows": rows})


@gate(Permission.HEALTH_WRITE, methods=("GET", "HEAD", "POST"))
@once
def entry_record(request: ActorRequest, pk: int) -> HttpResponse:
    application = get_object_or_404(Application.objects.visible_to(request.actor), pk=pk)
    wanted = request.GET.get("paper")
    initial = {"paper": wanted} if wanted in EntryPaper.values else {}
    form = PaperForm(request.POST or None, initial=initial)
    if submit(form, entry.record_paper, actor=request.actor, application=application):
        messages.success(request, _("%(name)s: looked at.") % {"name": application.name})
        return redirect("health:entry-record", application.pk)
    coming = selectors.of_application(request.actor, application, today())
    context = {
        "form": form,
        "each": coming,
        "reasons": entry.missing_of(coming.papers, coming.first_day, selectors.exam_rules()),
    }
    return render(
        request, "health/entry_record.html", context, status=422 if form.is_bound else 200
    )
