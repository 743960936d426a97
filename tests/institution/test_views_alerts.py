import pytest
from django.urls import reverse

from institution.models import Alert
from institution.selectors import attention
from tests.factories.institution import AlertFactory

LIST = "/nursery/alerts/"
HTMX = {"HX-Request": "true", "HX-Target": "div#sheet"}


@pytest.fixture
def alert(city) -> Alert:
    return AlertFactory(
        institution=city.a.institution,
        kind="ratio_breach",
        class_group=city.a.small,
        evidence={"present": 12, "carers": 2, "most": 5},
    )


@pytest.fixture
def director(city, signed_in):
    return signed_in(city.a.director)


def test_it_says_what_is_the_matter_in_both_languages(alert, director):
    page = director.get(LIST)
    assert "在园 12 名儿童，照护人员 2 名；规定每名照护人员最多照护 5 名。" in page.content.decode()

    director.cookies["language"] = "en"
    assert "12 children with 2 carers" in director.get(LIST).content.decode()


def test_evidence_without_the_usual_facts_leaves_the_sentence_out(city, director):
    AlertFactory(institution=city.a.institution, evidence={"other": 1})

    assert director.get(LIST).context["lines"][0].sentence == ""


def test_the_menu_asks_how_many_are_open(alert, director):
    AlertFactory(institution=alert.institution)

    page = director.get("/nursery/file/").content.decode()

    assert 'data-count="/nursery/alerts/count/" data-count-topic="alert"' in page
    assert director.get(f"{LIST}count/").json() == {"count": 2}


def test_taking_and_closing(alert, director):
    assert director.post(f"{LIST}{alert.pk}/take/").url == LIST
    sheet = director.get(f"{LIST}{alert.pk}/close/", headers=HTMX)
    typed = {"outcome": "resolved", "note": "从大班调来一位老师"}
    answer = director.post(f"{LIST}{alert.pk}/close/", typed, headers=HTMX)

    assert sheet.headers["HX-Retarget"] == "#sheet"
    assert answer.headers["HX-Redirect"] == LIST
    alert.refresh_from_db()
    assert (alert.state, alert.note) == ("closed", "从大班调来一位老师")
    assert "从大班调来一位老师" in director.get(f"{LIST}?tab=closed").content.decode()
    assert not director.get(LIST).context["lines"]


def test_what_somebody_else_took_is_said_and_not_taken_away(alert, city, director, signed_in):
    signed_in(city.a.carer).post(f"{LIST}{alert.pk}/take/")

    page = director.post(f"{LIST}{alert.pk}/take/", follow=True)

    assert "已有其他人在处理。" in page.content.decode()
    alert.refresh_from_db()
    assert alert.owner.user_id == city.a.carer.pk


def test_closing_without_an_outcome_keeps_what_was_typed(alert, director):
    answer = director.post(f"{LIST}{alert.pk}/close/", {"outcome": "", "note": "门口"})

    assert answer.status_code == 422
    assert "门口" in answer.content.decode()


def test_the_tabs_show_what_is_open_mine_and_closed(alert, city, director):
    mine = AlertFactory(institution=city.a.institution)
    director.post(f"{LIST}{mine.pk}/take/")
    gone = AlertFactory(institution=city.a.institution)
    director.post(f"{LIST}{gone.pk}/close/", {"outcome": "false_alarm"})

    def shown(tab: str) -> list[int]:
        return [line.alert.pk for line in director.get(LIST, {"tab": tab}).context["lines"]]

    assert [shown(tab) for tab in ("open", "mine", "closed", "nonsense")] == [
        [alert.pk, mine.pk],
        [mine.pk],
        [gone.pk],
        [alert.pk, mine.pk],
    ]


def test_a_carer_has_those_of_the_own_class_and_the_clerk_those_of_the_office(
    alert, city, signed_in
):
    office = AlertFactory(institution=city.a.institution)
    other = AlertFactory(institution=city.a.institution, kind="late_pickup", class_group=city.a.big)

    def seen(user) -> set[int]:
        return {line.alert.pk for line in signed_in(user).get(LIST).context["lines"]}

    assert seen(city.a.carer) == {alert.pk}
    assert seen(city.a.clerk) == {office.pk}
    assert seen(city.a.director) == {alert.pk, office.pk, other.pk}


@pytest.mark.parametrize("path", [LIST, "/nursery/today/", "/api/v1/alerts/"])
def test_the_number_of_queries_does_not_grow(
    path, city, director, django_assert_max_num_queries, django_assert_num_queries
):
    def add():
        AlertFactory(
            institution=city.a.institution,
            kind="late_pickup",
            class_group=city.a.small,
            child=city.a.children[0],
            evidence={"minutes": 20},
        )

    add()
    director.get(path)
    with django_assert_max_num_queries(40) as first:
        director.get(path)
    count = len(first)
    for _each in range(2):
        add()
    with django_assert_num_queries(count):
        director.get(path)


class TestWhatNeedsYouNow:
    def test_the_first_page_says_what_waits(self, alert, director):
        (item,) = director.get("/nursery/today/").context["attention"]

        assert (item.title, item.sentence) == ("未关闭的预警", "1 条尚无人受理")
        assert (item.count, item.urgent, reverse(item.url_name)) == (1, True, LIST)

    def test_and_when_nothing_does(self, director):
        assert "没有待办事项。" in director.get("/nursery/today/").content.decode()

    def test_another_room_can_add_to_it(self, alert, city, director, monkeypatch):
        monkeypatch.setattr(attention, "_sources", list(attention._sources))
        late = attention.Item(
            code="late",
            title="t",
            sentence="s",
            url_name="nursery:file",
            icon="clock",
            count=3,
        )
        attention.contribute(lambda actor: late)

        found = attention.what_needs(city.actor(city.a.director))

        assert [item.code for item in found] == ["alerts", "late"]


class TestProgram:
    def test_it_lists_takes_and_closes(self, alert, director):
        (row,) = director.get("/api/v1/alerts/", {"state": "open"}).json()["results"]
        assert row["evidence"] == {"present": 12, "carers": 2, "most": 5}

        taken = director.post(f"/api/v1/alerts/{alert.pk}/take/").json()
        assert taken["state"] == "taken"

        refused = director.post(
            f"/api/v1/alerts/{alert.pk}/close/", {"outcome": "ended"}, "application/json"
        )
        assert refused.status_code == 400
        closed = director.post(
            f"/api/v1/alerts/{alert.pk}/close/",
            {"outcome": "referred", "note": "已转街道"},
            "application/json",
        ).json()
        assert (closed["outcome"], closed["note"]) == ("referred", "已转街道")
