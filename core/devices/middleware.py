"""Which tablet asks, and whether the PIN session on it still stands."""

import time

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.urls import reverse

from core.devices import people, tablets


class TabletMiddleware:
    """`request.tablet`: the paired device, or None. After authentication, before the actor is made."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        cookie = request.COOKIES.get(tablets.COOKIE, "")
        shown = tablets.recognise(cookie) if cookie else None
        request.tablet = shown.device if shown else None
        self._check_person(request)
        response = self.get_response(request)
        if shown and shown.cookie:
            tablets.set_cookie(response, shown.cookie)
        elif cookie and request.tablet is None:
            response.delete_cookie(tablets.COOKIE, samesite="Lax")
        return response

    def _check_person(self, request) -> None:
        session = request.session
        if people.DEVICE_KEY not in session:
            return
        tablet = request.tablet
        if tablet is None or tablet.pk != session[people.DEVICE_KEY] or people.is_idle(session):
            people.leave(tablet)
            logout(request)
        elif _is_deed(request) and time.time() - session[people.SEEN_KEY] > people.NOTE_EVERY:
            session[people.SEEN_KEY] = int(time.time())


def _is_deed(request) -> bool:
    """Somebody is there: a page was opened or something sent. What a page fetches by itself does not count."""
    if request.method not in ("GET", "HEAD"):
        return True
    return "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers


class SignInMiddleware(LoginRequiredMiddleware):
    """Without a person, a paired tablet is sent to its waiting screen and not to the sign-in page."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.tablet is not None and getattr(view_func, "tablet", False):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request, view_func):
        if request.tablet is not None:
            return redirect_to_login(request.get_full_path(), reverse(settings.TABLET_URL))
        return super().handle_no_permission(request, view_func)
