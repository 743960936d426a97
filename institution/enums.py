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
