import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from core.calendar import now, today
from core.crypto import keyring
from core.models import AuditEvent
from health.models import HealthRule, Measurement, MorningCheck
from institution.enums import AbsenceReason
from tests.factories.city import City
from tests.factories.health import MeasurementFactory, MorningCheckFactory
from tests.factories.institution import AttendanceFactory, EnrolmentFactory

TODAY = reverse("health:today")
FEVER = {"temperature": "38.2", "action": "admitted", "findings": ["cough"], "note": "已打电话"}
HTMX = {"HX-Request": "true", "HX-Target": "div#day"}


def check_url(child) -> str:
    return reverse("health:check-record", args=[child.pk])


def measure_url(child) -> str:
    return reverse("health:measurement-record", args=[child.pk])


@pytest.fixture
def browser(city, signed_in):
    return signed_in(city.a.health_worker)


def test_day_counts_checked_waiting_absent_and_found(city, browser):
    first, second, third = city.a.children
    MorningCheckFactory(class_group=city.a.small, child=first, fever=True)
    MorningCheckFactory(class_group=city.a.small, child=second)
    AttendanceFactory(
        class_group=city.a.small, child=third, arrived_at=None, absence=AbsenceReason.ILL
    )

    day = browser.get(TODAY).context["day"]

    assert (len(day.checked), day.expected, len(day.waiting), len(day.absent)) == (2, 3, 1, 1)
    assert [row.child for row in day.found] == [first]
    assert (day.fevers, day.sent_home, day.percent) == (1, 1, 66)


def test_checks_of_yesterday_and_replaced_ones_do_not_count(city, browser):
    child = city.a.children[0]
    MorningCheckFactory(class_group=city.a.small, child=child, day=today() - dt.timedelta(days=1))
    MorningCheckFactory(class_group=city.a.small, child=child, replaced_at=now())

    assert browser.get(TODAY).context["day"].checked == []


def test_findings_come_first_with_what_was_done(city, browser):
    MorningCheckFactory(class_group=city.a.small, child=city.a.children[0], fever=True)

    page = browser.get(TODAY).content.decode()

    assert page.index("今日晨检异常") < page.index('class="he-classes"')
    assert "劝返离园" in page
    assert "38.4" in page


def test_class_narrows_the_page(city, browser):
    day = browser.get(TODAY, {"class": city.a.big.pk}).context["day"]

    assert [row.child for row in day.children] == [city.a.big_child]


@pytest.mark.parametrize(
    "query", ["class=x", "class=99999999999999999999", "show=?", "nursery=abc", "class=²"]
)
def test_nonsense_in_the_address_shows_the_whole_day(city, browser, query):
    response = browser.get(f"{TODAY}?{query}")

    assert response.status_code == 200
    assert len(response.context["day"].children) == 4


def test_reading_the_page_is_audited_with_the_children_shown(city, browser):
    child = city.a.children[1]
    MeasurementFactory(institution=city.a.institution, child=child)

    browser.get(TODAY)

    event = AuditEvent.objects.get(action="child.viewed")
    assert event.child_ids == [child.pk]
    assert event.institution_id == city.a.institution.pk
    assert event.region_path == city.counties[0].path


def test_one_tap_records_a_normal_check(city, browser):
    child = city.a.children[0]

    response = browser.post(check_url(child), {"temperature": "36.5", "action": "admitted"})

    assert response.status_code == 302
    assert response.url == TODAY
    row = MorningCheck.objects.get()
    assert (row.child, row.temperature, row.findings) == (child, Decimal("36.5"), [])


def test_htmx_answers_with_the_day(city, browser):
    response = browser.post(
        check_url(city.a.children[0]) + f"?class={city.a.small.pk}",
        {"temperature": "36.5", "action": "admitted"},
        headers=HTMX,
    )

    page = response.content.decode()
    assert page.lstrip().startswith('<div class="he-day" id="day">')
    assert page.count('<li class="he-tile') == 3
    assert "晨检已登记" in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_refused_form_keeps_what_was_typed(city, browser, headers):
    response = browser.post(check_url(city.a.children[0]), FEVER, headers=headers)

    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="38.2"' in page
    assert 'value="已打电话"' in page
    assert 'value="cough"' in page
    assert "37.3 °C 及以上为发热，请选择留园观察或劝返离园。" in page
    assert not MorningCheck.objects.exists()
    assert response.headers.get("HX-Retarget") == ("#sheet" if headers else None)


@pytest.mark.parametrize("temperature", ["", "warm", "1e5", "NaN"])
def test_temperature_that_is_no_number(city, browser, temperature):
    response = browser.post(check_url(city.a.children[0]), FEVER | {"temperature": temperature})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"temperature"}


def test_check_that_somebody_else_made_meanwhile(city, browser):
    MorningCheckFactory(class_group=city.a.small, child=city.a.children[0])

    response = browser.post(
        check_url(city.a.children[0]), {"temperature": "36.5", "action": "admitted"}, headers=HTMX
    )

    assert response.status_code == 422
    assert "该幼儿当天已有晨检记录" in response.content.decode()


