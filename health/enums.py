from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Finding(TextChoices):
    """What the check looks for (health_care_rules.json, morning_check): feel, look, ask, search."""

    FEVER = "fever", _("Fever")
    RASH = "rash", _("Rash")
    COUGH = "cough", _("Cough")
    VOMITING = "vomiting", _("Vomiting")
    DIARRHOEA = "diarrhoea", _("Diarrhoea")
    EYES = "eyes", _("Red eyes")
    LISTLESS = "listless", _("Listless")
    INJURY = "injury", _("Injury")
    UNSAFE_OBJECT = "unsafe_object", _("Unsafe object")


class Action(TextChoices):
    ADMITTED = "admitted", _("Admitted")
    OBSERVED = "observed", _("Kept under observation")
    SENT_HOME = "sent_home", _("Sent home")


class Position(TextChoices):
    LYING = "lying", _("Lying")
    STANDING = "standing", _("Standing")


class RuleCode(TextChoices):
    FEVER = "fever", _("Fever")
    TEMPERATURE = "temperature", _("Temperature")
    WEIGHT = "weight", _("Weight")
    LENGTH = "length", _("Length or height")
    HEAD = "head", _("Head circumference")
    STANDING = "standing", _("Measured standing")
    ENTRY_EXAM = "entry_exam", _("Entry examination")


class EntryPaper(TextChoices):
    """What is looked at before a child starts (health_care_rules.json, admission)."""

    EXAMINATION = "examination", _("Entry examination")
    TRANSFER = "transfer", _("Health certificate of the nursery before")
    VACCINATION = "vaccination", _("Vaccination certificate")
