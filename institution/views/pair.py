"""The tablet's side of pairing: type the code, compare the four digits, get in."""

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from core.addresses import address_of
from core.devices import pairing, tablets
from core.errors import NotThere
from core.forms import submit
from core.http import open_to_all
from institution.forms import CodeForm

MACHINES = ("iPad", "iPhone", "HarmonyOS", "Android", "Windows", "Macintosh", "Linux")
CLAIM = f"{settings.COOKIE_PREFIX}pairing"  # cookie: which pairing this tablet has claimed


@open_to_all(methods=("GET", "HEAD", "POST"))
def pair(request) -> HttpResponse:
    if request.tablet is not None:
        return redirect(settings.TABLET_URL)
    form = CodeForm(request.POST or None)
    claimed: list[str] = []
    if request.method == "POST" and submit(form, _claim, request=request, claimed=claimed):
        response = redirect("nursery:pair-wait")
        response.set_cookie(
            CLAIM,
            claimed[0],
            max_age=int(pairing.VALID.total_seconds()),
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
        return response
    status = 422 if form.errors else 200
    return render(request, "institution/pair.html", {"form": form}, status=status)


def _claim(*, request, claimed: list[str], code: str) -> None:
    address = address_of(request) or ""
    claimed.append(pairing.claim(code=code, address=address, agent=_machine(request))[1])


def _machine(request) -> str:
    """What kind of device it calls itself, for whoever confirms."""
    agent = request.headers.get("User-Agent", "")
    return next((name for name in MACHINES if name in agent), "")


@open_to_all()
def waiting(request) -> HttpResponse:
    found = pairing.claimed_by(request.COOKIES.get(CLAIM, ""))
    if found is None:
        return redirect("nursery:pair")
    context = {"pairing": found, "confirmation": pairing.confirmation(found)}
    response = render(request, "institution/pair_wait.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@open_to_all(methods=("POST",))
def finish(request) -> JsonResponse:
    """Asked every two seconds until somebody has confirmed: then the answer sets the tablet's cookie."""
    try:
        paired = pairing.finish(cookie=request.COOKIES.get(CLAIM, ""))
    except NotThere:
        return JsonResponse({"state": "over"})
    if paired is None:
        return JsonResponse({"state": "waiting"})
    response = JsonResponse({"state": "paired"})
    tablets.set_cookie(response, paired[1])
    response.delete_cookie(CLAIM, samesite="Lax")
    return response
