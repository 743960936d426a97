"""The file of an institution: what is refused, what is only said, which fee and which document count."""

import datetime as dt
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from core.calendar import today
from core.errors import NotThere, Refused
from core.models import AuditEvent
from core.postgres.owner import as_owner
from institution import reference
from institution.enums import InstitutionForm
from institution.models import Institution, Licence, ServiceFee, SiteRule
from institution.selectors.file import institution_file, licences_running_out
from institution.services import file
from tests.factories.city import build_city
from tests.factories.institution import LicenceFactory, ServiceFeeFactory, SiteRuleFactory

CODE = "91110000600037341L"
DAY = dt.timedelta(days=1)


@pytest.fixture
def director(city):
    return city.actor(city.a.director)


def found(city, actor=None) -> list[str]:
    institution = Institution.objects.select_related("region").get(pk=city.a.institution.pk)
    actor = actor or city.actor(city.a.director)
    read = institution_file(actor=actor, institution=institution, day=today())
    return [finding.code for finding in read.findings]


def test_a_change_is_stored_and_recorded_by_the_names_of_its_fields(city, director):
    file.change_file(
        actor=director, credit_code="9111 0000 6000 3734 1l", legal_representative="孔静"
    )

    city.a.institution.refresh_from_db()
    assert city.a.institution.credit_code == CODE
    event = AuditEvent.objects.get(action="institution.changed")
    assert event.data == {"fields": ["credit_code", "legal_representative"]}
    assert event.institution_id == city.a.institution.pk


def test_the_same_values_again_leave_no_record(city, director):
    file.change_file(actor=director, places=city.a.institution.places)

    assert not AuditEvent.objects.filter(action="institution.changed").exists()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"credit_code": "91110000600037341X"}, "credit_code", "credit_code"),
        ({"phone": "call us"}, "phone", "phone"),
        ({"opens_at": dt.time(18)}, "hours_reversed", "closes_at"),
        ({"lowest_storey": 3, "highest_storey": 1}, "storeys_reversed", "highest_storey"),
        (
            {"inclusive_from": dt.date(2026, 2, 1), "inclusive_until": dt.date(2026, 1, 31)},
            "dates_reversed",
            "inclusive_until",
        ),
    ],
)
def test_what_cannot_be_true_is_refused(director, changes, code, field):
    with pytest.raises(Refused) as refused:
        file.change_file(actor=director, **changes)

    assert (refused.value.code, list(refused.value.fields)) == (code, [field])


def test_the_code_of_another_institution_is_refused(city, director):
    Institution.objects.filter(pk=city.b.institution.pk).update(credit_code=CODE)

    with pytest.raises(Refused) as refused:
        file.change_file(actor=director, credit_code=CODE)

    assert refused.value.code == "credit_code_taken"


def test_who_works_nowhere_changes_nothing(city):
    with pytest.raises(NotThere):
        file.change_file(actor=city.actor(city.regulator), places=1)


