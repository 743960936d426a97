import json
from pathlib import Path

from health.models import HealthRule

RULES = Path(__file__).resolve().parent.parent / "data" / "rules.json"


def load_rules(*, path: Path = RULES) -> int:
    """Bring the dated limits of the file into the database. What an operator added under another date stays."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    HealthRule.objects.bulk_create(
        [HealthRule(**row) for row in rows],
        update_conflicts=True,
        unique_fields=["code", "valid_from"],
        update_fields=["low", "high", "unit", "basis"],
    )
    return len(rows)
