"""Who is asking and in which language, resolved once per request."""

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import translation

from core import rls
from core.devices import people
from core.signin.factors import has_factor
from core.signin.policy import Standing, standing
from institution.actors import Post, chosen, posts_of

LANGUAGES = {code for code, _ in settings.LANGUAGES}
POST_KEY = "post"  # session: the post the user chose to act in


class LanguageMiddleware:
    """The language chosen on this device, else Chinese. The browser's wish is not asked: parents would get English."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        with translation.override(chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
            return response


class ActorMiddleware:
    """Sets `request.posts`, all that the user may act as, and `request.actor`, the one chosen; None without any.

    The database hears in the same name who is asking; a request by token says so later (core.api.actor_of).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.posts, request.actor, request.lacks_factor = [], None, False
        if request.user.is_authenticated:
            request.posts = self.posts_in_force(request)
            actor = chosen(request.posts, request.session.get(POST_KEY, ""))
            request.actor = people.narrowed(actor, request.session, request.tablet)
            if people.DEVICE_KEY in request.session:  # one post, the one at the tablet's nursery
                key = request.session.get(POST_KEY, "")
                request.posts = [post for post in request.posts if post.key == key]
        with rls.of_request(request):
            return self.get_response(request)

    @staticmethod
    def posts_in_force(request) -> list[Post]:
        """None where the session is over, or its person still owes the second factor."""
        posts = posts_of(request.user)
        found = standing(request.session, frozenset(post.role for post in posts))
        if found is Standing.GOOD:
            if by_hand(request):
                request.session.seen()
            return posts
        if found is Standing.OVER:
            logout(request)
        request.lacks_factor = found is Standing.NO_FACTOR
        return []

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        """Before the second factor: what is open to everybody, and the pages that add or ask for it."""
        if not request.lacks_factor or getattr(view, "before_factor", False):
            return None
        if not getattr(view, "login_required", True):  # open, or the API, which refuses by itself
            return None
        page = "portal:confirm" if has_factor(request.user) else "portal:account"
        return redirect(page)


def by_hand(request) -> bool:
    """Not a page that refreshes itself: an idle desk must come to its end with such a page open."""
    if request.method not in ("GET", "HEAD") or "HX-Source" in request.headers:
        return True
    return request.headers.get("Sec-Fetch-Dest", "document") != "empty"
