"""Every sentence is written in English in the code and stands in Chinese in a catalogue, and nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from core import i18n

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
TEMPLATE_COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?%\}.*?\{% endcomment %\}", re.DOTALL)
BASE = Path(settings.BASE_DIR)

ALLOWED = {
    "core/servers/demo.py": "speaks to a terminal in both languages, before Django is there",
    "core/signin/local_words.txt": "words that nobody may take for a password",
    "core/templates/gallery.html": "specimens on the page of components",
    "core/templates/offline.html": "kept by the browser, so it speaks both languages at once",
    "core/templates/shell/language.html": "a language is called by its own name",
    "core/views/gallery.py": "specimens on the page of components",
    "health/demo.py": "what is written in a made-up city",
    "institution/services/children.py": "recognises what people type",
    "institution/demo/": "the names of a made-up city",
    "quality/demo.py": "what is written in a made-up city",
    "training/demo.py": "what is written in a made-up city",
}


def spoken_by_python(source: str) -> Iterator[str]:
    """String literals; docstrings and comments are for us and may name a term of the law."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.value


def chinese_files() -> set[str]:
    found = set()
    for folder in [*i18n.own_apps().values(), BASE / "config"]:
        for path in folder.rglob("*"):
            if path.suffix == ".py":
                spoken = "".join(spoken_by_python(path.read_text(encoding="utf-8")))
            elif path.suffix in {".html", ".txt", ".js"} and "locale" not in path.parts:
                spoken = TEMPLATE_COMMENT.sub("", path.read_text(encoding="utf-8"))
            else:
                continue
            if CHINESE.search(spoken):
                found.add(path.relative_to(BASE).as_posix())
    return found


@pytest.mark.parametrize("app", sorted(i18n.own_apps()))
def test_catalogue_is_complete_and_true(app):
    assert "\n".join(i18n.problems(app, i18n.own_apps())) == ""


def test_chinese_stands_in_catalogues_and_data_only():
    elsewhere = {path for path in chinese_files() if not path.startswith(tuple(ALLOWED))}

    assert elsewhere == set()


def test_every_exception_is_still_needed():
    unneeded = {
        allowed
        for allowed in ALLOWED
        if not any(path.startswith(allowed) for path in chinese_files())
    }

    assert unneeded == set()
