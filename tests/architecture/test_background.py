"""Work without a request says in whose name it is done: tasks by their declaration, commands in their code."""

from pathlib import Path

from config.celery import app
from core.background import OWNER_OF_JOB, SYSTEM

CHECKOUT = Path(__file__).resolve().parents[2]
# Commands that touch no row of a nursery, and why.
NO_ROWS = {
    "catalogue": "reads and writes files of translations",
    "compile_catalogues": "reads and writes files of translations",
    "restore": "speaks through the programs of PostgreSQL, to a database that may not be ours yet",
    "migrate": "runs as the owner, whom the policies bind too",
}


def own_tasks() -> dict[str, str | None]:
    app.loader.import_default_modules()
    return {
        name: getattr(task, "scope", None)
        for name, task in app.tasks.items()
        if not name.startswith(("celery.", "tests."))
    }


def test_every_task_says_in_whose_name_it_works():
    tasks = own_tasks()

    assert len(tasks) > 8
    assert {name for name, scope in tasks.items() if scope not in (SYSTEM, OWNER_OF_JOB)} == set()


def test_only_an_export_works_for_a_person():
    theirs = {name for name, scope in own_tasks().items() if scope == OWNER_OF_JOB}

    assert theirs == {"govadmin.tasks.export_audit"}


def test_every_command_enters_a_scope_or_needs_none():
    commands = {
        path.stem: path.read_text(encoding="utf-8")
        for path in CHECKOUT.glob("*/management/commands/*.py")
        if path.stem != "__init__"
    }
    silent = {name for name, code in commands.items() if "rls.system(" not in code}

    assert silent == NO_ROWS.keys()
