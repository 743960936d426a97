from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """A rule said no. The message is for the user; the code is stable and for programs.

    Mapped once: to a form error by views, to 400/409 with {"code", "message", "fields"} by the API.
    """

    status = 409

    def __init__(
        self, message, code: str, *, fields: dict | None = None, status: int | None = None
    ):
        super().__init__(message)
        self.message = message
        self.code = code
        self.fields = fields or {}
        self.status = status or self.status


class TooSlow(Refused):
    """The database ended a statement or a transaction whose time was over."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("This took too long and was stopped. Please try again in a moment."), "too_slow"
        )


class NoSpace(Refused):
    """The disk of the database is full."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _(
                "The server has no space left, so nothing was stored. Please tell the administrator and try again later."
            ),
            "disk_full",
        )


class NotThere(Refused):
    """Not visible and not existing are the same answer."""

    status = 404

    def __init__(self, message=None, code: str = "not_found", **kwargs):
        super().__init__(
            message or _("This is not there, or it is not yours to see."), code, **kwargs
        )
