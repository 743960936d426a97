"""The demonstration city's own answers to the standard: some nurseries are through, some are at it, some have not begun."""

import datetime as dt

from core.permissions import Role
from institution.demo import Context, Nursery
from institution.demo.copy import copy_in
from quality.enums import Answer
from quality.models import SelfCheck, StandardItem
from quality.services.standard import load_standard

NOTES = [
    "材料正在整理，本月底前补齐",
    "已列入整改计划，下月复查",
    "设备已采购，等待安装",
    "制度已修订，待全员培训后执行",
    "记录不够完整，已安排专人负责",
]


def fill(context: Context) -> None:
    standard = load_standard()
    if SelfCheck.objects.exists():
        return
    indicators = list(
        StandardItem.objects.filter(standard=standard).indicators().order_by("position")
    )
    directors = {w.institution_id: w.user_id for w in context.staff if w.role == Role.DIRECTOR}
    rows = [
        row
        for nursery in context.nurseries
        if nursery.id in directors
        for row in _answers(context, nursery, directors[nursery.id], indicators)
    ]
    with context.bar("Self-checks", len(rows)) as bar:
        copy_in(SelfCheck, rows, bar)


def _answers(context: Context, nursery: Nursery, director: int, indicators: list[StandardItem]):
    """A nursery answers in the order of the standard, some days ago, as far as it came."""
    rng = context.rng
    done = (
        len(indicators)
        if rng.random() < 0.45
        else int(len(indicators) * rng.choice([0, 0.2, 0.5, 0.8]))
    )
    begun = context.until - dt.timedelta(days=rng.randint(3, 60))
    for number, item in enumerate(indicators[:done]):
        answer = rng.choices([Answer.MET, Answer.NOT_MET, Answer.NOT_APPLICABLE], [88, 8, 4])[0]
        yield SelfCheck(
            institution_id=nursery.id,
            item=item,
            answer=answer,
            note=rng.choice(NOTES) if answer == Answer.NOT_MET else "",
            answered_by_id=director,
            answered_at=begun + dt.timedelta(minutes=2 * number),
        )
