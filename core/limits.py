"""How often one may ask. Strict limits count in the database, so they hold whatever happens to Redis; the others count
in Redis and let pass when it is away, because care goes on without it. No one is named: the key is a keyed hash.
"""

import datetime as dt
import ipaddress
import re
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from core import redis, tally
from core.addresses import address_of
from core.calendar import now

SPANS = {"second": 1, "min": 60, "hour": 3600, "day": 86400}
RATE = re.compile(r"([0-9]+)/(second|min|hour|day)")
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    name: str  # of a rate in settings.RATES
    strict: bool = False
    by_address: bool = False  # counts the visitor's address, also of somebody signed in

    @property
    def rate(self) -> tuple[int, int]:
        """How many in how many seconds."""
        return parse(settings.RATES[self.name])


READ = Limit("read")
WRITE = Limit("write")
CARE = Limit("care")
SIGN_IN = Limit("sign_in", strict=True, by_address=True)
EXPORT = Limit("export", strict=True)
REPORT = Limit("report", by_address=True)


def parse(rate: str) -> tuple[int, int]:
    """A rate such as "60/min"."""
    match = RATE.fullmatch(rate)
    if match is None:
        raise ValueError(f"{rate!r} is no rate; write it like 60/min.")
    return int(match[1]), SPANS[match[2]]


def take(limit: Limit, who: str, amount: int = 1) -> int:
    """Count `amount` for `who`. Nothing to wait, or the seconds until it may be tried again."""
    most, span = limit.rate
    seconds = now().timestamp()
    since = int(seconds // span * span)
    if _count(limit, _key(limit, who), since, span, amount) <= most:
        return 0
    return max(1, int(since + span - seconds))


def take_all(limit: Limit, who: str, amount: int) -> int:
    """As `take`, but what does not fit is not counted, so that less may still be had."""
    wait = take(limit, who, amount)
    if wait:
        take(limit, who, -amount)
    return wait


def _key(limit: Limit, who: str) -> str:
    return f"limit:{limit.name}:{salted_hmac('core.limits', who).hexdigest()[:32]}"


def _count(limit: Limit, key: str, since: int, span: int, amount: int) -> int:
    if limit.strict:
        return tally.add(key, EPOCH + dt.timedelta(seconds=since), amount)
    name = f"{key}:{since}".encode()
    try:
        counted, _expires = redis.call(
            (b"INCRBY", name, b"%d" % amount), (b"EXPIRE", name, b"%d" % span)
        )
    except redis.Unavailable:
        return 0
    return counted


def asker(request: HttpRequest, limit: Limit) -> str:
    """The person, the holder of a token, or the address: of IPv6 the network that one household has."""
    if not limit.by_address:
        if request.user.is_authenticated:
            return f"user {request.user.pk}"
        if token := request.headers.get("Authorization", ""):
            return f"token {token}"
    address = address_of(request) or ""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return f"address {address}"
    return f"address {ipaddress.ip_network((ip, 64), strict=False) if ip.version == 6 else ip}"
