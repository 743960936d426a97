"""The address that a request came from. One answer for limits, lock-outs, sessions and logs."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """What the outermost of our own settings.PROXY_COUNT proxies saw: each adds the address it was asked from.

    What stands further left in the header came with the request and is believed by nobody.
    """
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if settings.PROXY_COUNT else []
    if settings.PROXY_COUNT and len(hops) >= settings.PROXY_COUNT:
        try:
            return str(ipaddress.ip_address(hops[-settings.PROXY_COUNT].strip()))
        except ValueError:
            pass
    return request.META.get("REMOTE_ADDR") or None
