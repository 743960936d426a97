import datetime as dt

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from core.calendar import today
from core.http import ActorRequest, gate
from core.permissions import Permission
from govadmin import display
from govadmin.forms import FORMS, InstitutionFilterForm
from govadmin.selectors.figures import figures_of
from govadmin.selectors.institutions import institution_listing
from govadmin.selectors.overview import entries_by_day
from govadmin.selectors.regions import place_of
from institution.models import ClassTypeRule, Institution
from institution.selectors.calendar import care_days, coming
from institution.selectors.file import institution_file
from institution.selectors.nursery import classes_on

PAGE = 20
COMING = dt.timedelta(days=60)


@gate(Permission.OVERVIEW_READ)
def institution_list(request: ActorRequest) -> HttpResponse:
    form = InstitutionFilterForm(request.GET)
    filters = form.values()
    place = place_of(request.actor, filters["region"])
    listing = institution_listing(actor=request.actor, place=place, filters=filters, day=today())
    page = Paginator(listing.rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": display.institution_rows(place, page),
        "tabs": display.status_tabs(listing.counts, filters["status"], request.GET),
        "filters": filters,
        "forms": FORMS,
        "regions": display.region_choices(place),
        "place": place,
        "query": request.GET,
        "total": listing.counts[""],
    }
    return render(request, "govadmin/institution_list.html", context)


@gate(Permission.OVERVIEW_READ)
def institution_page(request: ActorRequest, pk: int) -> HttpResponse:
    seen: QuerySet[Institution] = Institution.objects.visible_to(request.actor)
    institution = get_object_or_404(seen.select_related("region__parent"), pk=pk)
    day = today()
    days = entries_by_day(actor=request.actor, institution_id=pk, last=day)
    classes = classes_on(actor=request.actor, day=day).filter(institution=pk)
    context = {
        "institution": institution,
        "file": institution_file(actor=request.actor, institution=institution, day=day),
        "coming": coming(
            care_days(actor=request.actor, institution=pk, first=day, last=day + COMING)
        ),
        "inclusive_today": institution.is_inclusive(day),
        "region": display.region_names(institution.region),
        "figures": figures_of(seen.filter(pk=pk), day)[0],
        "classes": display.class_rows(classes, ClassTypeRule.objects.on(day)),
        "days": days,
        "chart": display.entries_data(days),
        "may_audit": request.actor.may(Permission.AUDIT_READ),
    }
    return render(request, "govadmin/institution_page.html", context)
