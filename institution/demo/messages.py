"""Threads of the demonstration city: what families and teams wrote to each other in the last days."""

import datetime as dt
import random
import uuid
from collections.abc import Iterator

from institution.demo import Context, Pupil
from institution.demo.copy import copy_in
from institution.enums import Side
from institution.models import Child, ClassDuty, Guardianship, Message, ReadMark, Thread

TALKS = (
    (
        ("family", "老师早上好，{name}昨晚有点咳嗽，麻烦今天多喂几次温水。", True),
        ("staff", "好的，已经记下，每次活动后都会提醒喝水。", False),
        ("staff", "今天喝了四次水，咳嗽不明显，午睡也安稳。", False),
        ("family", "太好了，谢谢老师！", False),
    ),
    (
        ("staff", "{name}今天第一次自己用勺子把午饭吃完了，在家也可以多鼓励。", False),
        ("family", "真棒！周末在家也让宝宝自己吃。", False),
    ),
    (
        ("family", "今天下午外公来接，身份证已经登记过。", False),
        ("staff", "收到，接的时候我们会核对。", False),
        ("family", "另外请帮忙换一条厚裤子，在书包里。", True),
    ),
)
SHARE = 0.06  # of the children; those of the demonstration logins always


def fill(context: Context) -> None:
    rng = random.Random(f"{context.seed}:messages")  # noqa: S311 -- made-up data
    guardians = _guardians(context)
    carers = dict(
        ClassDuty.objects.filter(during__contains=context.today)
        .order_by("-pk")
        .values_list("class_group_id", "membership__user_id")
    )
    shown = set(context.logins.values())
    teams = {worker.class_group_id for worker in context.staff if worker.user_id in shown}
    chosen = [
        pupil
        for pupil in context.pupils
        if pupil.id in guardians
        and pupil.class_group_id in carers
        and (
            rng.random() < SHARE
            or guardians[pupil.id] in shown
            or (pupil.class_group_id in teams and rng.random() < 0.5)
        )
    ]
    children = Child.objects.in_bulk([pupil.id for pupil in chosen])
    talks = {pupil.id: rng.choice(TALKS) for pupil in chosen}
    threads = [
        Thread(
            institution_id=pupil.institution_id,
            child_id=pupil.id,
            last_seq=len(talks[pupil.id]),
            last_at=_moments(context, talks[pupil.id], pupil)[-1],
        )
        for pupil in chosen
    ]
    with context.bar("Messages", len(threads)) as bar:
        copy_in(Thread, threads, bar)
        rows = [
            message
            for pupil, thread in zip(chosen, threads, strict=True)
            for message in _talk(
                context,
                pupil,
                thread,
                children[pupil.id],
                talks[pupil.id],
                {Side.FAMILY: guardians[pupil.id], Side.STAFF: carers[pupil.class_group_id]},
                rng,
            )
        ]
        copy_in(Message, rows)
        copy_in(ReadMark, list(_marks(rows)))


def _guardians(context: Context) -> dict[int, int]:
    """One of each child; the one with a demonstration login before others."""
    shown = set(context.logins.values())
    found: dict[int, int] = {}
    rows = (
        Guardianship.objects.valid(context.today).order_by("pk").values_list("child_id", "user_id")
    )
    for child, user in rows:
        if child not in found or user in shown:
            found[child] = user
    return found


def _moments(context: Context, talk: tuple, pupil: Pupil) -> list[dt.datetime]:
    last = context.until - dt.timedelta(minutes=20 + pupil.id % 200)
    return [last - dt.timedelta(minutes=25 * (len(talk) - 1 - n)) for n in range(len(talk))]


def _talk(
    context: Context,
    pupil: Pupil,
    thread: Thread,
    child: Child,
    talk: tuple,
    people: dict[Side, int],
    rng: random.Random,
) -> Iterator[Message]:
    moments = _moments(context, talk, pupil)
    for seq, ((side, body, asks), at) in enumerate(zip(talk, moments, strict=True), start=1):
        answered = asks and seq < len(talk)
        yield Message(
            id=uuid.UUID(int=rng.getrandbits(128), version=4),
            institution_id=pupil.institution_id,
            thread=thread,
            child=child,
            seq=seq,
            side=side,
            author_id=people[Side(side)],
            body=body.format(name=pupil.name),
            sent_at=at,
            is_request=asks,
            done_at=moments[seq] if answered else None,
            done_by_id=people[Side.STAFF] if answered else None,
        )


def _marks(rows: list[Message]) -> Iterator[ReadMark]:
    """Whoever wrote has read up to there."""
    own = {(message.thread_id, message.author_id): message for message in rows}
    for message in own.values():
        yield ReadMark(
            institution_id=message.institution_id,
            thread_id=message.thread_id,
            child_id=message.child_id,
            user_id=message.author_id,
            side=message.side,
            seq=message.seq,
            read_at=message.sent_at,
        )
