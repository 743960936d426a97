import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation
from lucide import IconDoesNotExist

from core import display, drawing

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = dt.date(2026, 11, 23)
AFTERNOON = dt.datetime(2026, 11, 23, 14, 32, 8, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def on_monday():
    with time_machine.travel(AFTERNOON, tick=False):
        yield


@pytest.fixture(params=["zh-hans", "en"])
def language(request):
    with translation.override(request.param):
        yield request.param


def render(source: str, **context) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("show", "value", "chinese", "english"),
    [
        (display.day, MONDAY, "11月23日 周一", "Mon 23 Nov"),
        (display.day, dt.date(2025, 3, 2), "2025年3月2日 周日", "Sun 2 Mar 2025"),
        (display.full_day, MONDAY, "2026年11月23日 周一", "Mon 23 Nov 2026"),
        (display.short_day, MONDAY, "11月23日", "23 Nov"),
        (display.month, MONDAY, "2026年11月", "Nov 2026"),
        (display.months_old, 22, "1岁10个月", "1 y 10 m"),
        (display.months_old, 24, "2岁", "2 years"),
        (display.months_old, 12, "1岁", "1 year"),
        (display.months_old, 5, "5个月", "5 months"),
        (display.months_old, 0, "0个月", "0 months"),
        (display.duration, 84, "1小时24分", "1 h 24 min"),
        (display.duration, dt.timedelta(hours=2), "2小时", "2 h"),
        (display.duration, 0, "0分钟", "0 min"),
        (display.money, Decimal(1480), "1,480 元", "¥1,480"),
        (display.money, Decimal("1480.5"), "1,480.50 元", "¥1,480.50"),
        (display.money_monthly, 980, "980 元/月", "¥980 a month"),
        (display.ago, AFTERNOON - dt.timedelta(seconds=40), "刚刚", "just now"),
        (display.ago, AFTERNOON - dt.timedelta(minutes=1), "1 分钟前", "1 minute ago"),
        (display.ago, AFTERNOON - dt.timedelta(hours=3), "3 小时前", "3 hours ago"),
        (display.ago, AFTERNOON - dt.timedelta(days=2), "11月21日 14:32", "21 Nov 14:32"),
    ],
)
def test_display_in_both_languages(show, value, chinese, english, language):
    assert show(value) == (chinese if language == "zh-hans" else english)


@pytest.mark.parametrize(
    "show",
    [
        display.number,
        display.percent,
        display.money,
        display.money_monthly,
        display.day,
        display.short_day,
        display.full_day,
        display.month,
        display.clock,
        display.clock_seconds,
        display.moment,
        display.duration,
    ],
)
def test_nothing_is_a_dash(show):
    assert show(None) == "–"


def test_clock_is_the_citys_clock():
    moment = dt.datetime(2026, 11, 23, 0, 5, 9, tzinfo=dt.UTC)

    assert display.clock(moment) == "08:05"
    assert display.clock_seconds(moment) == "08:05:09"


def test_day_of_a_moment_is_the_citys_day():
    late = dt.datetime(2026, 11, 22, 17, 0, tzinfo=dt.UTC)

    with translation.override("en"):
        assert display.day(late) == "Mon 23 Nov"


def test_moment_leaves_out_today():
    with translation.override("en"):
        assert display.moment(AFTERNOON) == "14:32"
        assert display.moment(AFTERNOON - dt.timedelta(days=1)) == "22 Nov 14:32"
        assert display.moment(AFTERNOON.replace(year=2025)) == "Sun 23 Nov 2025 14:32"


def test_age_counts_completed_months():
    born = dt.date(2025, 1, 24)

    with translation.override("en"):
        assert display.age(born) == "1 y 9 m"
        assert display.age(born, dt.date(2026, 11, 24)) == "1 y 10 m"


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "1 kB"), (2048, "2 kB"), (5 * 1024 * 1024, "5.0 MB")]
)
def test_file_size(size, shown):
    assert display.file_size(size) == shown


def test_figures():
    assert display.number(31482) == "31,482"
    assert display.number(92.64, 1) == "92.6"
    assert display.percent(92.64) == "92.6%"
    assert display.percent(5, 0) == "5%"


def test_time_tag_carries_the_machines_time():
    html = render('{% time at "clock" %}', at=AFTERNOON)

    assert html == '<time datetime="2026-11-23T14:32:08+08:00">14:32</time>'
    assert render("{% time at %}", at=None) == "–"


def test_icon_is_inline_and_hidden_from_readers():
    html = render('{% icon "bell" 16 %}')

    assert html.startswith("<svg")
    assert 'width="16"' in html
    assert 'aria-hidden="true"' in html


def test_unknown_icon_fails():
    with pytest.raises(IconDoesNotExist):
        render('{% icon "no-such-icon" %}')


def test_face_is_the_same_for_the_same_name_and_shows_no_name():
    assert drawing.face("马小满", 48) == drawing.face("马小满", 48)
    assert drawing.face("马小满", 48) != drawing.face("王若溪", 48)
    assert "马" not in drawing.face("马小满", 48)


@pytest.mark.parametrize(
    ("value", "width"), [(140, "100%"), (-5, "0%"), (33.5, "33.5%"), (None, "0%")]
)
def test_bar_stays_within_its_track(value, width):
    assert f'class="bar-fill" width="{width}"' in drawing.bar(value, "use", "")


