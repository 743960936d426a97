"""The list of alerts, and what is done with one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from core.errors import Refused
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from institution.forms import CloseAlertForm
from institution.models import Alert
from institution.selectors.alerts import (
    CLOSED,
    MINE,
    OPEN,
    TABS,
    Counts,
    alerts_in,
    counts,
    open_count,
)
from institution.services import alerts
from institution.views.alert_words import line

PAGE = 20


@gate(Permission.ALERTS_READ)
def alert_list(request: ActorRequest) -> HttpResponse:
    tab = request.GET.get("tab", OPEN)
    tab = tab if tab in TABS else OPEN
    found = alerts_in(actor=request.actor, tab=tab)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    known = counts(actor=request.actor)
    context = {
        "tabs": _tabs(tab, known),
        "tab": tab,
        "page": page,
        "lines": [line(alert, request.actor) for alert in page],
        "query": request.GET,
        "here": request.get_full_path(),
    }
    return render_partial(request, "institution/alert_list.html", context)


@gate(Permission.ALERTS_READ)
def alert_count(request: ActorRequest) -> HttpResponse:
    """For js/counts.js: how many wait, beside the menu's entry."""
    return JsonResponse({"count": open_count(request.actor)})


@gate(Permission.ALERTS_WRITE, methods=("POST",))
def alert_take(request: ActorRequest, pk: int) -> HttpResponse:
    alert = get_object_or_404(Alert.objects.visible_to(request.actor), pk=pk)
    try:
        alerts.take(actor=request.actor, alert=alert)
    except Refused as refused:
        if refused.status == 404:
            raise
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("It is in your hands now."))
    return redirect("nursery:alert-list")


@gate(Permission.ALERTS_WRITE, methods=("GET", "HEAD", "POST"))
def alert_close(request: ActorRequest, pk: int) -> HttpResponse:
    alert = get_object_or_404(
        Alert.objects.visible_to(request.actor).select_related("class_group", "child"), pk=pk
    )
    form = CloseAlertForm(request.POST or None)
    if request.method == "POST" and submit(form, alerts.close, actor=request.actor, alert=alert):
        messages.success(request, _("The alert is closed."))
        if request.htmx:
            return HttpResponseClientRedirect(reverse("nursery:alert-list"))
        return redirect("nursery:alert-list")
    context = {"form": form, "line": line(alert, request.actor)}
    status = 422 if form.is_bound else 200
    if not request.htmx:
        return render(request, "institution/alert_close.html", context, status=status)
    response = render(request, "institution/alert_close.html#sheet", context, status=status)
    return reswap(retarget(response, "#sheet"), "innerHTML")


def _tabs(current: str, known: Counts) -> list[dict]:
    labels = {
        OPEN: (pgettext("alert", "Open"), known.open),
        MINE: (_("Mine"), known.mine),
        CLOSED: (pgettext("alert", "Closed"), None),
    }
    url = reverse("nursery:alert-list")
    return [
        {
            "label": label,
            "url": url if tab == OPEN else f"{url}?tab={tab}",
            "current": tab == current,
            "count": count,
        }
        for tab, (label, count) in labels.items()
    ]