def test_the_database_refuses_storeys_and_dates_the_wrong_way_round(city):
    mine = Institution.objects.filter(pk=city.a.institution.pk)
    for wrong in (
        {"lowest_storey": 2, "highest_storey": 1},
        {"inclusive_from": today(), "inclusive_until": today() - DAY},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            mine.update(**wrong)


@pytest.mark.parametrize(
    ("storeys", "codes"),
    [((1, 3), []), ((1, 4), ["highest_storey"]), ((-1, 2), ["lowest_storey"]), ((None, None), [])],
)
def test_a_floor_outside_the_rule_is_said_and_not_refused(city, director, storeys, codes):
    reference.load_site_rules()
    SiteRule.objects.exclude(code__contains="storey").delete()

    file.change_file(actor=director, lowest_storey=storeys[0], highest_storey=storeys[1])

    assert found(city) == codes


def test_a_finding_names_value_limit_and_clause(city, director):
    SiteRuleFactory()
    file.change_file(actor=director, highest_storey=5)
    institution = Institution.objects.select_related("region").get(pk=city.a.institution.pk)

    (finding,) = institution_file(actor=director, institution=institution, day=today()).findings

    assert (finding.text, finding.basis) == (
        "最高楼层为 5，规定不超过 3。",
        "WS/T 821—2023 第 4.2 条（推荐性标准）",
    )


def test_the_rule_of_the_county_counts_before_that_of_the_country(city):
    Institution.objects.filter(pk=city.a.institution.pk).update(floor_area=300)  # 5 m² a place
    national = SiteRuleFactory(code="floor_area", least=None, most=None)
    assert found(city) == []

    local = {"code": "floor_area", "most": None, "valid_from": national.valid_from}
    SiteRuleFactory(region_path=city.counties[0].path, least=Decimal(6), **local)
    SiteRuleFactory(region_path=city.counties[1].path, least=Decimal(4), **local)

    assert found(city) == ["floor_area"]


def test_a_rule_counts_in_its_time_and_for_its_forms_only(city):
    Institution.objects.filter(pk=city.a.institution.pk).update(highest_storey=4)
    SiteRuleFactory(valid_from=today() + DAY)
    SiteRuleFactory(valid_from=dt.date(2020, 1, 1), valid_to=today())
    SiteRuleFactory(code="places", most=5, forms=["family"])
    assert found(city) == []

    Institution.objects.filter(pk=city.a.institution.pk).update(form=InstitutionForm.FAMILY)

    assert found(city) == ["places"]


def test_papers_and_fees_that_are_missing_are_said(city, director):
    reference.load_site_rules()
    file.change_file(actor=director, service_modes=["full_day", "half_day"])
    ServiceFeeFactory(institution=city.a.institution)
    LicenceFactory(institution=city.a.institution)

    assert found(city) == [
        "fees",
        "licence_registration",
        "licence_site",
        "licence_health",
        "licence_pledge",
    ]


def test_rules_are_loaded_twice_without_doubling(db):
    assert reference.load_site_rules() == reference.load_site_rules() == SiteRule.objects.count()


def fees(city, on: dt.date) -> list[tuple]:
    rows = ServiceFee.objects.filter(institution=city.a.institution).in_force(on)
    return list(rows.order_by("mode", "unit").values_list("mode", "unit", "amount"))


def set_fee(director, amount, valid_from, mode="full_day", unit="month") -> ServiceFee:
    return file.set_fee(actor=director, mode=mode, unit=unit, amount=amount, valid_from=valid_from)


def test_a_fee_counts_from_its_day_until_the_next(city, director):
    set_fee(director, Decimal("1280.00"), today() - 9 * DAY)
    set_fee(director, Decimal("1380.50"), today() + 5 * DAY)
    set_fee(director, Decimal(60), today(), unit="day")

    month = ("full_day", "month")
    assert fees(city, today() - 10 * DAY) == []
    assert fees(city, today() - DAY) == [(*month, Decimal("1280.00"))]
    assert fees(city, today() + 4 * DAY)[1] == (*month, Decimal("1280.00"))
    assert fees(city, today() + 5 * DAY)[1] == (*month, Decimal("1380.50"))
    shown = Institution.objects.with_fee(today()).get(pk=city.a.institution.pk)
    assert shown.monthly_fee == Decimal("1280.00")


def test_the_same_day_again_corrects_the_fee(city, director):
    set_fee(director, Decimal(1280), today())
    set_fee(director, Decimal(1180), today())

    assert fees(city, today()) == [("full_day", "month", Decimal(1180))]
    assert AuditEvent.objects.filter(action="institution.fee.set").count() == 2


def test_a_fee_ends_without_an_amount(city, director):
    set_fee(director, Decimal(1280), today() - DAY)
    set_fee(director, None, today())

    assert fees(city, today()) == []
    shown = Institution.objects.with_fee(today()).get(pk=city.a.institution.pk)
    assert shown.monthly_fee is None


@pytest.mark.parametrize(
    ("amount", "days", "code"),
    [
        (Decimal(-1), 0, "out_of_range"),
        (Decimal(100_001), 0, "out_of_range"),
        (Decimal(1), 401, "too_far"),
        (None, 0, "not_charged"),
    ],
)
def test_a_fee_that_makes_no_sense_is_refused(director, amount, days, code):
    with pytest.raises(Refused) as refused:
        set_fee(director, amount, today() + days * DAY)

    assert refused.value.code == code


def add(director, **values) -> Licence:
    usual = {
        "kind": "fire",
        "number": "济消验00017",
        "issuer": "消防救援大队",
        "issued_on": today() - DAY,
    }
    return file.add_licence(actor=director, **usual | values)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"issued_on": dt.date(2126, 1, 1)}, "in_future"),
        ({"valid_until": dt.date(2020, 1, 1)}, "dates_reversed"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused(director, values, code):
    with pytest.raises(Refused) as refused:
        add(director, **values)

    assert refused.value.code == code


def test_a_document_is_added_once_and_removed_once(city, director):
    licence = add(director)
    with pytest.raises(Refused, match="已经登记"):
        add(director)

    file.remove_licence(actor=director, licence=licence)

    with pytest.raises(NotThere):
        file.remove_licence(actor=director, licence=licence)
    actions = AuditEvent.objects.filter(action__startswith="institution.licence")
    assert set(actions.values_list("action", flat=True)) == {
        "institution.licence.added",
        "institution.licence.removed",
    }


def test_a_document_of_another_nursery_is_not_there(city, director):
    theirs = LicenceFactory(institution=city.b.institution)

    with pytest.raises(NotThere):
        file.remove_licence(actor=director, licence=theirs)


@pytest.mark.parametrize(
    ("left", "state"), [(31, "valid"), (30, "expiring"), (0, "expiring"), (-1, "expired")]
)
def test_a_document_runs_out_by_its_last_day(city, director, left, state):
    LicenceFactory(institution=city.a.institution, left=left)

    (licence,) = Licence.objects.with_state(today())
    assert licence.state == state
    assert bool(licences_running_out(actor=director)) is (state != "valid")


def test_a_renewed_document_no_longer_warns(city, director):
    old = LicenceFactory(institution=city.a.institution, left=-5)
    LicenceFactory(institution=city.a.institution, left=300)
    other = LicenceFactory(institution=city.a.institution, kind="other", left=-5)
    LicenceFactory(institution=city.a.institution, kind="other", left=300)

    warned = licences_running_out(actor=director)
    assert old not in warned
    assert warned == [other]


def test_recognition_as_inclusive_has_its_days(city, director):
    file.change_file(
        actor=director, inclusive_from=today() - 9 * DAY, inclusive_until=today() - DAY
    )
    city.a.institution.refresh_from_db()

    shown = [city.a.institution.is_inclusive(today() + n * DAY) for n in (-10, -9, -1, 0)]
    assert shown == [False, True, True, False]
    assert found(city) == ["inclusive_ended"]


def test_regulators_read_the_file_of_their_region_only(city):
    for nursery in (city.a, city.b):
        LicenceFactory(institution=nursery.institution)
        ServiceFeeFactory(institution=nursery.institution)
    county, carer = city.actor(city.county_regulator), city.actor(city.a.carer)
    family = city.actor(city.a.guardian)

    for model in (Licence, ServiceFee):
        for actor, count in ((city.actor(city.regulator), 2), (county, 1), (carer, 1), (family, 0)):
            assert model.objects.visible_to(actor).count() == count


OPEN = "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY"
CLOSED = "ALTER TABLE {} FORCE ROW LEVEL SECURITY"
WALLED = ("institution_institution", "institution_servicefee")


@pytest.mark.django_db(transaction=True)
def test_the_one_fee_of_before_became_the_first_dated_fee_and_back():
    """What migration 0024 runs; the column is still in the database."""
    city = build_city()
    mine = city.a.institution.pk
    moved = import_module("institution.migrations.0024_fees_of_before")
    ServiceFeeFactory(institution=city.b.institution)

    def as_the_owner(*statements: str) -> None:
        with as_owner(), transaction.atomic(), connection.cursor() as cursor:
            for statement in [
                *map(OPEN.format, WALLED),
                *statements,
                *map(CLOSED.format, WALLED),
            ]:
                cursor.execute(statement)

    as_the_owner(
        f"UPDATE institution_institution SET monthly_fee = 1280 WHERE id = {mine}",
        "SET CONSTRAINTS ALL IMMEDIATE",
        moved.COPY,
        "SET CONSTRAINTS ALL IMMEDIATE",
    )
    (fee,) = ServiceFee.objects.filter(institution=mine)
    assert (fee.mode, fee.unit, fee.amount) == ("full_day", "month", Decimal(1280))
    assert Institution.objects.get(pk=mine).service_modes == ["full_day"]

    as_the_owner(moved.TAKE_BACK, "SET CONSTRAINTS ALL IMMEDIATE")
    assert list(ServiceFee.objects.values_list("institution", flat=True)) == [city.b.institution.pk]
