from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


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


class StaffPost(TextChoices):
    """What a person does at a nursery (institution_rules.json, staff). The first four also open the platform."""

    DIRECTOR = "director", _("Director")
    CARER = "carer", _("Carer")
    HEALTH_WORKER = "health_worker", _("Health worker")
    CLERK = "clerk", _("Clerk")
    COOK = "cook", _("Cook")
    GUARD = "guard", _("Guard")
    OTHER = "other", _("Another post")


class Employment(TextChoices):
    FULL_TIME = "full_time", _("Full time")
    PART_TIME = "part_time", _("Part time")


class ContractKind(TextChoices):
    FIXED = "fixed", _("Labour contract for a term")
    OPEN = "open", _("Labour contract without an end")
    SERVICE = "service", _("Service agreement")
    DISPATCH = "dispatch", _("Sent by a company")
    PUBLIC = "public", _("Post in public service")


class Education(TextChoices):
    JUNIOR = "junior", _("Junior high school or less")
    SENIOR = "senior", _("Senior high or vocational school")
    COLLEGE = "college", _("College")
    BACHELOR = "bachelor", _("Bachelor")
    MASTER = "master", _("Master or higher")


class StaffLeaveKind(TextChoices):
    ANNUAL = "annual", _("Annual leave")
    ILL = "ill", _("Ill")
    PRIVATE = "private", _("Private leave")
    MATERNITY = "maternity", _("Maternity leave")
    TRAINING = "training", _("Training")
    OTHER = "other", _("Other")


class LeaveState(TextChoices):
    ASKED = "asked", _("Asked for")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Not granted")
