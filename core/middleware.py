from functools import cache
from typing import Any

import structlog
from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import get_resolver
from django.utils.module_loading import import_string
from django_htmx.http import reswap, trigger_client_event

from core import audit, limits
from core.errors import NoSpace, NotThere, Refused, TooSlow
from core.postgres import patience, space
from core.rls_blocked import is_blocked, note_blocked
from core.views import errors

logger = structlog.get_logger(__name__)

SAFE = ("GET", "HEAD", "OPTIONS")


class HeadersMiddleware:
    """On every answer, also those of other middleware and of errors: no other site may embed or read it, and what is
    shown to somebody signed in, or to a program, stays in no cache unless the view says how.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        user = getattr(request, "user", None)
        if request.path.startswith("/api/") or (user is not None and user.is_authenticated):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class PolicyMiddleware(CSPMiddleware):
    """django-csp composes the header for each answer; where no page asked for a nonce it is always the same."""

    OWN = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt")

    def process_response(self, request, response):
        asked = getattr(request, "_csp_nonce", None) is not None
        if asked or settings.DEBUG or any(hasattr(response, name) for name in self.OWN):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, usual_policy())
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # too late for one
        return response


@cache
def usual_policy() -> str:
    return build_policy()


class LimitMiddleware:
    """Counts the request against its limit (config.limits) before the view runs; 429 says when to come back."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        limit = limit_of(request)
        wait = limits.take(limit, limits.asker(request, limit)) if limit else 0
        return errors.too_many(request, wait) if wait else None


def limit_of(request) -> limits.Limit | None:
    limit = limit_table().get((request.resolver_match.view_name, request.method))
    if limit is not None or request.method not in SAFE:
        return limit or limits.WRITE
    known = request.user.is_authenticated or "Authorization" in request.headers
    return limits.READ if known else None  # visitors of the open pages are counted by nginx


@cache
def limit_table() -> dict[tuple[str, str], limits.Limit]:
    return import_string(settings.LIMITS)


class RefusedMiddleware:
    """A rule that said no inside a page: a toast where htmx asked, else a page. Forms show their refusals themselves."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception: Exception) -> HttpResponse | None:
        if is_blocked(exception):
            note_blocked(request, exception)
            exception = NotThere()
        if patience.ran_out(exception):
            logger.error("stopped by the database", view=request.resolver_match.view_name)
            exception = TooSlow()
        if space.ran_out(exception):
            logger.critical("no space left for the database")
            exception = NoSpace()
        if not isinstance(exception, Refused):
            return None
        if getattr(request, "htmx", False):
            return toast(exception)
        if exception.status == 404:
            not_found: Any = get_resolver().resolve_error_handler(404)
            return not_found(request, exception=Http404(str(exception.message)))
        return render(request, "refused.html", {"refused": exception}, status=exception.status)


def toast(refused: Refused) -> HttpResponse:
    """The browser raises an event `toast` with this detail; what is on the page stays as it is."""
    response = HttpResponse(status=refused.status)
    detail = {"message": str(refused.message), "code": refused.code, "tone": "warn"}
    return reswap(trigger_client_event(response, "toast", detail), "none")


class AuditMiddleware:
    """Stores who read what before the answer goes out, and who was turned away."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with audit.reads_at_the_end() as reads:
            response = self.get_response(request)
        if response.status_code < 500:
            audit.write_reads(reads)
        actor, match = getattr(request, "actor", None), request.resolver_match
        if response.status_code in (403, 404) and actor is not None and match is not None:
            audit.denied(
                actor=actor,
                view=match.view_name or match.route,
                method=request.method,
                status=response.status_code,
                ids=[value for value in match.kwargs.values() if isinstance(value, int)],
            )
        return response
