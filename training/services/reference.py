import json
from pathlib import Path

from training.models import CertificateType

TYPES = Path(__file__).resolve().parent.parent / "data" / "certificate_types.json"


def load_types(*, path: Path = TYPES) -> int:
    """Bring the kinds of certificate of the file into the database. Kinds that an operator added stay."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    CertificateType.objects.bulk_create(
        [CertificateType(position=position, **row) for position, row in enumerate(rows, 1)],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "name_en", "validity_months", "position"],
    )
    return len(rows)
