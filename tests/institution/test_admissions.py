"""Admissions: which step may follow which, who gets the last place, and what a child needs before it starts."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connections, transaction

from core import rls
from core.calendar import today
from core.crypto import keyring, rotation
from core.errors import NotThere, Refused
from core.models import AuditEvent
from health.services import entry
from health.services.reference import load_rules
from institution import admissions as steps
from institution.enums import AdmissionState, OfferState
from institution.models import (
    Application,
    ApplicationStep,
    Child,
    Contract,
    Enrolment,
    Guardianship,
    Offer,
    RowChange,
)
from institution.selectors import admissions as selectors
from institution.selectors.places import places_from, places_on
from institution.services import admissions, children, moves, offers
from institution.services.erasure import erase_child
from tests.factories.city import build_city
from tests.factories.health import EntryCheckFactory
from tests.factories.institution import (
    ApplicationFactory,
    AttendanceFactory,
    ChildFactory,
    ClassGroupFactory,
    ContractFactory,
    EnrolmentFactory,
    OfferFactory,
    ServiceFeeFactory,
)

ID = "370811202502033120"  # made up, with a right check digit
DAY = dt.timedelta(days=1)
S = AdmissionState


@pytest.fixture
def clerk(city):
    return city.actor(city.a.clerk)


@pytest.fixture
def values():
    return {
        "name": "孟知夏",
        "sex": "female",
        "born_on": today() - dt.timedelta(days=500),
        "resident_id": ID,
        "guardian_name": "孟先生",
        "guardian_phone": "13805371234",
        "relation": "father",
        "wished_month": today(),
        "source": "phone",
    }


def waiting(city, **more) -> Application:
    return ApplicationFactory(institution=city.a.institution, **more)


def contracted(city, **more) -> Application:
    return ContractFactory(
        class_group=city.a.small,
        application__institution=city.a.institution,
        **{f"application__{name}": value for name, value in more.items()},
    ).application


def refused(act, *args, **known) -> Refused:
    with pytest.raises(Refused) as refusal:
        act(*args, **known)
    return refusal.value


class TestSteps:
    def test_from_the_first_question_to_the_last_day(self, city, clerk, values):
        load_rules()
        ServiceFeeFactory(institution=city.a.institution)
        application = admissions.add_application(actor=clerk, state=S.ENQUIRY, **values)
        for to in (S.APPLIED, S.WAITING):
            admissions.move(actor=clerk, application=application, to=to)
        offers.make_offer(
            actor=clerk, application=application, class_group=city.a.small, start_on=today()
        )
        contract = offers.sign_contract(
            actor=clerk, application=application, mode="full_day", signed_on=today()
        )
        for paper in ("examination", "vaccination"):
            EntryCheckFactory(application=application, paper=paper)
        place = offers.start(actor=clerk, application=application, start_on=today())
        moves.end_place(actor=clerk, child=place.child, last_day=today() + 30 * DAY, reason="moved")

        application.refresh_from_db()
        assert list(application.steps.order_by("pk").values_list("before", "state")) == [
            ("", "enquiry"),
            ("enquiry", "applied"),
            ("applied", "waiting"),
            ("waiting", "offered"),
            ("offered", "contracted"),
            ("contracted", "started"),
            ("started", "left"),
        ]
        assert (application.child.resident_id, application.resident_id) == (ID, "")
        assert application.guardian_phone == ""
        assert Guardianship.objects.get(child=place.child).user.phone == "13805371234"
        contract.refresh_from_db()
        assert contract.fee_terms[0]["amount"] == "1280.00"
        assert (contract.ended_on, contract.end_reason) == (today() + 30 * DAY, "moved")
        told = AuditEvent.objects.filter(subject_type="institution.application").order_by("pk")
        assert [event.action for event in told] == ["admission.added"] + ["admission.moved"] * 6
        assert ID not in str([event.data for event in told])

    @pytest.mark.parametrize("before", AdmissionState)
    def test_the_database_allows_the_same_steps_as_the_table(self, city, before):
        child = city.a.children[0]
        application = waiting(city, state=before, child=child)
        for to in AdmissionState:
            here = Application.objects.filter(pk=application.pk)
            if to == before or to in steps.NEXT[before]:
                with transaction.atomic():
                    assert here.update(state=to) == 1
                    transaction.set_rollback(True)
            else:
                with pytest.raises(IntegrityError, match="does not go"), transaction.atomic():
                    here.update(state=to)

    def test_a_step_that_leads_nowhere_is_refused_in_words(self, city, clerk):
        application = waiting(city, state=S.ENQUIRY)

        refusal = refused(admissions.move, actor=clerk, application=application, to=S.WAITING)

        assert refusal.code == "step_not_allowed"
        assert refusal.message == "报名不能从“咨询”变为“候补”。"

    def test_what_ends_an_application_needs_a_reason(self, city, clerk):
        application = waiting(city)

        refusal = refused(admissions.move, actor=clerk, application=application, to=S.WITHDRAWN)
        admissions.move(actor=clerk, application=application, to=S.WITHDRAWN, reason="已去别处")

        assert (refusal.code, set(refusal.fields)) == ("reason_missing", {"reason"})
        assert ApplicationStep.objects.get(application=application).reason == "已去别处"

    def test_back_to_the_waiting_list_frees_the_place_and_keeps_the_turn(self, city, clerk):
        offer = OfferFactory(class_group=city.a.small)
        since = offer.application.waiting_since

        admissions.move(actor=clerk, application=offer.application, to=S.WAITING)

        offer.refresh_from_db()
        assert offer.state == OfferState.WITHDRAWN
        assert Application.objects.get(pk=offer.application_id).waiting_since == since

    def test_a_contract_whose_child_never_came_ends(self, city, clerk):
        application = contracted(city)

        admissions.move(actor=clerk, application=application, to=S.WITHDRAWN, reason="搬家")

        assert Contract.objects.get(application=application).ended_on == today()

    def test_another_nurserys_application_is_not_there(self, city):
        application = waiting(city)
        with pytest.raises(NotThere):
            admissions.move(
                actor=city.actor(city.b.clerk), application=application, to=S.DECLINED, reason="x"
            )

    def test_a_change_is_recorded_by_the_names_of_its_fields(self, city, clerk):
        application = waiting(city)

        admissions.change_application(actor=clerk, application=application, sibling=True)
        admissions.change_application(actor=clerk, application=application, sibling=True)

        event = AuditEvent.objects.get(action="admission.changed")
        assert event.data == {"fields": ["sibling"]}

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"wished_month": dt.date(2031, 1, 1)}, "too_far"),
            ({"priority": 1}, "priority_reason"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, city, clerk, values, changes, code):
        assert refused(admissions.add_application, actor=clerk, **values | changes).code == code


class TestPlaces:
    def test_an_open_offer_and_a_contract_hold_a_place_and_one_that_ran_out_does_not(self, city):
        OfferFactory(class_group=city.a.small)
        OfferFactory(class_group=city.a.small, expires_on=today() - DAY)
        OfferFactory(class_group=city.a.small, start_on=today() + 40 * DAY)
        contracted(city)

        found = places_on(city.a.small, today())

        assert (found.enrolled, found.offered, found.contracted) == (3, 1, 1)
        assert (found.capacity, found.free) == (15, 10)
        assert places_from(city.a.small, today()).taken == 6

    def test_who_leaves_before_another_begins_does_not_count_twice(self, city):
        group = ClassGroupFactory(institution=city.a.institution, capacity=2)
        change = today() + 30 * DAY
        EnrolmentFactory(class_group=group, during=(today() - DAY, change))
        EnrolmentFactory(class_group=group, during=(change, None))

        assert places_from(group, today()).free == 1

    def test_a_class_never_has_more_places_than_the_rule_allows(self, city):
        group = ClassGroupFactory(institution=city.a.institution, capacity=30)

        assert places_on(group, today()).capacity == 15

    def test_a_full_class_offers_nothing(self, city, clerk):
        city.a.small.capacity = 4
        city.a.small.save()
        OfferFactory(class_group=city.a.small)

        refusal = refused(
            offers.make_offer,
            actor=clerk,
            application=waiting(city),
            class_group=city.a.small,
            start_on=today(),
        )

        assert (refusal.code, set(refusal.fields)) == ("class_full", {"class_group"})

    def test_an_offered_place_is_not_given_to_a_child_that_is_enrolled_at_once(
        self, city, clerk, values
    ):
        city.a.small.capacity = 4
        city.a.small.save()
        OfferFactory(class_group=city.a.small)
        values.pop("source"), values.pop("wished_month")

        refusal = refused(
            children.enrol_child,
            actor=clerk,
            class_group=city.a.small,
            start_on=today(),
            **values,
        )

        assert refusal.code == "class_full"

    def test_the_wrong_age_is_refused_with_the_ages(self, city, clerk):
        refusal = refused(
            offers.make_offer,
            actor=clerk,
            application=waiting(city),
            class_group=city.a.big,
            start_on=today(),
        )

        assert refusal.code == "wrong_age"
        assert "24" in refusal.message
        assert "36" in refusal.message

    def test_a_second_offer_waits_for_the_first_to_end(self, city, clerk):
        offer = OfferFactory(class_group=city.a.small)
        known = {
            "actor": clerk,
            "application": offer.application,
            "class_group": city.a.small,
            "start_on": today(),
        }
        assert refused(offers.make_offer, **known).code == "offer_open"
        Offer.objects.update(expires_on=today() - DAY)

        again = offers.make_offer(**known)

        offer.refresh_from_db()
        assert (offer.state, again.state) == (OfferState.EXPIRED, OfferState.OPEN)

    def test_a_place_whose_offer_ran_out_is_not_signed_for(self, city, clerk):
        offer = OfferFactory(class_group=city.a.small, expires_on=today() - DAY)

        refusal = refused(
            offers.sign_contract,
            actor=clerk,
            application=offer.application,
            mode="full_day",
            signed_on=today(),
        )

        assert refusal.code == "offer_expired"

    def test_the_database_holds_that_one_offer_is_open(self, city):
        offer = OfferFactory(class_group=city.a.small)
        with pytest.raises(IntegrityError, match="one_open"), transaction.atomic():
            OfferFactory(class_group=city.a.small, application=offer.application)

    @pytest.mark.parametrize(
        ("wrong", "name"),
        [
            ({"wished_month": dt.date(2026, 12, 2)}, "application_month"),
            ({"priority": 2}, "application_priority"),
            ({"state": "waiting", "waiting_since": None}, "application_waiting"),
            ({"state": "started"}, "application_started"),
        ],
    )
    def test_the_database_refuses_an_application_that_cannot_be(self, city, wrong, name):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            waiting(city, **wrong)

    @pytest.mark.parametrize(
        ("wrong", "name"),
        [
            ({"ends_on": today() - DAY}, "contract_period"),
            ({"ended_on": today()}, "contract_end"),
        ],
    )
    def test_the_database_refuses_a_contract_that_cannot_be(self, city, wrong, name):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            ContractFactory(class_group=city.a.small, **wrong)


@pytest.mark.django_db(transaction=True)
def test_the_last_place_offered_to_sixteen_families_at_once_goes_to_one():
    city = build_city()
    city.a.small.capacity = 4  # three are taken
    city.a.small.save()
    clerk = city.actor(city.a.clerk)
    families = [waiting(city) for _family in range(16)]
    gate = Barrier(16)

    def offer(application: Application) -> str:
        gate.wait()
        try:
            with rls.of_actor(clerk):
                offers.make_offer(
                    actor=clerk,
                    application=application,
                    class_group=city.a.small,
                    start_on=today(),
                )
        except Refused as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "offered"

    with ThreadPoolExecutor(16) as clerks:
        answers = sorted(clerks.map(offer, families))

    assert answers == ["class_full"] * 15 + ["offered"]
    assert Offer.objects.count() == 1
    assert Application.objects.filter(state=S.OFFERED).count() == 1


class TestTheSameChild:
    def test_one_open_application_for_a_child(self, city, clerk, values):
        first = admissions.add_application(actor=clerk, **values)

        again = refused(admissions.add_application, actor=clerk, **values)
        admissions.move(actor=clerk, application=first, to=S.DECLINED, reason="x")
        admissions.add_application(actor=clerk, **values)
        reopened = refused(admissions.move, actor=clerk, application=first, to=S.APPLIED)
        elsewhere = admissions.add_application(actor=city.actor(city.b.clerk), **values)

        assert (again.code, set(again.fields)) == ("already_applied", {"resident_id"})
        assert reopened.code == "already_applied"
        assert elsewhere.pk

    def test_a_child_on_file_here_is_linked_and_not_written_down_again(self, city, clerk, values):
        known = ChildFactory(name="孟知夏", born_on=values["born_on"], resident_id=ID)
        EnrolmentFactory(
            class_group=city.a.small, child=known, during=(today() - 90 * DAY, today() - 5 * DAY)
        )

        assert admissions.add_application(actor=clerk, **values).child == known
        assert (
            refused(admissions.add_application, actor=clerk, **values | {"name": "别人"}).code
            == "identity_differs"
        )

    def test_of_a_child_elsewhere_only_the_day_is_told(self, city, clerk, values):
        known = ChildFactory(name="孟知夏", born_on=values["born_on"], resident_id=ID)
        place = EnrolmentFactory(class_group=city.b.small, child=known)
        with rls.of_actor(clerk):
            application = admissions.add_application(actor=clerk, **values)

            file = selectors.application_file(actor=clerk, application=application)

        assert application.child is None
        assert file.elsewhere_since == place.during[0]

    def test_a_child_with_a_place_elsewhere_does_not_start(self, city, clerk, values):
        load_rules()
        known = ChildFactory(name="孟知夏", born_on=values["born_on"], resident_id=ID)
        EnrolmentFactory(class_group=city.b.small, child=known)
        application = contracted(city, name="孟知夏", born_on=values["born_on"], resident_id=ID)
        for paper in ("examination", "vaccination"):
            EntryCheckFactory(application=application, paper=paper)

        refusal = refused(offers.start, actor=clerk, application=application, start_on=today())

        assert refusal.code == "place_overlap"
        assert city.b.institution.name not in refusal.message
        assert Application.objects.get(pk=application.pk).state == S.CONTRACTED


def test_a_number_is_found_again_after_a_change_of_keys(city, clerk, values, monkeypatch, settings):
    monkeypatch.setattr(rotation, "_wait_for_writers", lambda purpose: None)
    settings.KEY_CACHE_SECONDS = 0
    mine = admissions.add_application(actor=clerk, **values)
    admissions.add_application(actor=city.actor(city.b.clerk), **values)

    for purpose in ("index", "child"):
        rotation.rotate(purpose=purpose, batch=100, say=lambda line: None)
    again = refused(admissions.add_application, actor=clerk, **values)

    keyring.forget()
    assert again.code == "already_applied"
    assert Application.objects.get(pk=mine.pk).guardian_phone == "13805371234"


class TestStart:
    def test_it_is_blocked_with_each_reason_until_the_papers_were_seen(self, city, clerk):
        load_rules()
        application = contracted(city)
        health_worker = city.actor(city.a.health_worker)
        start = {"actor": clerk, "application": application, "start_on": today()}

        both = refused(offers.start, **start)
        entry.record_paper(
            actor=health_worker,
            application=application,
            paper="vaccination",
            day=today(),
            passed=True,
        )
        one = refused(offers.start, **start)
        entry.record_paper(
            actor=health_worker,
            application=application,
            paper="examination",
            day=today() - 20 * DAY,
            passed=True,
        )
        place = offers.start(**start)

        assert (both.code, one.code) == ("entry_blocked", "entry_blocked")
        assert "入托体检" in both.message
        assert "预防接种证" in both.message
        assert "预防接种证" not in one.message
        assert Child.objects.get(pk=place.child_id).name == application.name

    @pytest.mark.parametrize(
        ("check", "sentence"),
        [
            ({"day": dt.timedelta(days=100)}, "已过期"),
            ({"passed": False}, "未通过"),
            ({"paper": "transfer"}, ""),
            ({"day": dt.timedelta(days=60)}, ""),
        ],
    )
    def test_which_examination_counts(self, city, check, sentence):
        load_rules()
        application = contracted(city)
        EntryCheckFactory(application=application, paper="vaccination")
        ago = check.get("day", dt.timedelta(0))
        EntryCheckFactory(application=application, **check | {"day": today() - ago})

        reasons = entry.missing_papers(application, today())

        assert sentence in "".join(reason.text for reason in reasons)
        assert bool(reasons) == bool(sentence)

    def test_without_a_rule_no_examination_is_too_old(self, city):
        application = contracted(city)
        EntryCheckFactory(application=application, paper="vaccination")
        EntryCheckFactory(application=application, day=today() - dt.timedelta(days=300))

        assert entry.missing_papers(application, today()) == []

    def test_it_takes_the_place_that_the_contract_holds(self, city, clerk):
        load_rules()
        city.a.small.capacity = 4
        city.a.small.save()
        application = contracted(city)
        for paper in ("examination", "vaccination"):
            EntryCheckFactory(application=application, paper=paper)

        offers.start(actor=clerk, application=application, start_on=today())

        assert places_on(city.a.small, today()).free == 0

    def test_not_before_the_contract_begins(self, city, clerk):
        application = contracted(city)
        Contract.objects.update(starts_on=today() + DAY)

        refusal = refused(offers.start, actor=clerk, application=application, start_on=today())

        assert refusal.code == "start_day"


class TestMoves:
    def test_a_child_goes_to_another_class_without_a_day_between(self, city, clerk):
        child = city.a.children[0]
        Child.objects.filter(pk=child.pk).update(born_on=today() - dt.timedelta(days=760))
        child.refresh_from_db()

        moves.change_class(actor=clerk, child=child, class_group=city.a.big, start_on=today())

        assert Enrolment.objects.on(today() - DAY).get(child=child).class_group == city.a.small
        assert Enrolment.objects.on(today()).get(child=child).class_group == city.a.big
        assert AuditEvent.objects.get(action="child.class_changed").child_ids == [child.pk]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({}, "wrong_age"),
            ({"class_group": "small"}, "same_class"),
            ({"start_on": today() - dt.timedelta(days=100)}, "start_day"),
            ({"start_on": today() - dt.timedelta(days=101)}, "no_place"),
        ],
    )
    def test_a_change_that_does_not_fit_is_refused(self, city, clerk, change, code):
        group = getattr(city.a, change.get("class_group", "big"))
        refusal = refused(
            moves.change_class,
            actor=clerk,
            child=city.a.children[0],
            class_group=group,
            start_on=change.get("start_on", today()),
        )
        assert refusal.code == code

    def test_a_full_class_takes_nobody_over(self, city, clerk):
        child = city.a.children[0]
        Child.objects.filter(pk=child.pk).update(born_on=today() - dt.timedelta(days=760))
        child.refresh_from_db()
        city.a.big.capacity = 1
        city.a.big.save()

        refusal = refused(
            moves.change_class, actor=clerk, child=child, class_group=city.a.big, start_on=today()
        )

        assert refusal.code == "class_full"

    def test_who_was_here_after_has_not_left_before(self, city, clerk):
        child = city.a.children[0]
        AttendanceFactory(class_group=city.a.small, child=child)

        refusal = refused(
            moves.end_place, actor=clerk, child=child, last_day=today() - DAY, reason="moved"
        )
        moves.end_place(actor=clerk, child=child, last_day=today(), reason="moved")

        assert refusal.code == "was_here"
        assert not Enrolment.objects.filter(child=child).on(today() + DAY).exists()

    def test_the_child_of_another_nursery_stays(self, city):
        refusal = refused(
            moves.end_place,
            actor=city.actor(city.b.clerk),
            child=city.a.children[0],
            last_day=today(),
            reason="moved",
        )
        assert refusal.code == "no_place"


class TestOrder:
    def test_priority_then_siblings_then_the_day(self, city, clerk):
        late = waiting(city, waiting_since=today())
        early = waiting(city, waiting_since=today() - 9 * DAY)
        sister = waiting(city, sibling=True, waiting_since=today())
        first = waiting(city, priority=2, priority_reason="职工子女", waiting_since=today())

        column = next(c for c in selectors.board(actor=clerk) if c.state == S.WAITING)
        file = selectors.application_file(actor=clerk, application=early)

        assert [card.application for card in column.cards] == [first, sister, early, late]
        assert file.place_in_line == 3

    def test_the_health_worker_sees_who_is_about_to_start_and_nobody_else(self, city):
        waiting(city)
        about_to = contracted(city)

        def seen(user):
            return list(Application.objects.visible_to(city.actor(user)))

        assert seen(city.a.health_worker) == [about_to]
        assert seen(city.a.carer) == seen(city.b.health_worker) == seen(city.regulator) == []


def test_erasing_a_child_takes_its_application_with_it(city, clerk, values, settings, tmp_path):
    settings.ERASURE_LEDGER = tmp_path / "erasures.jsonl"
    child = city.a.children[0]
    application = waiting(city, child=child, note="爷爷接送", resident_id=ID)
    Application.objects.filter(pk=application.pk).update(guardian_name="孟老师")

    erase_child(actor=None, child=child, reason="request")

    kept = Application.objects.get(pk=application.pk)
    assert (kept.name, kept.guardian_name, kept.note) == ("—", "—", "")
    assert (kept.resident_id, kept.guardian_phone) == ("", "")
    told = RowChange.objects.filter(table="institution_application", row=str(application.pk))
    assert "孟" not in str(list(told.values_list("before", "after")))
