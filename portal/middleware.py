"""Who is asking and in which language, resolved once per request."""

from django.conf import settings
from django.utils import translation

from core.devices import people
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
            actor = chosen(request.posts, request.session.get(POST_KEY, ""))
            request.actor = people.narrowed(actor, request.session, request.tablet)
            if people.DEVICE_KEY in request.session:  # one post, the one at the tablet's nursery
                key = request.session.get(POST_KEY, "")
                request.posts = [post for post in request.posts if post.key == key]
        return self.get_response(request)
