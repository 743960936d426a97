"""Notices of the demonstration city: in the nurseries that have a demonstration login, some of their families have read them."""

import datetime as dt
import random

from core.calendar import day_bounds
from core.permissions import Role
from institution.demo import Context
from institution.demo.copy import copy_in
from institution.models import Guardianship, Notice, NoticeRead

FOR_ALL = (
    (4, "本周五消防演练", "周五上午 10 点全园消防演练，请当天给宝宝穿便于行走的鞋。"),
    (1, "流感季节晨检提醒", "近期请在家测量体温，咳嗽或发热的宝宝请在家休息并提前请假。"),
)
FOR_A_CLASS = (2, "请带一套备用衣物", "天气转凉，请在书包里放一套厚衣裤和一双袜子，并写上姓名。")


def fill(context: Context) -> None:
    rng = random.Random(f"{context.seed}:notices")  # noqa: S311 -- made-up data
    shown = set(context.logins.values())
    directors = {
        worker.institution_id: worker.user_id
        for worker in context.staff
        if worker.role == Role.DIRECTOR and worker.user_id in shown
    }
    notices = []
    for institution, director in sorted(directors.items()):
        classes = {worker.class_group_id for worker in context.staff if worker.user_id in shown}
        own = sorted(
            {
                pupil.class_group_id
                for pupil in context.pupils
                if pupil.institution_id == institution
            }
        )
        chosen = next((pk for pk in own if pk in classes), own[0] if own else None)
        told: list[tuple[int, str, str, int | None]] = [(*each, None) for each in FOR_ALL]
        if chosen:
            told.append((*FOR_A_CLASS, chosen))
        notices += [
            Notice(
                institution_id=institution,
                class_group_id=class_group,
                title=title,
                body=body,
                published_by_id=director,
                published_at=_morning(context, days),
            )
            for days, title, body, class_group in told
        ]
    with context.bar("Notices", len(notices)) as bar:
        copy_in(Notice, notices, bar)
    copy_in(NoticeRead, _reads(context, notices, shown, rng))


def _morning(context: Context, days: int) -> dt.datetime:
    begin, _end = day_bounds(context.today - dt.timedelta(days=days))
    return begin + dt.timedelta(hours=10, minutes=20)


def _reads(
    context: Context, notices: list[Notice], shown: set[int], rng: random.Random
) -> list[NoticeRead]:
    """Most have read them; a family with a demonstration login still has the newest before it."""
    places = {pupil.id: pupil for pupil in context.pupils}
    institutions = {notice.institution_id for notice in notices}
    families: dict[int, set[tuple[int, int]]] = {}
    rows = Guardianship.objects.valid(context.today).order_by("pk")
    for child, user in rows.values_list("child_id", "user_id"):
        pupil = places.get(child)
        if pupil and pupil.institution_id in institutions:
            families.setdefault(pupil.institution_id, set()).add((user, pupil.class_group_id))
    made: dict[tuple[int, int], NoticeRead] = {}
    for notice in notices:
        newest = notice.published_at > _morning(context, 2)
        for user, class_group in sorted(families.get(notice.institution_id, ())):
            if notice.class_group_id not in (None, class_group):
                continue
            if rng.random() < 0.3 or (newest and user in shown):
                continue
            at = notice.published_at + dt.timedelta(minutes=rng.randrange(3, 600))
            made.setdefault(
                (notice.pk, user),
                NoticeRead(
                    institution_id=notice.institution_id,
                    notice=notice,
                    user_id=user,
                    read_at=min(at, context.until),
                ),
            )
    return list(made.values())
