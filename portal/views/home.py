from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from core.calendar import today
from core.http import open_to_all
from institution.enums import InstitutionForm
from institution.models import Institution
from portal import selectors

PAGE_SIZE = 20


@open_to_all()
def home(request) -> HttpResponse:
    day = today()
    context = {
        "figures": selectors.city_figures(day=day),
        "counties": selectors.counties_with_institutions(day=day),
        "some": selectors.find_institutions(wish=selectors.Wish(free=True), day=day)[:6],
    }
    return render(request, "portal/home.html", context)


@open_to_all()
def institution_search(request) -> HttpResponse:
    wish = selectors.Wish(
        words=request.GET.get("q", "")[:60].replace("\0", ""),
        county=request.GET.get("county", ""),
        form=request.GET.get("form", ""),
        inclusive="inclusive" in request.GET,
        free="free" in request.GET,
    )
    found = selectors.find_institutions(wish=wish, day=today())
    context = {
        "wish": wish,
        "page": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "counties": selectors.counties_with_institutions(day=today()),
        "forms": InstitutionForm.choices,
    }
    return render(request, "portal/institution_search.html", context)


@open_to_all()
def institution_page(request, pk: int) -> HttpResponse:
    found = Institution.objects.public().with_enrolled(today()).select_related("region__parent")
    institution = get_object_or_404(found, pk=pk)
    classes = selectors.class_places(institution=institution, day=today())
    return render(
        request, "portal/institution_page.html", {"institution": institution, "classes": classes}
    )
