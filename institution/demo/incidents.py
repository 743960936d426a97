"""Incidents of the demonstration city: in each state at the nurseries that visitors look at, and a few closed elsewhere."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.permissions import Role
from institution.alert_kinds import KINDS
from institution.demo import Context, Nursery, Pupil, Worker
from institution.demo.copy import copy_in
from institution.enums import (
    AlertKind,
    BodyPart,
    IncidentAct,
    IncidentGravity,
    IncidentKind,
    IncidentState,
)
from institution.models import (
    Alert,
    Child,
    Guardianship,
    Incident,
    IncidentChild,
    IncidentNotice,
    IncidentReport,
    IncidentStep,
    ReportRule,
)

A, B, K, S = IncidentAct, BodyPart, IncidentKind, IncidentState
SHARE = 0.12  # of the nurseries; those of the demonstration logins always
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
PLACES = ("活动室", "户外场地", "盥洗室", "楼梯口", "午睡室")


@dataclass(frozen=True)
class Story:
    kind: str
    body: list[str]
    what: str
    done: str
    told: str


STORIES = (
    Story(
        K.FALL,
        [B.FOREHEAD],
        "绕过桌子追球时绊倒，额头碰到桌角，起一小包，未破皮。",
        "冰袋冷敷十分钟，观察三十分钟，精神和进食正常。",
        "追球时绊倒，额头起了一个小包，没有破皮。已冷敷，精神很好，请今晚继续留意。",
    ),
    Story(
        K.BITE,
        [B.ARM_L],
        "争抢玩具车时左前臂被同伴咬了一口，留有牙印，未出血。",
        "流动清水冲洗，冷敷，安抚情绪，两名孩子分开游戏。",
        "玩玩具时左前臂被同伴咬了一下，有牙印，没有出血。已清洗冷敷，情绪已平复。",
    ),
    Story(
        K.FALL,
        [B.HAND_R, B.LEG_R],
        "户外跑步时摔倒，右手掌和右膝擦破皮。",
        "生理盐水清洗，碘伏消毒，贴创可贴。",
        "户外跑步时摔了一跤，右手掌和右膝擦破皮，已消毒包扎。",
    ),
    Story(
        K.ALLERGY,
        [B.FACE, B.CHEST],
        "午餐后口周和胸前出现红疹，无气促。",
        "停止进食，保健老师观察，联系家长后送区医院就诊。",
        "午餐后口周和胸前出现红疹，呼吸正常。已电话与您联系并送区医院就诊，医生嘱观察。",
    ),
)
GRAVE = Story(
    K.FALL,
    [B.ARM_R],
    "从攀爬架第二级滑落，右前臂着地，疼痛明显，活动受限。",
    "固定右臂，拨打120，主班老师陪同送医，园长到场。",
    "从攀爬架上滑落，右前臂受伤。已固定并由老师陪同送医，园长正在医院等您。",
)


@dataclass
class Rows:
    incidents: list[Incident] = field(default_factory=list)
    children: list[IncidentChild] = field(default_factory=list)
    notices: list[IncidentNotice] = field(default_factory=list)
    reports: list[IncidentReport] = field(default_factory=list)
    steps: list[IncidentStep] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)


class Teller:
    """One nursery's incidents."""

    def __init__(self, context: Context, nursery: Nursery, rng: random.Random, rows: Rows) -> None:
        self.context, self.nursery, self.rng, self.rows = context, nursery, rng, rows
        staff = [w for w in context.staff if w.institution_id == nursery.id]
        self.director = next(w for w in staff if w.role == Role.DIRECTOR)
        self.carers = [w for w in staff if w.class_group_id] or [self.director]
        shown = set(context.logins.values())
        self.shown = next((w for w in self.carers if w.user_id in shown), None)

    def carer_of(self, pupil: Pupil) -> Worker:
        """The one of a login where it is that carer's class."""
        own = [w for w in self.carers if w.class_group_id == pupil.class_group_id]
        return self.shown if self.shown in own else (own or self.carers)[0]

    def tell(
        self,
        story: Story,
        at: dt.datetime,
        state: IncidentState,
        pupil: Pupil,
        guardian: int | None,
        child: Child,
        *,
        serious: bool = False,
        rule: ReportRule | None = None,
        reported: bool = False,
    ) -> None:
        carer = self.carer_of(pupil)
        written, approved = at + 8 * MINUTE, at + 40 * MINUTE
        done = state in (S.SHARED, S.CLOSED)
        gravity = (
            IncidentGravity.SERIOUS
            if serious
            else IncidentGravity.MEDICAL
            if story.kind == K.ALLERGY
            else IncidentGravity.MINOR
        )
        incident = Incident(
            institution_id=self.nursery.id,
            class_group_id=pupil.class_group_id,
            place=self.rng.choice(PLACES),
            kind=story.kind,
            gravity=gravity,
            happened_at=at,
            body=[str(part) for part in story.body],
            what=story.what,
            done=story.done,
            seen_by=carer.name,
            child_count=1,
            state=state,
            serious_at=written if serious else None,
            written_by_id=carer.user_id,
            written_at=written,
            approved_by_id=self.director.user_id if done else None,
            approved_at=approved if done else None,
            closed_at=approved + 3 * HOUR if state == S.CLOSED else None,
        )
        place = {"institution_id": self.nursery.id, "incident": incident}
        rows = self.rows
        rows.incidents.append(incident)
        rows.children.append(IncidentChild(child=child, added_at=written, **place))
        self._step(place, A.WRITTEN, S.DRAFT, written, carer.user_id)
        if state != S.DRAFT:
            self._step(place, A.SUBMITTED, S.REVIEW, written + 5 * MINUTE, carer.user_id)
        if done:
            self._step(place, A.APPROVED, S.SHARED, approved, self.director.user_id)
            read = approved + 3 * HOUR if state == S.CLOSED else None
            rows.notices.append(
                IncidentNotice(
                    child=child,
                    kind=incident.kind,
                    gravity=incident.gravity,
                    happened_at=at,
                    place=incident.place,
                    body=incident.body,
                    text=story.told,
                    shown_at=approved,
                    remind_at=approved + DAY,
                    acknowledged_by_id=guardian if read else None,
                    acknowledged_at=read,
                    **place,
                )
            )
            if read:
                self._step(place, A.ACKNOWLEDGED, S.SHARED, read, guardian)
        if rule is not None:
            self._report(place, rule, written, approved if reported else None)
            if reported:
                self._step(place, A.REPORTED, incident.state, approved, self.director.user_id)
        if state == S.CLOSED:
            self._step(place, A.CLOSED, S.CLOSED, approved + 3 * HOUR, None)

    def _step(self, place: dict, act, state, at: dt.datetime, by: int | None) -> None:
        self.rows.steps.append(IncidentStep(act=act, state=state, at=at, by_id=by, **place))

    def _report(
        self, place: dict, rule: ReportRule, since: dt.datetime, at: dt.datetime | None
    ) -> None:
        due = since + (rule.minutes or 0) * MINUTE
        self.rows.reports.append(
            IncidentReport(
                rule=rule,
                authority=rule.authority,
                authority_en=rule.authority_en,
                started_at=since,
                due_at=due,
                reported_at=at,
                reported_by_id=self.director.user_id if at else None,
                reported_to="区卫生健康局 托育科" if at else "",
                reference_no=f"意外〔{since.year}〕{self.rng.randrange(3, 40)}号" if at else "",
                **place,
            )
        )


