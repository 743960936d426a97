"""What browsers refused by the Content-Security-Policy, as counts a day. No address, no person, no content is kept."""

import datetime as dt
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.http import HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt

from core import tally
from core.api import too_deep
from core.calendar import now
from core.http import open_to_all

MOST_BYTES = 16 * 1024
NAME = "csp:{directive}:{page}:{blocked}"
DIRECTIVES = set(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]) | {
    "script-src-elem",
    "script-src-attr",
    "style-src-elem",
    "style-src-attr",
}
BLOCKED = {"inline", "eval", "data", "blob", "trusted-types-policy", "trusted-types-sink"}


class Report(msgspec.Struct):
    effective: str = msgspec.field(name="effective-directive", default="")
    violated: str = msgspec.field(name="violated-directive", default="")
    blocked: str = msgspec.field(name="blocked-uri", default="")
    page: str = msgspec.field(name="document-uri", default="")


class Envelope(msgspec.Struct):
    report: Report = msgspec.field(name="csp-report")


_envelope = msgspec.json.Decoder(Envelope)


@csrf_exempt
@open_to_all(methods=("POST",))
def csp_report(request) -> HttpResponse:
    """Sent by the browser itself, without cookies of ours to trust, so everything in it is taken for a lie."""
    body = request.read(MOST_BYTES + 1)
    name = None if len(body) > MOST_BYTES else _name(body)
    if name is None:
        return HttpResponse(status=400)
    day = now().astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    tally.add(name, day)
    return HttpResponse(status=204)


def _name(body: bytes) -> str | None:
    """Of a few hundred possible ones, so that nobody fills the table."""
    if too_deep(body):
        return None
    try:
        report = _envelope.decode(body).report
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    directive = (report.effective or report.violated).partition(" ")[0]
    return NAME.format(
        directive=directive if directive in DIRECTIVES else "other",
        page=_page(report.page),
        blocked=report.blocked if report.blocked in BLOCKED else "address",
    )


def _page(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name[:60]
    except (ValueError, Resolver404):
        return "other"
