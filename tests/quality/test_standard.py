import json

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.db.models import Sum

from quality.enums import Level
from quality.models import Standard, StandardItem
from quality.services.standard import WST821, load_standard


def test_dimensions_sum_to_the_total(standard):
    points = standard.items.filter(level=Level.DIMENSION).aggregate(sum=Sum("points"))["sum"]

    assert (standard.total, points) == (1000, 1000)
    assert standard.items.indicators().count() == 27


def test_what_the_source_does_not_give_stays_unknown(standard):
    indicators = standard.items.indicators()

    assert not indicators.exclude(points=None).exists()
    assert not indicators.exclude(is_basic=None).exists()
    assert standard.items.get(key="5.1").title == ""
    assert not indicators.filter(source="").exists()


def test_loading_twice_changes_nothing(standard):
    before = list(StandardItem.objects.order_by("pk").values())

    call_command("load_standard")

    assert list(StandardItem.objects.order_by("pk").values()) == before
    assert Standard.objects.count() == 1


def test_loading_again_keeps_what_an_administrator_entered(standard, item):
    StandardItem.objects.filter(pk=item.pk).update(points=10, is_basic=True)

    load_standard()

    item.refresh_from_db()
    assert (item.points, item.is_basic) == (10, True)


def test_new_item_may_stand_in_the_middle(standard, tmp_path):
    told = json.loads(WST821.read_text(encoding="utf-8"))
    told["items"].insert(1, told["items"][2] | {"key": "4.0", "clause": "4.0", "parent": "4"})
    path = tmp_path / "standard.json"
    path.write_text(json.dumps(told), encoding="utf-8")

    load_standard(path=path)

    keys = list(standard.items.order_by("position").values_list("key", flat=True))
    assert keys[:3] == ["4", "4.0", "4.1"]


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"level": "dimension", "parent": True}, "quality_standarditem_parent"),
        ({"level": "indicator", "parent": False, "title": "x"}, "quality_standarditem_parent"),
        ({"level": "indicator", "parent": True, "title": ""}, "quality_standarditem_text"),
    ],
)
def test_database_refuses_a_crooked_tree(standard, item, values, constraint):
    values["parent"] = item.parent if values["parent"] else None

    with pytest.raises(IntegrityError, match=constraint):
        StandardItem.objects.create(standard=standard, key="x", position=999, **values)


def test_page_says_what_is_not_given(city, standard, signed_in):
    page = signed_in(city.assessor).get("/quality/").content.decode()

    assert "来源未给出分值" in page
    assert "等级分数线" in page
    assert "来源未给出名称" in page
    assert "托育机构质量评估标准" in page


def test_page_in_english_says_the_clauses_in_english(city, standard, signed_in):
    browser = signed_in(city.assessor)
    browser.cookies["language"] = "en"

    page = browser.get("/quality/").content.decode()

    assert "Holds proof of a passed fire-safety inspection" in page
    assert "points not given in the source" in page


def test_page_without_a_standard(city, signed_in):
    assert "目前没有施行中的标准" in signed_in(city.assessor).get("/quality/").content.decode()
