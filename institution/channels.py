"""How somebody is told outside the platform. A provider of messages is one more class here, named in settings.PUSH_CHANNELS."""

import json
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from core.calendar import now
from institution.models import Push


class Channel(Protocol):
    def send(self, push: Push) -> None:
        """Raise what went wrong: it is tried again later. The same push may come twice, so its number goes along."""


class LocalFile:
    """One line each in settings.PUSH_FILE: what a provider would be given. Ids, no names and no text."""

    def send(self, push: Push) -> None:
        settings.PUSH_FILE.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(
            {
                "push": push.pk,
                "user": push.user_id,
                "about": push.about,
                "subject": push.subject,
                "step": push.step,
                "at": now().isoformat(),
            }
        )
        with settings.PUSH_FILE.open("a") as file:
            file.write(f"{line}\n")


def channel(name: str) -> Channel:
    return import_string(settings.PUSH_CHANNELS[name])()
