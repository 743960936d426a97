from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import reswap, retarget

from core.calendar import today
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from quality import selectors
from quality.forms import AnswerForm
from quality.models import SelfCheck, Standard, StandardItem
from quality.services.self_check import answer_item


@gate(Permission.QUALITY_READ)
def standard(request: ActorRequest) -> HttpResponse:
    found = selectors.standard_on(today())
    if found is None:
        return render_partial(request, "quality/no_standard.html", {})
    return render_partial(request, "quality/standard.html", page_of(request, found))


def page_of(request: ActorRequest, found: Standard) -> dict:
    actor = request.actor
    dimensions = selectors.tree(actor, found)
    indicators = sum(len(dimension.indicators) for dimension in dimensions)
    context = {
        "standard": found,
        "dimensions": [(node, node.share(found.total)) for node in dimensions],
        "indicators": indicators,
        "may_write": actor.may(Permission.QUALITY_WRITE),
        "own": None,
        "region": None,
    }
    if actor.institution_id:
        return context | {"own": selectors.own_progress(dimensions)}
    return context | {"region": selectors.region_progress(actor, found, indicators)}


@gate(Permission.QUALITY_WRITE, methods=("GET", "HEAD", "POST"))
def self_check_answer(request: ActorRequest, item_id: int) -> HttpResponse:
    items = StandardItem.objects.indicators().select_related("standard")
    item = get_object_or_404(items, pk=item_id)
    before = SelfCheck.objects.visible_to(request.actor).filter(item=item).first()
    initial = {"answer": before.answer, "note": before.note} if before else {}
    form = AnswerForm(request.POST or None, initial=initial | _asked(request))
    if submit(form, answer_item, actor=request.actor, item=item):
        return _done(request, item)
    status = 422 if form.is_bound else 200
    context = {"item": item, "form": form}
    if not request.htmx:
        return render(request, "quality/self_check_answer.html", context, status=status)
    response = render(request, "quality/self_check_answer.html#sheet", context, status=status)
    return reswap(retarget(response, "#sheet"), "innerHTML")


def _asked(request: ActorRequest) -> dict:
    return {"answer": request.GET["answer"]} if "answer" in request.GET else {}


def _done(request: ActorRequest, item: StandardItem) -> HttpResponse:
    if not request.htmx:
        messages.success(request, _("Answer saved."))
        return redirect("quality:standard")
    return render(request, "quality/standard.html#tree", page_of(request, item.standard))
