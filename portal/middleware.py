"""Who is asking and in which language, resolved once per request."""

from django.conf import settings
from django.utils import translation

from institution.actors import chosen, posts_of

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
    """Sets `request.posts`, all that the user may act as, and `request.actor`, the one chosen; None without any."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.posts, request.actor = [], None
        if request.user.is_authenticated:
            request.posts = posts_of(request.user)
            request.actor = chosen(request.posts, request.session.get(POST_KEY, ""))
        return self.get_response(request)
