from quality.models.self_check import SelfCheck
from quality.models.standard import Standard, StandardItem

__all__ = ["SelfCheck", "Standard", "StandardItem"]
