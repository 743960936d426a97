"""How much one person may bring in and take out in a day: pictures, and rows of exports.

Pictures are care, so they are counted in Redis and pass while it is away; rows are counted in the database, all or none.
"""

from django.db import models, transaction
from django.utils.translation import gettext as _

from core import audit, limits
from core.errors import Refused
from core.limits import Limit
from core.scoping import Actor

PICTURES = Limit("upload")
ROWS = Limit("exported_rows", strict=True)
HOUR = 3600


def picture(*, actor: Actor) -> None:
    """One more. Refused as a form is, and not by 429: the outbox of a tablet sets this picture aside and goes on with
    the entries behind it. Raises Refused `upload_quota`.
    """
    wait = limits.take(PICTURES, _of(actor))
    if wait:
        message = _(
            "So many pictures were added today that the next can be added in %(hours)d hours only."
        )
        raise Refused(message % {"hours": -(-wait // HOUR)}, "upload_quota")


def rows(*, actor: Actor, subject: models.Model, number: int) -> None:
    """So many at once, or none and an alarm in the audit trail. Raises Refused `rows_quota`."""
    wait = limits.take_all(ROWS, _of(actor), number)
    if not wait:
        return
    most, _span = ROWS.rate
    with transaction.atomic():
        audit.record(
            actor=actor,
            action="export.over_quota",
            subject=subject,
            outcome="refused",
            data={"rows": number, "most": most},
        )
    message = _(
        "This would be more than %(most)s exported rows in one day. Narrow the filters, or wait %(hours)d hours."
    )
    raise Refused(message % {"most": f"{most:,}", "hours": -(-wait // HOUR)}, "rows_quota")


def _of(actor: Actor) -> str:
    return f"user {actor.user_id}"
