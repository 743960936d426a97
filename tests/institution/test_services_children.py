import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from core.calendar import today
from core.errors import NotThere, Refused
from core.models import AuditEvent, OutboxMessage, User
from institution.enums import AllergySeverity, Relation, Sex
from institution.models import Allergy, Child, Enrolment, Guardianship
from institution.services import children
from tests.factories.institution import ChildFactory, ClassGroupFactory, EnrolmentFactory

ID = "370811202502033120"  # made up, with a right check digit


@pytest.fixture
def clerk(city):
    return city.actor(city.a.clerk)


@pytest.fixture
def values(city):
    return {
        "name": "孟知夏",
        "sex": Sex.FEMALE,
        "born_on": today() - dt.timedelta(days=500),
        "resident_id": ID,
        "class_group": city.a.small,
        "start_on": today(),
        "guardian_name": "孟先生",
        "guardian_phone": "13805371234",
        "relation": Relation.FATHER,
    }


def test_a_child_a_place_and_a_guardian_come_into_being_together(clerk, values):
    place = children.enrol_child(actor=clerk, **values)
    place.refresh_from_db()
    guardian = Guardianship.objects.get(child=place.child)
    assert (place.class_group, place.during.lower) == (values["class_group"], today())
    assert (guardian.relation, guardian.user.phone) == (Relation.FATHER, "13805371234")
    assert not guardian.user.has_usable_password()
    event = AuditEvent.objects.get(action="child.enrolled")
    assert (event.child_ids, event.data["known_before"]) == ([place.child_id], False)
    assert ID not in str(event.data)
    assert f"class.{place.class_group_id}" in OutboxMessage.objects.get(topic="roster").groups


def test_a_guardian_with_an_account_gets_no_second_one(clerk, values):
    children.enrol_child(actor=clerk, **values)
    sister = values | {"name": "孟知秋", "resident_id": ""}
    children.enrol_child(actor=clerk, **sister)
    assert Guardianship.objects.filter(user__name="孟先生").count() == 2
    assert User.objects.filter(name="孟先生").count() == 1


def test_a_child_known_by_its_number_keeps_its_record(city, clerk, values):
    known = ChildFactory(name="孟知夏", born_on=values["born_on"], resident_id=ID)
    EnrolmentFactory(
        class_group=city.b.small,
        child=known,
        during=(today() - dt.timedelta(days=90), today() - dt.timedelta(days=5)),
    )
    place = children.enrol_child(actor=clerk, **values)
    assert place.child == known
    assert Child.objects.filter(name="孟知夏").count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start_on": today() - dt.timedelta(days=400), "born_on": today()}, "wrong_age"),
        ({"born_on": today() - dt.timedelta(days=300)}, "wrong_age"),
        ({"born_on": today() - dt.timedelta(days=800)}, "wrong_age"),
    ],
)
def test_the_age_must_fit_the_class(clerk, values, change, code):
    with pytest.raises(Refused) as refusal:
        children.enrol_child(actor=clerk, **(values | change))
    assert refusal.value.code == code
    assert not Child.objects.filter(name="孟知夏").exists()


def test_a_place_that_overlaps_another_is_refused(city, clerk, values):
    known = ChildFactory(name="孟知夏", born_on=values["born_on"], resident_id=ID)
    EnrolmentFactory(class_group=city.b.small, child=known)
    with pytest.raises(Refused) as refusal:
        children.enrol_child(actor=clerk, **values)
    assert refusal.value.code == "place_overlap"
    assert not User.objects.filter(name="孟先生").exists()


def test_a_number_on_file_with_another_name_is_refused(clerk, values):
    ChildFactory(name="别人", born_on=values["born_on"], resident_id=ID)
    with pytest.raises(Refused) as refusal:
        children.enrol_child(actor=clerk, **values)
    assert (refusal.value.code, set(refusal.value.fields)) == ("identity_differs", {"resident_id"})


def test_a_full_class_takes_nobody(city, clerk, values):
    city.a.small.capacity = 3
    city.a.small.save()
    with pytest.raises(Refused) as refusal:
        children.enrol_child(actor=clerk, **values)
    assert refusal.value.code == "class_full"


@pytest.mark.parametrize("which", ["foreign", "closed"])
def test_only_a_running_class_of_the_own_nursery(city, clerk, values, which):
    closed = ClassGroupFactory(institution=city.a.institution, closed_on=today())
    group = city.b.small if which == "foreign" else closed
    with pytest.raises(Refused) as refusal:
        children.enrol_child(actor=clerk, **(values | {"class_group": group}))
    assert refusal.value.code == "class_closed"


def test_the_database_itself_holds_that_places_do_not_overlap(city):
    with pytest.raises(IntegrityError), transaction.atomic():
        EnrolmentFactory(class_group=city.b.small, child=city.a.children[0])


def test_places_one_after_the_other_are_fine(city):
    child = ChildFactory()
    day = today() - dt.timedelta(days=30)
    EnrolmentFactory(
        class_group=city.a.small, child=child, during=(day - dt.timedelta(days=30), day)
    )
    EnrolmentFactory(class_group=city.a.big, child=child, during=(day, None))
    assert Enrolment.objects.filter(child=child).on(day).get().class_group == city.a.big


def test_a_change_is_audited_by_field_names_only(city, clerk):
    child = city.a.children[0]
    children.update_child(
        actor=clerk,
        child=child,
        name="王小溪",
        sex=child.sex,
        born_on=child.born_on,
        resident_id=ID,
    )
    assert Child.objects.get(pk=child.pk).resident_id == ID
    event = AuditEvent.objects.get(action="child.changed")
    assert event.data == {"fields": ["name", "resident_id"]}


def test_nothing_changed_leaves_no_record(city, clerk):
    child = city.a.children[0]
    same = {name: getattr(child, name) for name in ("name", "sex", "born_on", "resident_id")}
    children.update_child(actor=clerk, child=child, **same)
    assert not AuditEvent.objects.filter(action="child.changed").exists()


def test_a_number_belongs_to_one_child(city, clerk):
    ChildFactory(resident_id=ID)
    child = city.a.children[0]
    with pytest.raises(Refused) as refusal:
        children.update_child(
            actor=clerk,
            child=child,
            name=child.name,
            sex=child.sex,
            born_on=child.born_on,
            resident_id=ID,
        )
    assert refusal.value.code == "identity_taken"


def test_allergies_are_added_once_and_removed(city, clerk):
    child = city.a.children[0]
    values = {
        "actor": clerk,
        "child": child,
        "substance": "花生",
        "severity": AllergySeverity.SEVERE,
    }
    allergy = children.add_allergy(**values)
    assert allergy.icon == "nut-off"
    with pytest.raises(Refused) as refusal:
        children.add_allergy(**values)
    assert refusal.value.code == "allergy_known"
    with pytest.raises(NotThere):
        children.remove_allergy(actor=city.actor(city.b.clerk), child=child, pk=allergy.pk)
    children.remove_allergy(actor=clerk, child=child, pk=allergy.pk)
    assert not Allergy.objects.exists()
    assert AuditEvent.objects.filter(action__startswith="allergy.").count() == 2