def test_bar_escapes_its_label():
    assert "<b>" not in drawing.bar(5, "<b>", "")


def test_spark_needs_two_values_and_survives_equal_ones():
    assert drawing.spark([], 46, 26) == ""
    assert drawing.spark([3], 46, 26) == ""
    assert "NaN" not in drawing.spark([3, 3, 3], 46, 26)


def test_ring_is_drawn_as_far_as_its_value():
    done, around = map(
        float,
        re.search(r'stroke-dasharray="([\d.]+) ([\d.]+)"', drawing.ring(50, 44, 5, "")).groups(),
    )

    assert done == pytest.approx(around / 2, abs=0.1)


def test_component_sees_its_props_and_nothing_else():
    html = render(
        '{% component "card" title="A" %}{{ secret }}{% endcomponent %}{% ui "tag" text="B" %}',
        secret="mine",
    )

    assert "<h2>A</h2>" in html
    assert "mine" in html
    assert "None" not in html


def test_component_escapes_props_and_keeps_markup_of_its_body():
    html = render('{% component "card" title=title %}<i>x</i>{% endcomponent %}', title="<b>")

    assert "&lt;b&gt;" in html
    assert "<i>x</i>" in html


def test_slots_of_nested_components_stay_apart():
    html = render(
        '{% component "card" title="out" %}'
        "{% slot actions %}OUT{% endslot %}"
        '{% component "card" title="in" %}{% slot actions %}IN{% endslot %}body{% endcomponent %}'
        "{% endcomponent %}"
    )

    assert re.search(r"<h2>out</h2>.*?OUT.*?<h2>in</h2>.*?IN.*?body", html, re.DOTALL)
    assert html.count("OUT") == html.count("IN") == 1


@pytest.mark.parametrize(
    "source",
    [
        '{% ui "tag" %}',
        '{% ui "tag" text="A" colour="red" %}',
        '{% component "card" %}{% slot nowhere %}x{% endslot %}{% endcomponent %}',
    ],
)
def test_component_refuses_missing_and_unknown_props(source):
    with pytest.raises(TemplateSyntaxError, match=r"ui/\w+\.html: missing or unknown"):
        render(source)


def test_component_refuses_positional_props():
    with pytest.raises(TemplateSyntaxError, match="name=value"):
        render('{% ui "tag" "text" %}')


def test_every_component_declares_its_props():
    folder = Path(settings.BASE_DIR) / "core/templates/ui"

    for path in folder.glob("*.html"):
        head, second, *_rest = path.read_text().splitlines()
        assert re.fullmatch(r"\{# .+ #\}", head), path.name
        assert second.startswith("{# props:"), path.name


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1, [1, 2, 0, 91]),
        (3, [1, 2, 3, 4, 0, 91]),
        (4, [1, 2, 3, 4, 5, 0, 91]),
        (50, [1, 0, 49, 50, 51, 0, 91]),
        (91, [1, 0, 90, 91]),
    ],
)
def test_page_numbers(number, shown):
    page = Paginator(range(910), 10).page(number)

    html = render("{% page_numbers page as numbers %}{{ numbers|join:' ' }}", page=page)
    assert html == " ".join(map(str, shown))


def test_pager_keeps_the_filters():
    html = render(
        '{% ui "pager" page=page query=query %}',
        page=Paginator(range(40), 10).page(2),
        query=QueryDict("state=open&page=2"),
    )

    assert 'href="?state=open&amp;page=3"' in html
    assert 'href="?state=open&amp;page=1"' in html
    assert 'aria-current="page" class="num">2</a>' in html


def test_pager_of_one_page_has_no_links():
    html = render('{% ui "pager" page=page %}', page=Paginator(range(4), 10).page(1))

    assert "<a " not in html


def test_sorting_twice_turns_the_order():
    source = '{% ui "th" label="N" key="name" sort=sort query=query %}'

    assert "?sort=-name" in render(source, sort="name", query=QueryDict())
    assert 'aria-sort="ascending"' in render(source, sort="name", query=QueryDict())
    assert "?sort=name" in render(source, sort="-name", query=QueryDict())
    assert 'aria-sort="descending"' in render(source, sort="-name", query=QueryDict())


def test_words_reach_the_browser_in_the_pages_language():
    with translation.override("zh-hans"):
        html = render("{% words %}")

    assert '<script id="words" type="application/json">' in html
    assert r"\u64a4\u9500" in html  # 撤销


def test_error_page_of_a_broken_server_needs_no_request():
    with translation.override("zh-hans"):
        html = Template('{% include "500.html" %}').render(Context())

    assert "系统出了点问题" in html


@pytest.mark.parametrize("name", ["400", "403", "404", "429", "500", "503", "offline"])
def test_error_pages_have_one_sentence_and_one_action(name, language):
    request = RequestFactory().get("/")

    html = Template(f'{{% include "{name}.html" %}}').render(RequestContext(request))
    main = html.partition("<main")[2].partition("</main>")[0]
    assert main.count("<h1>") == 1
    assert main.count("<a ") == 1


def test_templates_of_the_shell_are_clean_for_the_policy():
    for path in (Path(settings.BASE_DIR) / "core/templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=", text), path.name
        assert not re.search(r"\son\w+=", text), path.name
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path.name
