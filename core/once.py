"""A request sent twice has one effect (ADR 0008).

A phone that heard no answer sends again; a finger taps twice. The client names a key of its own making, and the row of that
key is the first thing the request's transaction writes: whoever comes second waits for the first to end, and then answers
what the first one answered. What was refused or failed leaves no row, so it can be tried again.
"""

import datetime as dt
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from core.calendar import now
from core.errors import Refused
from core.models.sent_once import SentOnce

HEADER = "Idempotency-Key"
FIELD = "idempotency_key"
REPLAYED = "Idempotent-Replayed"
NOT_PART_OF_THE_FORM = frozenset({FIELD, "csrfmiddlewaretoken"})
LOCK_NOT_AVAILABLE = "55P03"
DELETE_AT_ONCE = 5_000

_KEY = re.compile(r"[!-~]{1,64}")
_CLAIM = """
INSERT INTO core_sentonce (user_id, key, request, body) VALUES (%s, %s, %s, '')
ON CONFLICT (user_id, key) DO NOTHING RETURNING id, sealed_id
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is said again: enough of a response to make it anew."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def response(self) -> HttpResponse:
        return HttpResponse(
            self.body, status=self.status, headers=self.headers | {REPLAYED: "true"}
        )


def answered(
    *,
    user_id: int,
    key: str,
    request: bytes,
    act: Callable[[], HttpResponseBase],
    keep: Callable[[HttpResponseBase], Answer | None],
) -> HttpResponseBase:
    """`act()`, once for each key of this user; `keep` says what to answer the next time, None that nothing was done.

    Raises Refused `bad_key`, `key_reused` when the key came with another request, `in_progress` when the first request
    takes longer than the database lets another wait.
    """
    if not _KEY.fullmatch(key):
        raise Refused(
            _("The key of a request is 1 to 64 letters, digits or signs."), "bad_key", status=400
        )
    with transaction.atomic():
        claimed = _claim(user_id, key, request)
        if claimed is None:
            return _earlier(user_id, key, request).response()
        pk, sealed_id = claimed
        response = act()
        answer = keep(response)
        if answer is None:
            SentOnce.objects.filter(pk=pk).delete()
        else:
            row = SentOnce(pk=pk, sealed_id=sealed_id, **vars(answer))
            row.save(update_fields=["status", "headers", "body"])
        return response


def _claim(user_id: int, key: str, request: bytes) -> tuple[int, uuid.UUID] | None:
    """The row's ids, or None where the request has been done. Waits for another transaction that has the key."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [user_id, key, request])
            found = cursor.fetchone()
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
            raise
        raise Refused(
            _("The same request is still being worked on. Please wait a moment."), "in_progress"
        ) from error
    return found


def _earlier(user_id: int, key: str, request: bytes) -> Answer:
    row = SentOnce.objects.get(user=user_id, key=key)
    if not hmac.compare_digest(bytes(row.request), request):
        raise Refused(
            _("This form was already sent with other content. Load the page again."),
            "key_reused",
            status=422,
        )
    return Answer(status=row.status, headers=row.headers, body=row.body)


def hash_of(*parts: str | bytes) -> bytes:
    """Keyed, because a body may hold a resident id, and a plain hash of one is found by trying."""
    value = b"".join(
        hashlib.sha256(p.encode() if isinstance(p, str) else p).digest() for p in parts
    )
    return salted_hmac("core.once", value, algorithm="sha256").digest()


def once(view):
    """Below `gate`, for a page whose form holds {% once %}: the form has one effect however often it is sent."""

    @wraps(view)
    def sent_once(request, *args, **kwargs) -> HttpResponseBase:
        key = request.POST.get(FIELD, "") if request.method == "POST" else ""
        if not key:
            return view(request, *args, **kwargs)
        return answered(
            user_id=request.actor.user_id,
            key=key,
            request=_hash_of_form(request),
            act=lambda: view(request, *args, **kwargs),
            keep=lambda response: _of_page(request, response),
        )

    sent_once.once = True  # type: ignore[attr-defined]  # where the tests read it
    return sent_once


def _hash_of_form(request: HttpRequest) -> bytes:
    said = {name: request.POST.getlist(name) for name in request.POST}
    kept = {name: values for name, values in said.items() if name not in NOT_PART_OF_THE_FORM}
    return hash_of(
        request.get_full_path(),
        request.actor.post,  # type: ignore[attr-defined]  # core.http.ActorRequest
        json.dumps(kept, sort_keys=True),
        *_hashes_of_files(request),
    )


def _hashes_of_files(request: HttpRequest) -> list[bytes]:
    hashes = []
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            hashes.append(hashlib.sha256(file.read()).digest())
            file.seek(0)
    return hashes


def _of_page(request: HttpRequest, response: HttpResponseBase) -> Answer | None:
    """Where to go is kept, a page never: it is large, and by the next time it is out of date. It is loaded anew."""
    if response.status_code >= 400:
        return None
    headers = {
        name: response.headers[name]
        for name in ("Location", "HX-Redirect", "HX-Location", "HX-Refresh")
        if name in response.headers
    }
    if headers:
        return Answer(status=response.status_code, headers=headers)
    if getattr(request, "htmx", False):
        return Answer(status=204, headers={"HX-Refresh": "true"})
    return Answer(status=303, headers={"Location": request.get_full_path()})


def forget_old() -> int:
    """Delete what is older than settings.IDEMPOTENCY_DAYS; answers how many rows."""
    before = now() - dt.timedelta(days=settings.IDEMPOTENCY_DAYS)
    forgotten = 0
    while True:
        oldest = SentOnce.objects.filter(created_at__lt=before).order_by("created_at", "pk")
        rows = list(oldest.values_list("pk", flat=True)[:DELETE_AT_ONCE])
        if not rows:
            return forgotten
        forgotten += SentOnce.objects.filter(pk__in=rows).delete()[0]
