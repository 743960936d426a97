"""Which limit counts a request. What is not named here counts as READ or WRITE by its method.

Care (daily log, health checks, measurements, photos) has a limit of its own, many times the peak of a nursery, and
it opens when Redis is away: a care write is never refused because somebody counted badly.
"""

from core.limits import CARE, EXPORT, REPORT, SIGN_IN, Limit

LIMITS: dict[tuple[str, str], Limit] = {
    ("portal:sign-in", "POST"): SIGN_IN,
    ("api:token", "POST"): SIGN_IN,
    ("gov:audit-export", "POST"): EXPORT,
    ("csp-report", "POST"): REPORT,
    ("api:daily-log", "POST"): CARE,
    ("api:attachment-list", "POST"): CARE,
    ("api:health-check-list", "POST"): CARE,
    ("api:health-measurement-list", "POST"): CARE,
    ("health:check-record", "POST"): CARE,
    ("health:measurement-record", "POST"): CARE,
}
