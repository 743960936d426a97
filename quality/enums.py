from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Level(TextChoices):
    DIMENSION = "dimension", _("Dimension")
    ASPECT = "aspect", _("Aspect")
    INDICATOR = "indicator", _("Indicator")


class Confidence(TextChoices):
    """How sure we are that the text is the standard's own."""

    HIGH = "high", _("High confidence")
    MEDIUM = "medium", _("Medium confidence")
    LOW = "low", _("Low confidence")


class Answer(TextChoices):
    MET = "met", _("Met")
    NOT_MET = "not_met", _("Not met")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
