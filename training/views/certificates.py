from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from core.calendar import today
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from training import selectors

PAGE_SIZE = 20
TABS = {
    "all": _("All"),
    "expiring": _("Expires soon"),
    "expired": _("Expired"),
    "missing": _("No health certificate"),
}


@gate(Permission.TRAINING_READ)
def certificate_list(request: ActorRequest) -> HttpResponse:
    day, actor = today(), request.actor
    counties = list(selectors.counties(actor, day))
    county = next((c for c in counties if c.code == request.GET.get("county")), None)
    types = list(selectors.types())
    wish = selectors.Wish(
        words=request.GET.get("q", "")[:60].replace("\0", ""),
        county_path=county.path if county else "",
        type=next((t.code for t in types if t.code == request.GET.get("type")), ""),
    )
    tab = request.GET.get("tab")
    tab = tab if tab in TABS else "all"
    rows = _rows(actor, wish, day, tab)
    context = {
        "tab": tab,
        "tabs": _tabs(request, tab, selectors.counts(actor, wish, day)),
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "counties": counties,
        "county": county,
        "types": types,
        "wish": wish,
        "many": actor.institution_id is None,
        "may_write": actor.may(Permission.TRAINING_WRITE),
        "query": request.GET,
    }
    return render_partial(request, "training/certificate_list.html", context)


def _rows(actor, wish, day, tab):
    if tab == "missing":
        return selectors.without_health_certificate(actor, wish, day)
    return selectors.certificates(actor, wish, day, state="" if tab == "all" else tab)


def _tabs(request: ActorRequest, current: str, counts: dict[str, int]) -> list[dict]:
    kept = request.GET.copy()
    kept.pop("page", None)
    tabs = []
    for name, label in TABS.items():
        kept["tab"] = name
        tabs.append(
            {
                "label": label,
                "url": f"?{kept.urlencode()}",
                "current": name == current,
                "count": counts[name],
            }
        )
    return tabs
