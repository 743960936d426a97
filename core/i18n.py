"""What the code says and what the catalogues translate, side by side. Used by `manage.py catalogue` and by the tests."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.utils.translation.template import templatize

LOCALE = "zh_Hans"
TEMPLATES = (".html", ".txt", ".xml")
WITHOUT_MESSAGES = {"migrations", "static", "locale"}
KEYWORDS: dict[str, tuple | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%%|%\([^)]+\)[#0\- +]*[\d.]*[a-zA-Z]|%[\d.]*[sdfr]|\{[^{}]*\}")

Key = tuple[str | None, str]  # context and msgid
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")


@dataclass(slots=True)
class Message:
    msgid: str
    context: str | None = None
    plural: str | None = None
    places: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.context, self.msgid


def own_apps() -> dict[str, Path]:
    base = Path(settings.BASE_DIR)
    return {
        config.label: Path(config.path)
        for config in apps.get_app_configs()
        if Path(config.path).parent == base
    }


def folders_of(app: str) -> list[Path]:
    """The folders whose messages belong in the app's catalogue; the settings speak through core's."""
    own = own_apps()[app]
    return [own, Path(settings.BASE_DIR) / "config"] if app == "core" else [own]


def catalogue_path(app: str) -> Path:
    return own_apps()[app] / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


def catalogue(app: str) -> Catalog:
    path = catalogue_path(app)
    if not path.exists():
        return Catalog(locale=LOCALE)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE, abort_invalid=True)


def messages_of(app: str) -> dict[Key, Message]:
    found: dict[Key, Message] = {}
    for folder in folders_of(app):
        for path in sorted(_sources(folder)):
            place = path.relative_to(settings.BASE_DIR).as_posix()
            for line, message in _extract(path):
                known = found.setdefault(message.key, message)
                known.plural = known.plural or message.plural
                known.places.append(f"{place}:{line}")
    return found


def missing(app: str) -> list[Message]:
    """Messages of the app that no catalogue translates."""
    known = {key for name in own_apps() for key in _translated(name)}
    return [message for key, message in messages_of(app).items() if key not in known]


def stale(app: str) -> list[Key]:
    """Entries of the app's catalogue that nothing in the app says any more."""
    used = messages_of(app)
    return [key for key in _entries(app) if key not in used]


def placeholders(text: str) -> list[str]:
    return sorted(found for found in PLACEHOLDER.findall(text) if found != "%%")


def _entries(app: str) -> dict[Key, Entry]:
    return {_key(entry): entry for entry in catalogue(app) if entry.id}


def _translated(app: str) -> set[Key]:
    return {key for key, message in _entries(app).items() if _complete(message)}


def _complete(message) -> bool:
    strings = message.string if isinstance(message.string, list | tuple) else [message.string]
    return not message.fuzzy and all(strings)


def _key(message) -> Key:
    msgid = message.id[0] if isinstance(message.id, list | tuple) else message.id
    return message.context, msgid


def _sources(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        speaks = path.suffix == ".py" or (path.suffix in TEMPLATES and "templates" in path.parts)
        if speaks and not WITHOUT_MESSAGES & set(path.relative_to(folder).parts):
            yield path


@lru_cache(maxsize=4096)
def _read(path: Path, _changed: int) -> tuple[tuple[int, Any, Any], ...]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # The result is Python-like text whose layout is the template's, which a tokenizer would take for indentation.
        source = "\n".join(
            line.strip() for line in templatize(source, origin=path.name).split("\n")
        )
    found = extract_python(io.BytesIO(source.encode()), KEYWORDS, [], {"encoding": "utf-8"})
    return tuple((line, function, args) for line, function, args, _comments in found)


def _extract(path: Path) -> Iterator[tuple[int, Message]]:
    for line, function, args in _read(path, path.stat().st_mtime_ns):
        spec = KEYWORDS[function] or (1,)
        given: list = list(args) if isinstance(args, tuple | list) else [args]
        context = None
        texts = []
        for part in spec:
            number = part[0] if isinstance(part, tuple) else part
            text = given[number - 1] if len(given) >= number else None
            if isinstance(part, tuple):
                context = text
            else:
                texts.append(text)
        if not texts[0]:
            continue  # gettext(variable): its texts are marked with gettext_noop where they are written
        yield line, Message(texts[0], context, texts[1] if len(texts) > 1 else None)


def stanza(message: Message) -> str:
    """The message as a .po entry that waits for its translation."""
    lines = [f"#: {' '.join(message.places)}"]
    if "%" in message.msgid and placeholders(message.msgid):
        lines.append("#, python-format")
    if message.context:
        lines.append(f"msgctxt {_quoted(message.context)}")
    lines.append(f"msgid {_quoted(message.msgid)}")
    if message.plural:
        lines += [f"msgid_plural {_quoted(message.plural)}", 'msgstr[0] ""']
    else:
        lines.append('msgstr ""')
    return "\n".join(lines)


def _quoted(text: str) -> str:
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    )
    return f'"{escaped}"'


def problems(app: str, names: Iterable[str]) -> list[str]:
    """Everything that is wrong with the app's catalogue, one sentence each."""
    elsewhere = {
        key: (name, message.string)
        for name in names
        if name != app
        for key, message in _entries(name).items()
    }
    found = [f"no translation: {message.msgid!r} ({message.places[0]})" for message in missing(app)]
    found += [f"nothing says any more: {key[1]!r}" for key in stale(app)]
    used = messages_of(app)
    for key, message in _entries(app).items():
        if message.fuzzy:
            found.append(f"fuzzy: {key[1]!r}")
        found += _differences(key, message, used.get(key))
        if key in elsewhere and elsewhere[key][1] != message.string:
            found.append(f"translated differently in {elsewhere[key][0]}: {key[1]!r}")
    if obsolete := len(catalogue(app).obsolete):
        found.append(f"{obsolete} entries are commented out")
    return found


def _differences(key: Key, message, used: Message | None) -> Iterator[str]:
    strings = message.string if isinstance(message.string, list | tuple) else [message.string]
    original = (used.plural if used else None) or key[1]
    for text in strings:
        if text and placeholders(text) != placeholders(original):
            yield f"other placeholders: {key[1]!r} / {text!r}"
        if text and HALF_WIDTH.search(text):
            yield f"half-width punctuation in Chinese: {text!r}"
