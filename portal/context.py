from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from core.devices import people
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
        "by_pin": _by_pin() if actor is not None and actor.device_id is not None else None,
        "language_next": "en" if language == "zh-hans" else "zh-hans",
    }


def _by_pin() -> dict:
    """For js/by-pin.js: where to say that somebody is there, and where to go when nobody is."""
    return {
        "active": reverse(f"{settings.TABLET_URL}-active"),
        "wait": reverse(settings.TABLET_URL),
        "idle": int(people.IDLE.total_seconds()),
    }
