from health.models.entry_check import EntryCheck
from health.models.measurement import Measurement
from health.models.morning_check import MorningCheck
from health.models.rule import HealthRule

__all__ = ["EntryCheck", "HealthRule", "Measurement", "MorningCheck"]
