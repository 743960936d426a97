"""`pytest -p tests.evidence.mutation.plugin` with MUTATION_REPORT=FILE: takes out each brick in turn and runs the tests on it;
with MUTATION_ONLY=PATH the bricks whose path begins so.

The tests are collected and the database is made once. Then everything happens in forks of this process, each with a
copy of the database: first every test without a change, noting which bricks it passes; then, for each brick, the
tests that pass it, until one fails. A test that never passes a brick cannot notice that it is gone.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import pytest

from tests.evidence.mutation.mutants import Mutant, mutants, plant, watch
from tests.evidence.runner.forks import in_forks

AT_ONCE = 2
PATIENCE = 240  # seconds for one brick; a brick that nothing noticed by then counts as not noticed


@dataclass
class Passed:
    """By one test, or by the fixtures that the tests of a module share."""

    seconds: float = 0
    failed: bool = False
    bricks: set[str] = field(default_factory=set)


class Watcher:
    """Says of each test what it passed and whether it failed."""

    def __init__(self) -> None:
        self.passed: dict[str, Passed] = {}
        self._now = [self._of("")]

    def note(self, brick: str) -> None:
        self._now[-1].bricks.add(brick)

    def _of(self, node: str) -> Passed:
        return self.passed.setdefault(node, Passed())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self._now.append(self._of(item.nodeid))
        before = time.monotonic()
        try:
            return (yield)
        finally:
            self._now.pop().seconds = time.monotonic() - before

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        if fixturedef.scope == "function":
            return (yield)
        self._now.append(self._of(request.node.nodeid))
        try:
            return (yield)
        finally:
            self._now.pop()

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed:
            self._of(report.nodeid).failed = True


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    report = Path(os.environ["MUTATION_REPORT"])
    only = os.environ.get("MUTATION_ONLY", "")
    planted = [mutant for mutant in mutants() if mutant.path.startswith(only)]
    with _made_once(session):
        known = _watched(session, planted)
        found = _noticed(session, planted, known)
    broken = sorted(node for node, passed in known.items() if passed.failed)
    report.write_text(json.dumps({"broken": broken, "tests": len(session.items), "found": found}))
    return True


def _watched(session: pytest.Session, planted: list[Mutant]) -> dict[str, Passed]:
    modules: dict[str, list[pytest.Item]] = {}
    for item in session.items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    largest_first = sorted(modules.values(), key=len, reverse=True)

    def work(items: list[pytest.Item]) -> dict[str, Passed]:
        watcher = Watcher()
        watch(planted, watcher.note)
        session.config.pluginmanager.register(watcher)
        _run(items)
        return watcher.passed

    known: dict[str, Passed] = {}
    for items, passed in _in_forks(largest_first, work, patience=4 * PATIENCE):
        if passed is None:
            raise pytest.UsageError(f"The tests beside {items[0].nodeid} did not end.")
        for node, one in passed.items():
            _add(known.setdefault(node, Passed()), one)
    return known


def _add(known: Passed, more: Passed) -> None:
    known.seconds += more.seconds
    known.failed |= more.failed
    known.bricks |= more.bricks


def _noticed(session: pytest.Session, planted: list[Mutant], known: dict[str, Passed]) -> list:
    """(brick, what it is, the test that noticed or an empty text, how many tests pass it)"""
    found, credit = [], Counter()

    def work(mutant: Mutant) -> str:
        watcher = Watcher()
        session.config.pluginmanager.register(watcher)
        plant(mutant)
        items = _that_pass(session, str(mutant), known)
        # Quick ones first, and those that have noticed another.
        items.sort(key=lambda item: known[item.nodeid].seconds / (1 + 9 * credit[item.nodeid]))
        return _run(items, until=lambda: any(passed.failed for passed in watcher.passed.values()))

    for mutant, noticed_by in _in_forks(planted, work):
        credit[noticed_by] += 1
        number = len(_that_pass(session, str(mutant), known))
        found.append((str(mutant), mutant.what, noticed_by or "", number))
    return found


def _that_pass(session: pytest.Session, brick: str, known: dict[str, Passed]) -> list[pytest.Item]:
    """By themselves, or by a fixture of their module, class or session."""

    def passes(item: pytest.Item) -> bool:
        own = known.get(item.nodeid)
        if own is None or own.failed:
            return False
        nodes = (known.get(node.nodeid) for node in item.listchain())
        return any(passed and brick in passed.bricks for passed in nodes)

    return [item for item in session.items if passes(item)]


def _run(items: list[pytest.Item], *, until: Callable[[], bool] = lambda: False) -> str:
    """The test after which `until` held; empty when it never did."""
    for number, item in enumerate(items):
        item.session._setupstate.teardown_exact(item)
        following = items[number + 1] if number + 1 < len(items) else _elsewhere(item)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if until():
            return item.nodeid
    return ""


def _elsewhere(item: pytest.Item) -> pytest.Item:
    """A following test is what keeps the fixtures of the session."""
    return next(other for other in item.session.items if other.path != item.path)


# ---- forks with a database each ----


def _in_forks(jobs: Iterable, work: Callable, patience: float = PATIENCE) -> Iterator[tuple]:
    def with_database(numbered: tuple):
        from django.db import connection, connections

        number, job = numbered
        made, copy = connection.settings_dict["NAME"], f"mutant_{number}"
        with _as_owner() as owner, Path(os.devnull).open("w") as nowhere:
            for stream in (1, 2):
                os.dup2(nowhere.fileno(), stream)
            owner.execute(f'DROP DATABASE IF EXISTS "{copy}"')
            owner.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{made}"')
            connection.settings_dict["NAME"] = copy
            answer = work(job)
            connections.close_all()
            with suppress(
                psycopg2.Error
            ):  # somebody's thread still looks at it: the next run drops it
                owner.execute(f'DROP DATABASE "{copy}"')
        return answer

    found = in_forks(enumerate(jobs), with_database, at_once=AT_ONCE, patience=patience)
    for (_number, job), answer in found:
        yield job, answer


@contextmanager
def _as_owner() -> Iterator:
    owner = psycopg2.connect(os.environ["MIGRATE_DATABASE_URL"])
    owner.autocommit = True
    with closing(owner), owner.cursor() as cursor:
        yield cursor


@contextmanager
def _made_once(session: pytest.Session) -> Iterator[None]:
    """The fixtures of the session live to the end of it, and no connection is open when a process forks."""
    from django.db import connections

    _run([next(item for item in session.items if "db" in item.fixturenames)])
    connections.close_all()
    yield
    session._setupstate.teardown_exact(None)
