"""Classes with too few carers: an alert for each while it lasts, where the staff of the nursery clocks in."""

import datetime as dt

from core.calendar import local_day, now
from institution.enums import AlertKind, AlertState
from institution.models import Alert
from institution.selectors.nursery import ClassLine, crowded_on
from institution.services import alerts


def look(*, at: dt.datetime | None = None) -> int:
    """Raise for the classes above their rule, end what is over; answers how many there are. By the schedule, every minute."""
    crowded = crowded_on(local_day(at or now()))
    for line in crowded:
        group = line.class_group
        alerts.raise_alert(
            actor=None,
            institution_id=group.institution_id,
            kind=AlertKind.RATIO_BREACH,
            key=_key(group.pk),
            evidence={"present": group.present, "carers": group.carers, "most": line.most},
            class_group_id=group.pk,
        )
    _end_over(crowded)
    return len(crowded)


def _end_over(crowded: list[ClassLine]) -> None:
    standing = {_key(line.class_group.pk) for line in crowded}
    known = Alert.objects.filter(kind=AlertKind.RATIO_BREACH).exclude(state=AlertState.CLOSED)
    for institution_id, key in known.order_by("pk").values_list("institution_id", "key"):
        if key not in standing:
            alerts.condition_ended(
                institution_id=institution_id, kind=AlertKind.RATIO_BREACH, key=key
            )


def _key(class_group_id: int) -> str:
    return f"class:{class_group_id}"
