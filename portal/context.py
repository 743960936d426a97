from django.conf import settings
from django.utils.translation import gettext as _

from portal.menu import menu_for


def shell(request) -> dict:
    """What every shell shows around the page: who, where, which menu, which other language."""
    actor = getattr(request, "actor", None)
    language = getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)
    return {
        "actor": actor,
        "user_name": actor.name if actor else "",
        "posts": [
            {
                "key": post.key,
                "label": post.label,
                "current": actor is not None and post.key == actor.post,
            }
            for post in getattr(request, "posts", [])
        ],
        "menu": menu_for(actor, request.path) if actor else [],
        "site_name": _("Jining Childcare"),
        "language_next": "en" if language == "zh-hans" else "zh-hans",
    }
