"""What needs somebody now: short items for the first page, each from the selector that knows of it.

A room above adds its own with `contribute` when its app is ready. Each source asks the database once or twice, however
much there is, so the page stays at a constant number of queries.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.scoping import Actor


@dataclass(frozen=True, kw_only=True)
class Item:
    code: str
    title: str
    sentence: str
    url_name: str
    icon: str
    count: int
    urgent: bool = False


Source = Callable[[Actor], Item | None]
_sources: list[Source] = []


def contribute(source: Source) -> Source:
    if source not in _sources:
        _sources.append(source)
    return source


def what_needs(actor: Actor) -> list[Item]:
    """The urgent first, else in the order in which the sources were added."""
    found = [item for source in _sources if (item := source(actor)) is not None]
    return sorted(found, key=lambda item: not item.urgent)
