import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Q

from core.scoping import Actor
from institution.models import Institution
from quality.enums import Answer, Level
from quality.models import SelfCheck, Standard, StandardItem


@dataclass(frozen=True, kw_only=True)
class Node:
    """An item of the tree with what has been answered to it: by the actor's own nursery, or by how many of a region."""

    item: StandardItem
    children: list["Node"] = field(default_factory=list)
    own: SelfCheck | None = None
    answers: Counter = field(default_factory=Counter)

    @property
    def indicators(self) -> list["Node"]:
        below = [node for child in self.children for node in child.indicators]
        return [self, *below] if self.item.level == Level.INDICATOR else below

    @property
    def answered(self) -> int:
        return sum(node.own is not None for node in self.indicators)

    @property
    def met(self) -> int:
        return self.answers[Answer.MET]

    @property
    def not_met(self) -> int:
        return self.answers[Answer.NOT_MET]

    def share(self, total: int) -> float:
        return self.item.points * 100 / total if self.item.points and total else 0


def standard_on(day: dt.date) -> Standard | None:
    return Standard.objects.on(day).order_by("-valid_from", "pk").first()


def tree(actor: Actor, standard: Standard) -> list[Node]:
    """The dimensions, each with its aspects and indicators in the order of the standard."""
    own = {}
    answers: dict[int, Counter] = defaultdict(Counter)
    checks = SelfCheck.objects.visible_to(actor).filter(item__standard=standard)
    if actor.institution_id:
        own = {check.item_id: check for check in checks.select_related("answered_by")}
    else:
        counted = checks.values("item", "answer").annotate(n=Count("pk")).order_by("item", "answer")
        for row in counted:
            answers[row["item"]][row["answer"]] = row["n"]
    nodes: dict[int, Node] = {}
    dimensions: list[Node] = []
    for item in standard.items.order_by("position", "pk"):
        node = nodes[item.pk] = Node(item=item, own=own.get(item.pk), answers=answers[item.pk])
        (nodes[item.parent_id].children if item.parent_id else dimensions).append(node)
    return dimensions


@dataclass(frozen=True, kw_only=True)
class Progress:
    total: int
    met: int
    not_met: int
    not_applicable: int

    @property
    def answered(self) -> int:
        return self.met + self.not_met + self.not_applicable

    @property
    def percent(self) -> int:
        return self.answered * 100 // self.total if self.total else 0


def own_progress(dimensions: list[Node]) -> Progress:
    indicators = [node for dimension in dimensions for node in dimension.indicators]
    answers = Counter(node.own.answer for node in indicators if node.own)
    return Progress(
        total=len(indicators),
        met=answers[Answer.MET],
        not_met=answers[Answer.NOT_MET],
        not_applicable=answers[Answer.NOT_APPLICABLE],
    )


@dataclass(frozen=True, kw_only=True)
class RegionProgress:
    institutions: int
    started: int
    finished: int
    with_gaps: int


def region_progress(actor: Actor, standard: Standard, indicators: int) -> RegionProgress:
    """How many open nurseries of the region have begun, finished, and said that something is not met."""
    nurseries = Institution.objects.visible_to(actor).open()
    per_nursery = (
        SelfCheck.objects.visible_to(actor)
        .filter(item__standard=standard, institution__in=nurseries)
        .values("institution")
        .annotate(answered=Count("pk"), gaps=Count("pk", filter=Q(answer=Answer.NOT_MET)))
        .order_by("institution")
    )
    rows = list(per_nursery)
    return RegionProgress(
        institutions=nurseries.count(),
        started=len(rows),
        finished=sum(row["answered"] >= indicators for row in rows),
        with_gaps=sum(row["gaps"] > 0 for row in rows),
    )
