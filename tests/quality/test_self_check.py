import pytest
from django.urls import reverse

from core.errors import NotThere, Refused
from core.models import AuditEvent
from quality.enums import Answer
from quality.models import SelfCheck, StandardItem
from quality.services.self_check import answer_item
from tests.factories.quality import SelfCheckFactory

PAGE = reverse("quality:standard")
HTMX = {"HX-Request": "true", "HX-Target": "div#tree"}


def url(item) -> str:
    return reverse("quality:self-check-answer", args=[item.pk])


@pytest.fixture
def browser(city, signed_in):
    return signed_in(city.a.director)


def test_answer_is_stored_and_audited(city, item):
    check = answer_item(actor=city.actor(city.a.director), item=item, answer=Answer.MET)

    assert (check.institution, check.answered_by) == (city.a.institution, city.a.director)
    event = AuditEvent.objects.get(action="quality.self_check.answer")
    assert event.data == {"item": "4.1.4", "answer": "met", "before": ""}


def test_answering_again_replaces_and_the_audit_tells_before(city, item):
    actor = city.actor(city.a.director)
    answer_item(actor=actor, item=item, answer=Answer.MET)

    answer_item(actor=actor, item=item, answer=Answer.NOT_MET, note="过期")

    assert SelfCheck.objects.get().note == "过期"
    assert AuditEvent.objects.order_by("-pk")[0].data["before"] == "met"


def test_not_met_needs_a_note(city, item):
    with pytest.raises(Refused, check=lambda refusal: refusal.code == "note_needed"):
        answer_item(actor=city.actor(city.a.director), item=item, answer=Answer.NOT_MET)


def test_dimension_cannot_be_answered(city, item):
    with pytest.raises(Refused, check=lambda refusal: refusal.code == "not_an_indicator"):
        answer_item(actor=city.actor(city.a.director), item=item.parent, answer=Answer.MET)


def test_nobody_answers_without_a_nursery(city, item):
    with pytest.raises(NotThere):
        answer_item(actor=city.actor(city.assessor), item=item, answer=Answer.MET)


def test_director_answers_on_the_page_and_sees_progress(city, item, browser):
    response = browser.post(url(item), {"answer": "met"}, headers=HTMX)

    page = response.content.decode()
    assert page.lstrip().startswith('<div class="qu-tree" id="tree">')
    assert 'value="met" aria-pressed="true"' in page
    assert browser.get(PAGE).context["own"].answered == 1


def test_form_without_note_keeps_the_answer_and_says_why(item, browser):
    response = browser.post(url(item), {"answer": "not_met"}, headers=HTMX)

    assert response.status_code == 422
    assert response.headers["HX-Retarget"] == "#sheet"
    assert "请说明缺少什么。" in response.content.decode()
    assert not SelfCheck.objects.exists()


@pytest.mark.parametrize("answer", ["", "maybe"])
def test_unknown_answer(item, browser, answer):
    assert browser.post(url(item), {"answer": answer}).status_code == 422


def test_only_indicators_have_a_form(item, browser):
    assert browser.get(url(item)).status_code == 200
    assert browser.get(url(item.parent)).status_code == 404


def test_own_page_does_not_show_anothers_answers(city, item, browser):
    SelfCheckFactory(institution=city.b.institution, item=item, answer="not_met", note="别家的备注")

    response = browser.get(PAGE)

    assert response.context["own"].answered == 0
    assert "别家的备注" not in response.content.decode()


def test_region_counts_begun_finished_and_gaps(city, standard, item, signed_in):
    for indicator in standard.items.indicators():
        SelfCheckFactory(institution=city.a.institution, item=indicator)
    SelfCheckFactory(institution=city.b.institution, item=item, answer="not_met", note="别家的备注")

    response = signed_in(city.regulator).get(PAGE)
    county = signed_in(city.county_regulator).get(PAGE).context["region"]

    region = response.context["region"]
    assert (region.institutions, region.started, region.finished, region.with_gaps) == (2, 2, 1, 1)
    assert (county.institutions, county.started, county.with_gaps) == (1, 1, 0)
    assert "符合 1 家" in response.content.decode()
    assert "别家的备注" not in response.content.decode()


def test_who_may_only_read(city, item, signed_in):
    for user in (city.assessor, city.regulator):
        assert signed_in(user).post(url(item), {"answer": "met"}).status_code == 403
    assert signed_in(city.a.carer).get(PAGE).status_code == 403


def test_api_reads_the_tree_and_records(city, item, browser):
    items = browser.get("/api/v1/quality/items/", {"level": "indicator"}).json()["results"]
    created = browser.post(
        "/api/v1/quality/self-checks/",
        {"item": item.pk, "answer": "not_applicable"},
        content_type="application/json",
    )
    SelfCheckFactory(institution=city.b.institution, item=item)
    own = browser.get("/api/v1/quality/self-checks/").json()["results"]

    assert len(items) == 27
    assert {row["points"] for row in items} == {None}
    assert created.status_code == 201
    assert [row["institution"] for row in own] == [city.a.institution.pk]


def test_api_refuses_with_a_code(city, item, browser):
    body = {"item": item.pk, "answer": "not_met"}

    response = browser.post("/api/v1/quality/self-checks/", body, content_type="application/json")

    assert (response.status_code, response.json()["code"]) == (409, "note_needed")


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("who", "queries"), [("director", 6), ("regulator", 8)])
def test_queries(city, standard, signed_in, django_assert_num_queries, count, who, queries):
    for item in StandardItem.objects.indicators().order_by("position")[:count]:
        SelfCheckFactory(institution=city.a.institution, item=item)
    browser = signed_in(city.a.director if who == "director" else city.regulator)

    with django_assert_num_queries(queries):
        browser.get(PAGE)
