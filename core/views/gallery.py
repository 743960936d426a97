import datetime as dt
from types import SimpleNamespace

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import calendar
from core.http import open_to_all
from core.permissions import Permission


@open_to_all()
def gallery(request) -> HttpResponse:
    """Every component with every tone, for people who build pages."""
    actor = getattr(request, "actor", None)
    if not (settings.DEBUG or (actor and actor.may(Permission.SYSTEM_WATCH))):
        raise Http404
    now = calendar.now()
    context = {
        "now": now,
        "today": calendar.today(),
        "born": calendar.today() - dt.timedelta(days=680),
        "trend": [842, 851, 858, 866, 871, 880, 886, 893, 898, 910],
        "dip": [93, 94, 92, 93.5, 94, 93, 92.8, 93.9, 93.4, 92.6],
        "page": Paginator(range(910), 10).page(5),
        "query": request.GET,
        "tabs": [
            {"label": _("All nurseries"), "url": "?", "current": True, "count": 910},
            {
                "label": _("Waiting for review"),
                "url": "?state=waiting",
                "current": False,
                "count": 3,
            },
            {"label": _("Handled"), "url": "?state=done", "current": False, "count": None},
        ],
        "steps": [_("Basics"), _("Rooms"), _("People"), _("Papers"), _("Hand in")],
        "names": ["王若溪", "李沐辰", "张予安", "刘一诺", "陈语桐"],
        "jobs": [_job("running", 40), _job("failed", 62), _job("done", 100)],
    }
    return render(request, "gallery.html", context)


def _job(state: str, percent: int) -> SimpleNamespace:
    return SimpleNamespace(
        id=f"sample-{state}",
        state=state,
        percent=percent,
        error=_("The disk is full."),
        result_name="audit.csv",
        get_state_display=_("Failed"),
    )
