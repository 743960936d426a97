import os
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from django.core.management import CommandError, call_command
from django.utils import translation

from core import i18n

PYTHON = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext

TITLE = gettext_lazy("Lunch")
JOINED = _("one " "sentence")
COUNT = ngettext("%(n)d child", "%(n)d children", 3) % {"n": 3}
MAY = pgettext("month", "May")
ASKED = _(TITLE)
NOT_OURS = print("Supper")
"""
TEMPLATE = """
{% load i18n %}
{# {% translate "In a comment" %} #}
    <p title="{% translate 'Nap' %}">it's {{ a|default:_("nothing") }}</p>
  {% component "card" title=_("Today") %}
{% translate "May" context "verb" %}
{% blocktranslate with name=child.name trimmed %}
  Hello,
  {{ name }}
{% endblocktranslate %}
{% blocktranslate count n=children|length %}{{ n }} nap{% plural %}{{ n }} naps{% endblocktranslate %}
"""
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n'


@pytest.fixture
def house(settings, tmp_path, monkeypatch) -> Path:
    """Two apps: `shop` says things, `yard` says nothing yet."""
    settings.BASE_DIR = tmp_path
    for app in ("shop", "yard"):
        (tmp_path / app).mkdir()
    monkeypatch.setattr(
        i18n, "own_apps", lambda: {"shop": tmp_path / "shop", "yard": tmp_path / "yard"}
    )
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def say(house: Path, text: str, app: str = "shop") -> None:
    write(
        house / app / "views.py", f"from django.utils.translation import gettext as _\n\n{text}\n"
    )


def catalogue(house: Path, *entries: str, app: str = "shop") -> Path:
    path = house / app / "locale/zh_Hans/LC_MESSAGES/django.po"
    return write(path, HEADER + "".join(f"\n{entry}\n" for entry in entries))


def problems(app: str = "shop") -> list[str]:
    return i18n.problems(app, ["shop", "yard"])


def test_messages_of_python_are_found(house):
    write(house / "shop/a.py", PYTHON)

    found = i18n.messages_of("shop")

    assert set(found) == {
        (None, "Lunch"),
        (None, "one sentence"),
        (None, "%(n)d child"),
        ("month", "May"),
    }
    assert found[None, "%(n)d child"].plural == "%(n)d children"
    assert found[None, "Lunch"].places == ["shop/a.py:4"]


def test_messages_of_templates_are_found(house):
    write(house / "shop/templates/shop/a.html", TEMPLATE)

    found = i18n.messages_of("shop")

    assert set(found) == {
        (None, "Nap"),
        (None, "nothing"),
        (None, "Today"),
        ("verb", "May"),
        (None, "Hello, %(name)s"),
        (None, "%(n)s nap"),
    }
    assert found[None, "%(n)s nap"].plural == "%(n)s naps"


def test_migrations_and_static_files_say_nothing(house):
    for folder in ("migrations", "static/shop"):
        write(house / "shop" / folder / "a.py", '_("Hidden")')
    write(house / "shop/other/a.html", '{% translate "Hidden" %}')

    assert i18n.messages_of("shop") == {}


def test_complete_catalogue_has_no_problems(house):
    write(house / "shop/a.py", PYTHON)
    catalogue(
        house,
        'msgid "Lunch"\nmsgstr "午餐"',
        'msgid "one sentence"\nmsgstr "一句话"',
        'msgid "%(n)d child"\nmsgid_plural "%(n)d children"\nmsgstr[0] "%(n)d 名婴幼儿"',
        'msgctxt "month"\nmsgid "May"\nmsgstr "5月"',
    )

    assert problems() == []


def test_message_without_an_entry_is_missing(house):
    say(house, '_("Lunch")')

    assert problems() == ["no translation: 'Lunch' (shop/views.py:3)"]


@pytest.mark.parametrize(
    "entry",
    ['msgid "Lunch"\nmsgstr ""', '#, fuzzy\nmsgid "Lunch"\nmsgstr "晚餐"'],
)
def test_empty_or_fuzzy_entry_translates_nothing(house, entry):
    say(house, '_("Lunch")')
    catalogue(house, entry)

    assert "no translation: 'Lunch' (shop/views.py:3)" in problems()


def test_entry_of_another_app_counts(house):
    say(house, '_("Lunch")')
    say(house, '_("Lunch")', app="yard")
    catalogue(house, 'msgid "Lunch"\nmsgstr "午餐"', app="yard")

    assert problems() == []


def test_same_context_is_needed(house):
    say(house, 'pgettext("meal", "Lunch")')
    catalogue(house, 'msgid "Lunch"\nmsgstr "午餐"')

    assert problems() == [
        "no translation: 'Lunch' (shop/views.py:3)",
        "nothing says any more: 'Lunch'",
    ]


def test_entry_nobody_says_is_stale(house):
    say(house, '_("Lunch")', app="yard")
    catalogue(house, 'msgid "Lunch"\nmsgstr "午餐"')

    assert problems() == ["nothing says any more: 'Lunch'"]


@pytest.mark.parametrize(
    ("msgid", "msgstr"),
    [
        ("%(n)s children", "儿童"),
        ("%(n)s children", "%(m)s 名儿童"),
        ("%(n)s children", "%(n)d 名儿童"),
        ("{n} children", "{m} 名儿童"),
        ("children", "%s 名儿童"),
    ],
)
def test_other_placeholders_are_found(house, msgid, msgstr):
    say(house, f'_("{msgid}")')
    catalogue(house, f'msgid "{msgid}"\nmsgstr "{msgstr}"')

    assert problems() == [f"other placeholders: {msgid!r} / {msgstr!r}"]


@pytest.mark.parametrize(
    ("msgid", "msgstr"),
    [
        ("%(a)s of %(b)s", "%(b)s 中的 %(a)s"),
        ("100%% of %(b)s", "%(b)s 的全部"),
        ("Half {a}", "{a} 一半"),
    ],
)
def test_placeholders_may_change_places(house, msgid, msgstr):
    say(house, f'_("{msgid}")')
    catalogue(house, f'msgid "{msgid}"\nmsgstr "{msgstr}"')

    assert problems() == []


def test_two_translations_of_one_message_are_found(house):
    for app, text in (("shop", "午餐"), ("yard", "中饭")):
        say(house, '_("Lunch")', app=app)
        catalogue(house, f'msgid "Lunch"\nmsgstr "{text}"', app=app)

    assert problems() == ["translated differently in yard: 'Lunch'"]


@pytest.mark.parametrize("text", ["好,谢谢", "乡镇(街道)", "名称:a"])
def test_half_width_punctuation_is_found(house, text):
    say(house, '_("Lunch")')
    catalogue(house, f'msgid "Lunch"\nmsgstr "{text}"')

    assert problems() == [f"half-width punctuation in Chinese: {text!r}"]


def test_entries_commented_out_are_found(house):
    catalogue(house, '#~ msgid "Old"\n#~ msgstr "旧"')

    assert problems() == ["1 entries are commented out"]


def test_missing_prints_entries_that_can_be_filled_in(house, capsys):
    write(house / "shop/a.py", PYTHON)
    say(house, """_('say "hi"\\n')""")

    call_command("catalogue", "shop", "--missing")

    printed = capsys.readouterr().out
    path = catalogue(house)
    path.write_text(path.read_text() + printed, encoding="utf-8")
    entries = {message.id for message in i18n.catalogue("shop") if message.id}
    assert entries == {
        "Lunch",
        "one sentence",
        ("%(n)d child", "%(n)d children"),
        "May",
        'say "hi"\n',
    }
    assert "#, python-format" in printed
    assert "#: shop/a.py:4" in printed


def test_sort_orders_the_entries_and_keeps_them(house):
    path = catalogue(house, 'msgid "Zebra"\nmsgstr "斑马"', 'msgid "Ant"\nmsgstr "蚂蚁"')

    call_command("catalogue", "shop", "--sort")

    text = path.read_text(encoding="utf-8")
    assert text.index('msgid "Ant"\nmsgstr "蚂蚁"') < text.index('msgid "Zebra"\nmsgstr "斑马"')


def test_catalogue_of_an_unknown_app_is_refused(house):
    with pytest.raises(CommandError, match="No such app: kiosk"):
        call_command("catalogue", "kiosk")


def test_compile_writes_what_changed_and_only_that(house, capsys):
    source = catalogue(house, 'msgid "Lunch"\nmsgstr "午餐"')
    target = source.with_suffix(".mo")

    call_command("compile_catalogues", verbosity=2)
    first = capsys.readouterr().out
    call_command("compile_catalogues", verbosity=2)
    second = capsys.readouterr().out
    os.utime(source, (target.stat().st_mtime + 5,) * 2)
    call_command("compile_catalogues", verbosity=2)
    third = capsys.readouterr().out

    assert (first.strip(), second, third) == (str(source), "", first)
    with target.open("rb") as file:
        assert read_mo(file).get("Lunch").string == "午餐"
    assert [path.suffix for path in sorted(source.parent.iterdir())] == [".mo", ".po"]


def test_messages_are_chinese_by_default_and_english_on_request(settings):
    message = "Enter a mobile number of 11 digits, such as 138 0537 1234."

    with translation.override(settings.LANGUAGE_CODE):
        chinese = translation.gettext(message)
    with translation.override("en"):
        english = translation.gettext(message)

    assert (chinese, english) == ("请输入 11 位手机号码，例如 138 0537 1234。", message)
