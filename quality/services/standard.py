import json
from pathlib import Path

from django.db import transaction
from django.db.models import F

from quality.models import Standard, StandardItem

WST821 = Path(__file__).resolve().parent.parent / "data" / "wst821_2023.json"
ASIDE = 10_000  # positions are unique: the old ones step aside while the new ones are given


@transaction.atomic
def load_standard(*, path: Path = WST821) -> Standard:
    """Bring a standard and its tree from a file into the database. Loading it again changes nothing.

    A value that the file does not know (null) never wipes out one that an administrator has entered since.
    """
    told = json.loads(path.read_text(encoding="utf-8"))
    code = told["standard"].pop("code")
    standard, _ = Standard.objects.update_or_create(code=code, defaults=told["standard"])
    known = {
        item.key: item
        for item in StandardItem.objects.select_for_update().filter(standard=standard)
    }
    StandardItem.objects.filter(standard=standard).update(position=F("position") + ASIDE)
    for position, row in enumerate(told["items"], 1):
        parent = row.pop("parent")
        item = known.get(row["key"]) or StandardItem(standard=standard, key=row["key"])
        for name, value in row.items():
            if value is not None:
                setattr(item, name, value)
        item.position, item.parent = position, known.get(parent)
        item.save()
        known[item.key] = item
    return standard
