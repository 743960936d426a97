"""Certificates and hours of the demonstration city's staff; a few are about to end, ended or were never handed in."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from core.permissions import Role
from institution.demo import Context, Worker
from institution.demo.copy import copy_in
from training.models import Certificate, CertificateType, TrainingRecord
from training.models.certificate import HEALTH_CERTIFICATE
from training.services.records import usual_end
from training.services.reference import load_types

OF_ROLE = {
    Role.DIRECTOR: ["principal_post", "teacher"],
    Role.CARER: ["baoyu", "yuying"],
    Role.HEALTH_WORKER: ["health_training", "nurse"],
    Role.CLERK: ["food_safety"],
}
DIRECTOR_TOPICS = [
    "职业道德与法律法规",
    "托育服务政策与发展",
    "托育机构规范设置与备案",
    "人员管理",
    "安全管理",
]
CARER_TOPICS = [
    "营养与喂养",
    "睡眠照护",
    "伤害预防与急救",
    "健康管理与常见病传染病",
    "观察记录与回应性照护",
]


def fill(context: Context) -> None:
    load_types()
    if Certificate.objects.exists():
        return
    types = {kind.code: kind for kind in CertificateType.objects.all()}
    certificates = [row for worker in context.staff for row in _papers(context, worker, types)]
    with context.bar("Certificates", len(certificates)) as bar:
        copy_in(Certificate, certificates, bar)
    trainings = [row for worker in context.staff for row in _trainings(context, worker)]
    with context.bar("Training records", len(trainings)) as bar:
        copy_in(TrainingRecord, trainings, bar)


def _papers(
    context: Context, worker: Worker, types: dict[str, CertificateType]
) -> Iterator[Certificate]:
    rng = context.rng
    fate = rng.random()
    if fate > 0.03:  # else never handed in
        age = (
            rng.randint(366, 400)
            if fate < 0.07
            else rng.randint(336, 364)
            if fate < 0.16
            else rng.randint(5, 330)
        )
        yield _certificate(context, worker, types[HEALTH_CERTIFICATE], age)
    yield _certificate(context, worker, types["no_crime"], rng.randint(10, 350))
    own = OF_ROLE.get(worker.role, [])
    if own and rng.random() < 0.85:
        yield _certificate(context, worker, types[rng.choice(own)], rng.randint(200, 2200))
    if rng.random() < 0.3:
        yield _certificate(context, worker, types["first_aid"], rng.randint(30, 900))


def _certificate(context: Context, worker: Worker, kind: CertificateType, age: int) -> Certificate:
    issued = context.today - dt.timedelta(days=age)
    return Certificate(
        institution_id=worker.institution_id,
        membership_id=worker.membership_id,
        type=kind,
        number=f"{issued:%Y}3708{context.rng.randint(0, 999_999):06d}",
        issued_on=issued,
        expires_on=usual_end(kind, issued),
        added_by_id=worker.user_id,
        added_at=context.until,
    )


def _trainings(context: Context, worker: Worker) -> Iterator[TrainingRecord]:
    rng = context.rng
    topics = DIRECTOR_TOPICS if worker.role == Role.DIRECTOR else CARER_TOPICS
    for topic in rng.sample(topics, rng.randint(0, 3)):
        held = context.today - dt.timedelta(days=rng.randint(3, 330))
        if held >= worker.since:
            yield TrainingRecord(
                institution_id=worker.institution_id,
                membership_id=worker.membership_id,
                topic=topic,
                hours=Decimal(rng.choice(["2", "3", "4", "6", "8"])),
                held_on=held,
                added_by_id=worker.user_id,
            )
