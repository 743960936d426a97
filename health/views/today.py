from django.core.paginator import Paginator
from django.http import Http404, HttpResponse

from core import audit, calendar
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from health import selectors
from health.enums import RuleCode
from health.rules import sees_children
from institution.models import Institution

PAGE_SIZE = 20


@gate(Permission.HEALTH_READ)
def today(request: ActorRequest) -> HttpResponse:
    return nursery(request) if sees_children(request.actor) else region(request)


def nursery(request: ActorRequest) -> HttpResponse:
    wanted = _number(request.GET.get("nursery"))
    found = list(selectors.nurseries(request.actor))
    if not found:
        return render_partial(request, "health/no_nursery.html", {})
    institution = next(
        (nursery for nursery in found if nursery.pk == wanted), None if wanted else found[0]
    )
    if institution is None:
        raise Http404
    context = day_of(request, institution) | {"nurseries": found}
    audit.viewed(
        actor=request.actor,
        child_ids=context["day"].seen,
        fields=["morning_check", "measurement"],
        purpose="health_today",
        institution_id=institution.pk,
        region_path=institution.region.path,
    )
    return render_partial(request, "health/nursery.html", context)


def day_of(request: ActorRequest, institution: Institution) -> dict:
    """What the page shows; the query string says which class and which list."""
    whole = selectors.nursery_day(request.actor, institution, calendar.today())
    class_id = _number(request.GET.get("class"))
    day = whole.of_class(class_id) if class_id else whole
    return {
        "day": day,
        "classes": whole.classes,
        "class_id": class_id,
        "show": "measured" if request.GET.get("show") == "measured" else "checks",
        "may_write": request.actor.may(Permission.HEALTH_WRITE),
        "query": request.GET.urlencode(),
    }


def region(request: ActorRequest) -> HttpResponse:
    day = calendar.today()
    counties = list(selectors.counties(request.actor, day))
    county = next((c for c in counties if c.code == request.GET.get("county")), None)
    rows = selectors.figures(request.actor, day, within=county.path if county else "")
    context = {
        "date": day,
        "counties": counties,
        "county": county,
        "total": selectors.total(rows),
        "fever_rule": selectors.rules_on(day).get(RuleCode.FEVER),
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "query": request.GET,
    }
    return render_partial(request, "health/region.html", context)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
