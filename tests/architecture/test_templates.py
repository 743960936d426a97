"""Templates carry no code of their own, are all in use, and fill only blocks that their shell has."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import get_template
from django.template.loader_tags import BlockNode, ExtendsNode

from core import i18n
from core.http import SHELLS

BASE = Path(settings.BASE_DIR)
CHAIN = re.compile(r"""\{% (?:extends|include) "([^"]+)" """)
COMPONENT = re.compile(r"""\{% (?:ui|component) "([^"]+)" """)
COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}", re.DOTALL)
TAG = re.compile(r"<[a-zA-Z][^<>]*>", re.DOTALL)
SCRIPT = re.compile(r"<script\b([^>]*)>", re.DOTALL)
DJANGO = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
INLINE = re.compile(
    r"^<style|\sstyle\s*=|\son[a-z]+\s*=|\shx-on[:-]|href\s*=\s*[\"']javascript:", re.IGNORECASE
)
USED_BY_FRAMEWORK = {
    "400.html": "Django, or core.views.errors",
    "403.html": "Django, or core.views.errors",
    "404.html": "Django, or core.views.errors",
    "429.html": "core.middleware by status",
    "500.html": "Django, or core.views.errors",
    "503.html": "core.views.errors",
    "django/forms/field.html": "Django's forms",
}


def templates() -> dict[str, Path]:
    return {
        path.relative_to(folder / "templates").as_posix(): path
        for folder in i18n.own_apps().values()
        for path in sorted((folder / "templates").rglob("*.html"))
    }


def faults(source: str) -> list[str]:
    """Inline code in a template: a style attribute or element, a handler, a script that is not a file and has no nonce."""
    source = COMMENT.sub("", source)
    scripts = [tag for tag in SCRIPT.findall(source) if "src=" not in tag and not _harmless(tag)]
    tags = TAG.findall(DJANGO.sub("", source))
    return scripts + [tag for tag in tags if INLINE.search(tag)]


def _harmless(attributes: str) -> bool:
    """Data for a module to read, or allowed by nonce."""
    return "nonce=" in attributes or 'type="application/json"' in attributes


@pytest.mark.parametrize("name", sorted(templates()))
def test_a_template_has_no_inline_code(name):
    assert faults(templates()[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color: red">x</p>',
        '<p {% if a > b %}class="x"{% endif %}\n  style="--n: 1">x</p>',
        '<button onclick="go()">x</button>',
        '<button hx-on:click="go()">x</button>',
        '<a href="javascript:go()">x</a>',
        "<script>go()</script>",
        "<style>p { color: red }</style>",
    ],
)
def test_inline_code_is_noticed(source):
    assert faults(source)


def test_scripts_as_files_data_and_nonces_are_fine():
    fine = '<script src="x.js"></script><script type="application/json">{}</script><script nonce="{{ n }}">x</script>'

    assert faults(fine) == []


def named_in_python() -> set[str]:
    """Template names among the string literals of our code; an f-string counts by its parts."""
    names = set()
    for folder in i18n.own_apps().values():
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    names.add(node.value.partition("#")[0])
    return names


def test_every_template_is_used():
    known = templates()
    python = named_in_python()
    used = set(USED_BY_FRAMEWORK)
    for path in known.values():
        source = path.read_text(encoding="utf-8")
        used |= set(CHAIN.findall(source))
        used |= {f"ui/{name}.html" for name in COMPONENT.findall(source)}
    unused = {name for name in known if name not in used and name not in python}

    assert unused == set()


def test_every_exception_from_use_is_still_there():
    assert set(USED_BY_FRAMEWORK) <= set(templates())


@pytest.mark.parametrize("name", sorted(templates()))
def test_a_page_fills_only_blocks_of_its_shell(name):
    """A block that no shell has is dropped without a word."""
    template = get_template(name).template
    extends = [node for node in template.nodelist if isinstance(node, ExtendsNode)]
    if not extends:
        return
    above = [_blocks_of(parent) for parent in _parents(extends[0])]

    assert _blocks(extends[0].nodelist) - set.intersection(*above) == set()


def _parents(extends: ExtendsNode) -> list[str]:
    """A page that everybody has names its shell by a variable: it must fit into each."""
    named = extends.parent_name.var
    return [named] if isinstance(named, str) else [*SHELLS.values(), "base_door.html"]


def _blocks_of(name: str) -> set[str]:
    parent = engines["django"].engine.get_template(name)
    above = {node.name for node in parent.nodelist.get_nodes_by_type(BlockNode)}
    for node in parent.nodelist.get_nodes_by_type(ExtendsNode):
        above |= _blocks_of(node.parent_name.var)
    return above


def _blocks(nodelist) -> set[str]:
    """The outermost: what stands within them is a place of the page's own."""
    return {node.name for node in nodelist if isinstance(node, BlockNode)}
