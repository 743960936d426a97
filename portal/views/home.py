from django.http import Http404, HttpResponse
from django.shortcuts import render

from core.calendar import today
from core.http import open_to_all
from institution.enums import InstitutionForm
from portal import selectors

PAGE_SIZE = 20


@open_to_all()
def home(request) -> HttpResponse:
    day = today()
    context = {
        "figures": selectors.city_figures(day=day),
        "counties": selectors.counties_with_institutions(day=day),
        "some": selectors.inviting_institutions(day=day, most=6),
    }
    return render(request, "portal/home.html", context)


@open_to_all()
def institution_search(request) -> HttpResponse:
    wish = selectors.Wish(
        words=request.GET.get("q", "")[:60].replace("\0", ""),
        county=request.GET.get("county", "").replace("\0", ""),
        form=request.GET.get("form", "").replace("\0", ""),
        inclusive="inclusive" in request.GET,
        free="free" in request.GET,
    )
    page = selectors.page_of_institutions(
        wish=wish, day=today(), number=request.GET.get("page"), size=PAGE_SIZE
    )
    context = {
        "wish": wish,
        "page": page,
        "counties": selectors.counties_with_institutions(day=today()),
        "forms": InstitutionForm.choices,
    }
    return render(request, "portal/institution_search.html", context)


@open_to_all()
def institution_page(request, pk: int) -> HttpResponse:
    institution = selectors.public_institution(pk=pk, day=today())
    if institution is None:
        raise Http404
    classes = selectors.class_places(institution=institution, day=today())
    context = {
        "institution": institution,
        "classes": classes,
        "fees": selectors.public_fees(institution=institution, day=today()),
        "inclusive_today": institution.is_inclusive(today()),
    }
    return render(request, "portal/institution_page.html", context)