def test_correction_shows_the_entry_and_takes_its_place(city, browser):
    old = MorningCheckFactory(class_group=city.a.small, child=city.a.children[0], fever=True)
    url = check_url(city.a.children[0])

    page = browser.get(url).content.decode()
    browser.post(url, {"temperature": "36.8", "action": "admitted", "replaces": old.pk})

    assert 'value="38.4"' in page
    assert f'name="replaces" value="{old.pk}"' in page
    assert MorningCheck.objects.current().get().temperature == Decimal("36.8")


def test_measurement_is_saved_and_shown(city, browser):
    url = measure_url(city.a.children[0])

    browser.post(
        url, {"measured_on": today().isoformat(), "weight_kg": "11.35", "measure": "lying"}
    )
    page = browser.get(TODAY, {"show": "measured"}).content.decode()

    assert Measurement.objects.get().measure == ""
    assert "11.35" in page


def test_measurement_out_of_range_stands_at_its_field(city, browser):
    response = browser.post(
        measure_url(city.a.children[0]), {"measured_on": today().isoformat(), "weight_kg": "500"}
    )

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "weight_kg": ["请核对数值：应在 1.5 至 40 kg 之间。"]
    }


def test_without_rules_the_day_is_shown_and_nothing_recorded(city, browser):
    HealthRule.objects.all().delete()

    assert browser.get(TODAY).status_code == 200
    assert browser.get(check_url(city.a.children[0])).status_code == 409


@pytest.mark.parametrize("url", [check_url, measure_url])
def test_child_of_another_nursery_is_not_there(city, browser, url):
    theirs = city.b.children[0]

    assert browser.get(url(theirs)).status_code == 404
    assert browser.post(url(theirs), FEVER).status_code == 404


def test_who_may_only_read_gets_no_buttons_and_no_form(city, signed_in, doctor):
    for user in (city.a.director, doctor):
        browser = signed_in(user)

        assert '<form method="post" action="/health/' not in browser.get(TODAY).content.decode()
        assert browser.post(check_url(city.a.children[0]), FEVER).status_code == 403


def test_doctor_chooses_among_granted_nurseries_only(city, signed_in, doctor):
    browser = signed_in(doctor)

    assert browser.get(TODAY).context["day"].institution == city.a.institution
    assert browser.get(TODAY, {"nursery": city.b.institution.pk}).status_code == 404


def test_regulator_sees_figures_and_no_name(city, signed_in):
    for nursery in (city.a, city.b):
        MorningCheckFactory(class_group=nursery.small, child=nursery.children[0], fever=True)

    response = signed_in(city.regulator).get(TODAY)

    page = response.content.decode()
    assert response.context["total"] == {
        "expected": 8, "checked": 2, "found": 2, "fevers": 2, "sent_home": 2, "percent": 25,
    }  # fmt: skip
    assert not any(child.name in page for child in (*city.a.children, city.a.big_child))
    assert not AuditEvent.objects.filter(action="child.viewed").exists()


def test_regulator_narrows_to_a_county_and_sees_no_other(city, signed_in):
    whole = signed_in(city.regulator).get(TODAY, {"county": "370881"})
    own = signed_in(city.county_regulator).get(TODAY, {"county": "370881"})

    assert [row.institution for row in whole.context["page"]] == [city.b.institution]
    assert [row.institution for row in own.context["page"]] == [city.a.institution]


def more_children(city: City, count: int) -> None:
    for _ in range(count):
        enrolment = EnrolmentFactory(class_group=city.a.small)
        MorningCheckFactory(class_group=city.a.small, child=enrolment.child, fever=True)
        MeasurementFactory(institution=city.a.institution, child=enrolment.child)


@pytest.mark.parametrize("show", ["checks", "measured"])
@pytest.mark.parametrize("count", [1, 3])
def test_queries_of_the_day(city, browser, django_assert_num_queries, show, count):
    more_children(city, count)

    with django_assert_num_queries(10):
        browser.get(TODAY, {"show": show})


@pytest.mark.parametrize("count", [1, 3])
def test_queries_of_the_region(city, signed_in, django_assert_num_queries, count):
    more_children(city, count)
    browser = signed_in(city.regulator)

    with django_assert_num_queries(9):
        browser.get(TODAY)


@pytest.mark.parametrize("count", [1, 3])
def test_the_keys_of_all_notes_are_one_query(city, browser, django_assert_num_queries, count):
    for child in city.a.children[:count]:
        MorningCheckFactory(
            class_group=city.a.small,
            child=child,
            note="轻咳",
            findings=["cough"],
            action="observed",
        )
    browser.get(TODAY)
    keyring.forget()

    with django_assert_num_queries(12):  # the ten of the day, the keys, the one that wraps them
        page = browser.get(TODAY).text

    assert page.count("轻咳") == count
