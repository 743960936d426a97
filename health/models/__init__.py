from health.models.measurement import Measurement
from health.models.morning_check import MorningCheck
from health.models.rule import HealthRule

__all__ = ["HealthRule", "Measurement", "MorningCheck"]