def fill(context: Context) -> None:
    rng = random.Random(f"{context.seed}:incidents")  # noqa: S311 -- made-up data
    rule = ReportRule.objects.order_by("pk").first()
    guardians = dict(Guardianship.objects.order_by("-pk").values_list("child_id", "user_id"))
    shown = set(context.logins.values())
    working = {w.institution_id for w in context.staff if w.user_id in shown}
    rows = Rows()
    for nursery in context.nurseries:
        visited = nursery.id in working
        if nursery.class_ids and (visited or rng.random() < SHARE):
            _tell(context, nursery, guardians, rule if visited else None, rng, rows)
    with context.bar("Incidents", len(rows.incidents)) as bar:
        copy_in(Incident, rows.incidents, bar)
        for model, made in (
            (IncidentChild, rows.children),
            (IncidentNotice, rows.notices),
            (IncidentReport, rows.reports),
            (IncidentStep, rows.steps),
        ):
            for row in made:
                row.incident_id = row.incident.pk
            copy_in(model, made)
        copy_in(Alert, list(_alerts(rows)))


def _tell(
    context: Context,
    nursery: Nursery,
    guardians: dict[int, int],
    rule: ReportRule | None,
    rng: random.Random,
    rows: Rows,
) -> None:
    """With a rule in every state, else two that are closed."""
    teller = Teller(context, nursery, rng, rows)
    here = [
        p
        for p in context.pupils
        if p.institution_id == nursery.id
        and p.id in guardians
        and p.since < context.today - 20 * DAY
    ]
    if not here:
        return
    mother = context.logins.get("parent")
    hers = set(Guardianship.objects.filter(user=mother).values_list("child_id", flat=True))
    own = sorted((p for p in here if p.id in hers), key=lambda p: (p.born_on, p.id))
    small = [p for p in here if teller.shown and p.class_group_id == teller.shown.class_group_id]
    children = Child.objects.only("pk", "sealed_id").in_bulk([p.id for p in here])
    until = context.until.replace(second=0, microsecond=0)
    past = [until - days * DAY - rng.randrange(60, 300) * MINUTE for days in (1, 3, 6)]
    told: list[tuple] = [
        (STORIES[n % len(STORIES)], at, S.CLOSED, {}) for n, at in enumerate(past[1:])
    ]
    if rule is not None:
        told += [
            (STORIES[2], until - 12 * MINUTE, S.DRAFT, {}),
            (STORIES[1], until - 75 * MINUTE, S.REVIEW, {}),
            (STORIES[0], until - 130 * MINUTE, S.SHARED, {}),
            (STORIES[3], past[0], S.CLOSED, {}),
            (GRAVE, until - 28 * MINUTE, S.REVIEW, {"serious": True, "rule": rule}),
            (
                GRAVE,
                until - 9 * DAY,
                S.CLOSED,
                {"serious": True, "rule": rule, "reported": True},
            ),
        ]
    for story, at, state, more in told:
        pupil = rng.choice(small or here)
        guardian: int | None = guardians[pupil.id]
        if own and (state == S.SHARED or at == past[0]):  # what the login of a parent finds
            pupil, guardian = own[0], mother
        teller.tell(story, at, state, pupil, guardian, children[pupil.id], **more)


def _alerts(rows: Rows) -> Iterator[Alert]:
    for report in rows.reports:
        if report.reported_at is None:
            kind = AlertKind.SERIOUS_INCIDENT
            yield Alert(
                institution_id=report.institution_id,
                kind=kind,
                key=f"incident:{report.incident_id}",
                severity=KINDS[kind].severity,
                class_group_id=report.incident.class_group_id,
                evidence={
                    "incident": report.incident_id,
                    "kind": str(report.incident.kind),
                    "minutes": int((report.due_at - report.started_at).total_seconds() // 60),
                },
                rule=f"report_rule:{report.rule_id}@{report.rule.valid_from}",
                raised_at=report.started_at,
                due_at=report.started_at + 5 * MINUTE,
            )
