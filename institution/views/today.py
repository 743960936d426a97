from django.http import HttpResponse

from core.calendar import today
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from institution.selectors.attention import what_needs
from institution.selectors.file import licences_running_out
from institution.selectors.nursery import class_lines, latest_entries, totals
from institution.timeline import items
from institution.views.display import kind_counts

FEED = 12


@gate(Permission.NURSERY_READ)
def today_page(request: ActorRequest) -> HttpResponse:
    classes = class_lines(actor=request.actor, day=today())
    groups = [line.class_group for line in classes]
    entries = latest_entries(actor=request.actor, day=today(), most=FEED)
    figures = totals(actor=request.actor, classes=groups, day=today())
    may_renew = request.actor.may(Permission.INSTITUTION_WRITE)
    context = {
        "licences": licences_running_out(actor=request.actor) if may_renew else [],
        "attention": what_needs(request.actor),
        "day": today(),
        "kinds": kind_counts(request.actor, figures.by_kind),
        "classes": classes,
        "totals": figures,
        "crowded": sum(line.crowded for line in classes),
        "lines": items(actor=request.actor, entries=entries),
        "may_log": request.actor.may(Permission.DAILY_LOG_WRITE),
        "may_define": request.actor.may(Permission.ENTRY_KINDS_WRITE),
    }
    return render_partial(request, "institution/today.html", context)
