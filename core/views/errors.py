import sys

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core.errors import NoSpace
from core.postgres import space

CODES = {400: "bad_request", 403: "not_allowed", 404: "not_found", 429: "throttled"}


def bad_request(request, exception) -> HttpResponse:
    return _answer(request, 400, _("This request could not be read"))


def forbidden(request, exception) -> HttpResponse:
    return _answer(request, 403, _("This page is not open to you"))


def not_found(request, exception) -> HttpResponse:
    return _answer(request, 404, _("This is not here"))


def too_many(request, seconds: int) -> HttpResponse:
    response = _answer(request, 429, _("Too many requests. Please wait a moment and try again."))
    response.headers["Retry-After"] = str(seconds)
    return response


def server_error(request) -> HttpResponse:
    """Without the request: its context asks the database, which may be what broke.

    What middleware stores, such as who read what, meets a full disk outside of any view.
    """
    refused = NoSpace() if space.ran_out(sys.exc_info()[1]) else None
    status = refused.status if refused else 500
    if request.path.startswith("/api/"):
        code = refused.code if refused else "server_error"
        message = str(refused.message) if refused else _("Something went wrong on our side")
        return JsonResponse({"code": code, "message": message, "fields": {}}, status=status)
    return HttpResponse(render_to_string(f"{status}.html"), status=status)


def _answer(request, status: int, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        answer = {"code": CODES[status], "message": message, "fields": {}}
        return JsonResponse(answer, status=status)
    return render(request, f"{status}.html", status=status)
