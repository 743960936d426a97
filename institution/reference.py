"""Reference data that every installation starts with: divisions, the calendar, rules of class types, sites, alerts, illnesses, food, reports."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

from django.db import transaction

from core.models import Region
from core.reference import load_calendar_days
from institution.models import AlertRule, ClassTypeRule, FoodRule, IllnessRule, ReportRule, SiteRule

DATA = Path(__file__).parent / "data"


def load() -> dict[str, int]:
    """Write what the files say; what an operator added beside them stays. May run as often as wanted."""
    with transaction.atomic():
        return {
            "regions": load_regions(),
            "class type rules": load_class_type_rules(),
            "site rules": load_site_rules(),
            "alert rules": load_alert_rules(),
            "illness rules": load_illness_rules(),
            "food rules": load_food_rules(),
            "report rules": load_report_rules(),
            "days of the calendar": load_calendar_days(),
        }


def load_regions() -> int:
    """Level by level, because a path holds the codes of all regions above."""
    told = json.loads((DATA / "regions.json").read_text())
    since = dt.date.fromisoformat(told["valid_from"])
    known: dict[str, Region] = {}
    waiting = told["regions"]
    while waiting:
        ready = [row for row in waiting if row["parent"] is None or row["parent"] in known]
        waiting = [row for row in waiting if row not in ready]
        known |= {region.code: region for region in _write(ready, known, since)}
    return len(known)


def _write(rows: list[dict], known: dict[str, Region], since: dt.date) -> list[Region]:
    regions = []
    for row in rows:
        parent = known.get(row["parent"])
        path = f"{parent.path if parent else ''}{row['code']}/"
        regions.append(Region(**row | {"parent": parent, "path": path, "valid_from": since}))
    return Region.objects.bulk_create(
        regions,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "name_en", "short_name", "level", "parent", "path", "national_code"],
    )


def load_class_type_rules() -> int:
    rules = [
        ClassTypeRule(**row | {"valid_from": dt.date.fromisoformat(row["valid_from"])})
        for row in json.loads((DATA / "class_type_rules.json").read_text())["rules"]
    ]
    ClassTypeRule.objects.bulk_create(
        rules,
        update_conflicts=True,
        unique_fields=["class_type", "valid_from"],
        update_fields=["min_months", "below_months", "max_children", "children_per_carer", "basis"],
    )
    return len(rules)


def load_site_rules() -> int:
    rules = [
        SiteRule(**row | {"valid_from": dt.date.fromisoformat(row["valid_from"])})
        for row in json.loads((DATA / "site_rules.json").read_text())["rules"]
    ]
    SiteRule.objects.bulk_create(
        rules,
        update_conflicts=True,
        unique_fields=["code", "forms", "region_path", "valid_from"],
        update_fields=["least", "most", "basis", "source"],
    )
    return len(rules)


def load_alert_rules() -> int:
    rules = [
        AlertRule(**row | {"valid_from": dt.date.fromisoformat(row["valid_from"])})
        for row in json.loads((DATA / "alert_rules.json").read_text())["rules"]
    ]
    AlertRule.objects.bulk_create(
        rules,
        update_conflicts=True,
        unique_fields=["kind", "region_path", "valid_from"],
        update_fields=["minutes", "basis", "source"],
    )
    return len(rules)


def load_illness_rules() -> int:
    rules = [
        IllnessRule(**row | {"valid_from": dt.date.fromisoformat(row["valid_from"])})
        for row in json.loads((DATA / "illness_rules.json").read_text())["rules"]
    ]
    IllnessRule.objects.bulk_create(
        rules,
        update_conflicts=True,
        unique_fields=["code", "valid_from"],
        update_fields=[
            "name",
            "name_en",
            "infectious",
            "needs_certificate",
            "away_days",
            "advice",
            "basis",
            "source",
        ],
    )
    return len(rules)


def load_food_rules() -> int:
    rules = [
        FoodRule(**row | {"valid_from": dt.date.fromisoformat(row["valid_from"])})
        for row in json.loads((DATA / "food_rules.json").read_text(), parse_float=Decimal)["rules"]
    ]
    FoodRule.objects.bulk_create(
        rules,
        update_conflicts=True,
        unique_fields=["code", "band", "valid_from"],
        update_fields=["least", "most", "upper", "basis", "source", "confidence"],
    )
    return len(rules)


def load_report_rules() -> int:
    rules = [
        ReportRule(**row | {"valid_from": dt.date.fromisoformat(row["valid_from"])})
        for row in json.loads((DATA / "report_rules.json").read_text())["rules"]
    ]
    ReportRule.objects.bulk_create(
        rules,
        update_conflicts=True,
        unique_fields=["code", "region_path", "valid_from"],
        update_fields=["authority", "authority_en", "minutes", "basis", "source"],
    )
    return len(rules)
