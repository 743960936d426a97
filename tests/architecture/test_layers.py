"""What import-linter cannot say: the domain does not speak HTTP, and tasks take what JSON carries."""

import ast
import inspect
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings

from core import i18n

DOMAIN = ("services", "selectors", "models", "rules", "enums")
HTTP = (
    "django.http",
    "django.shortcuts",
    "django.views",
    "django.urls",
    "rest_framework",
    "core.http",
    "core.api",
)
SCALARS = {str, int, float, bool, type(None)}


def domain_files() -> Iterator[Path]:
    for folder in i18n.own_apps().values():
        for name in DOMAIN:
            yield from sorted((folder / name).rglob("*.py"))
            if (folder / f"{name}.py").exists():
                yield folder / f"{name}.py"


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def speaks_http(source: str) -> list[str]:
    return [
        name
        for name in imported(source)
        if any(name == banned or name.startswith(f"{banned}.") for banned in HTTP)
    ]


def test_the_domain_does_not_speak_http():
    base = Path(settings.BASE_DIR)
    files = list(domain_files())
    found = {
        path.relative_to(base).as_posix(): names
        for path in files
        if (names := speaks_http(path.read_text(encoding="utf-8")))
    }

    assert len(files) > 40
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "from django.http import Http404",
        "from django.shortcuts import get_object_or_404",
        "from django import http",
        "import django.views",
        "def f():\n    from core.http import gate",
    ],
)
def test_an_import_of_http_is_noticed(line):
    assert speaks_http(line)


def own_tasks() -> dict[str, typing.Callable]:
    current_app.loader.import_default_modules()
    return {
        name: task.run
        for name, task in current_app.tasks.items()
        if name.partition(".")[0] in i18n.own_apps()
    }


def not_json(function: typing.Callable) -> list[str]:
    hints = typing.get_type_hints(function)
    return [
        name
        for name in inspect.signature(function).parameters
        if name not in hints or not set(_members(hints[name])) <= SCALARS
    ]


def _members(hint) -> tuple:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return typing.get_args(hint)
    return (hint,)


def test_tasks_take_only_what_json_carries():
    tasks = own_tasks()

    assert set(tasks) >= {"core.tasks.relay_outbox", "govadmin.tasks.export_audit"}
    assert {name: bad for name, task in tasks.items() if (bad := not_json(task))} == {}


def test_a_task_with_a_row_or_without_a_type_is_noticed():
    def task(row: Path, untyped, number: int, text: str | None) -> None: ...

    assert not_json(task) == ["row", "untyped"]


def test_the_schedule_names_tasks_that_exist():
    scheduled = {entry["task"] for entry in current_app.conf.beat_schedule.values()}

    assert scheduled <= set(own_tasks())
    assert scheduled
