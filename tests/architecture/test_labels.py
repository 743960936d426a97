"""Every choice has a name in both languages."""

import importlib
import pkgutil

import pytest
from django.db.models import Choices
from django.utils import translation

from core import i18n


def own_choices() -> list[type[Choices]]:
    for app in i18n.own_apps():
        package = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if (
                module.name.rpartition(".")[2] in ("enums", "permissions")
                or ".models" in module.name
            ):
                importlib.import_module(module.name)
    return sorted(_ours(Choices), key=lambda each: (each.__module__, each.__name__))


def _ours(base: type):
    for each in base.__subclasses__():
        if each.__module__.partition(".")[0] in i18n.own_apps() and len(each):
            yield each
        yield from _ours(each)


def test_choices_were_found():
    assert {each.__name__ for each in own_choices()} >= {"Role", "ClassType", "JobState", "Level"}


@pytest.mark.parametrize("choices", own_choices(), ids=lambda each: each.__qualname__)
def test_every_choice_has_a_chinese_and_an_english_name(choices):
    nameless = []
    for member in choices:
        with translation.override("zh-hans"):
            chinese = str(member.label)
        with translation.override("en"):
            english = str(member.label)
        if not english.strip() or english.isdigit() or chinese == english or chinese.isascii():
            nameless.append((member.name, english, chinese))

    assert nameless == []
