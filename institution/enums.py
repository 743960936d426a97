from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ClassType(TextChoices):
    """institution_rules.json, class_types (托育机构设置标准 articles 19 and 20)."""

    INFANT = "infant", _("Infant class")
    TODDLER_SMALL = "toddler_small", _("Younger toddler class")
    TODDLER_BIG = "toddler_big", _("Older toddler class")
    MIXED = "mixed", _("Mixed-age class")


class OperationMode(TextChoices):
    PUBLIC_PUBLIC = "public_public", _("Publicly built and run")
    PUBLIC_PRIVATE = "public_private", _("Publicly built, privately run")
    PRIVATE_SUPPORTED = "private_supported", _("Private with public support")
    PRIVATE = "private", _("Private")


class InstitutionForm(TextChoices):
    CENTRE = "centre", _("Childcare centre")
    COMMUNITY = "community", _("Community site")
    EMPLOYER = "employer", _("Employer-run")
    KINDERGARTEN = "kindergarten", _("Kindergarten nursery class")
    MEDICAL = "medical", _("Run by a medical institution")
    FAMILY = "family", _("Family site")


class InstitutionNature(TextChoices):
    """As it is registered (托育机构登记和备案办法): institution_rules.json, org_nature."""

    PUBLIC = "public", _("Public institution")
    SOCIAL = "social", _("Social service organisation, not for profit")
    COMPANY = "company", _("Company or trader, for profit")


class ServiceMode(TextChoices):
    FULL_DAY = "full_day", _("Full day")
    HALF_DAY = "half_day", _("Half day")
    HOURLY = "hourly", _("By the hour")
    TEMPORARY = "temporary", _("Now and then")
    BOARDING = "boarding", _("Boarding")


class FeeUnit(TextChoices):
    MONTH = "month", _("a month")
    DAY = "day", _("a day")
    HOUR = "hour", _("an hour")


class LicenceKind(TextChoices):
    """What the filing asks for (institution_rules.json, filing), and what it answers with."""

    REGISTRATION = "registration", _("Business licence or other registration")
    SITE = "site", _("Proof of the site")
    HEALTH = "health", _("Health assessment report")
    FIRE = "fire", _("Fire safety certificate")
    FOOD = "food", _("Food business licence")
    PLEDGE = "pledge", _("Filing form with pledge")
    RECEIPT = "receipt", _("Receipt of filing")
    OTHER = "other", _("Another document")


class LicenceState(TextChoices):
    VALID = "valid", _("Valid")
    EXPIRING = "expiring", _("Expires soon")
    EXPIRED = "expired", _("Expired")


class SiteRuleCode(TextChoices):
    """What a rule of the site limits. `licence_...` asks for a document of that kind."""

    LOWEST_STOREY = "lowest_storey", _("Lowest floor")
    HIGHEST_STOREY = "highest_storey", _("Highest floor")
    FLOOR_AREA = "floor_area", _("Floor area for each place")
    OUTDOOR_AREA = "outdoor_area", _("Outdoor area for each place")
    PLACES = "places", _("Places")
    FEES = "fees", _("A fee for each way of service")
    LICENCE_REGISTRATION = "licence_registration", LicenceKind.REGISTRATION.label
    LICENCE_SITE = "licence_site", LicenceKind.SITE.label
    LICENCE_HEALTH = "licence_health", LicenceKind.HEALTH.label
    LICENCE_FIRE = "licence_fire", LicenceKind.FIRE.label
    LICENCE_FOOD = "licence_food", LicenceKind.FOOD.label
    LICENCE_PLEDGE = "licence_pledge", LicenceKind.PLEDGE.label


class InstitutionStatus(TextChoices):
    OPEN = "open", _("Open")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


class Sex(TextChoices):
    MALE = "male", _("Boy")
    FEMALE = "female", _("Girl")


class Relation(TextChoices):
    MOTHER = "mother", _("Mother")
    FATHER = "father", _("Father")
    GRANDMOTHER = "grandmother", _("Grandmother")
    GRANDFATHER = "grandfather", _("Grandfather")
    OTHER = "other", _("Other guardian")


class AllergySeverity(TextChoices):
    MILD = "mild", _("Mild")
    SEVERE = "severe", _("Severe")


class AbsenceReason(TextChoices):
    ILL = "ill", _("Ill")
    PRIVATE = "private", _("Private leave")
    OTHER = "other", _("Other")


class Presence(TextChoices):
    EXPECTED = "expected", _("Expected")
    PRESENT = "present", _("Present")
    LEFT = "left", _("Went home")
    ABSENT = "absent", _("Absent")


class AlertKind(TextChoices):
    """What an alert can be about. Who is on duty for each, and how grave it is, says institution.alert_kinds."""

    RATIO_BREACH = "ratio_breach", _("Too few carers")
    LATE_PICKUP = "late_pickup", _("Late pick-up")
    UNKNOWN_PERSON = "unknown_person", _("Unknown person at pick-up")
    SICK_ABSENCE_OPEN = "sick_absence_open", _("Sick absence to follow up")
    CERTIFICATE_EXPIRING = "certificate_expiring", _("Certificate runs out")
    DOUBLE_EMPLOYMENT = "double_employment", _("Employed in two institutions")
    OVER_CAPACITY = "over_capacity", _("More children than places")


class AlertSeverity(TextChoices):
    CRITICAL = "critical", _("Critical")
    HIGH = "high", _("High")
    NORMAL = "normal", _("Normal")


class AlertState(TextChoices):
    OPEN = "open", pgettext_lazy("alert", "Open")
    TAKEN = "taken", _("In hand")
    CLOSED = "closed", pgettext_lazy("alert", "Closed")


class AlertOutcome(TextChoices):
    """`ended` is never chosen: what raised the alert is over."""

    RESOLVED = "resolved", _("Resolved")
    FALSE_ALARM = "false_alarm", _("False alarm")
    REFERRED = "referred", _("Passed on")
    ENDED = "ended", _("Ended by itself")


class AlertLevel(IntegerChoices):
    """Whom an alert has reached. A regulator's level would come after the director's."""

    DUTY = 0, _("On duty")
    DIRECTOR = 1, _("Director")


class PushAbout(TextChoices):
    """What somebody's phone is told of. The text lies in the platform, behind its walls."""

    ALERT = "alert", _("Alert")
    MESSAGE = "message", _("Message")
    NOTICE = "notice", _("Notice")


class Side(TextChoices):
    """Who writes in a thread: the guardians of the child, or its nursery."""

    FAMILY = "family", _("Family")
    STAFF = "staff", _("Nursery")
