import pytest
import structlog
from django.db import DatabaseError, connection, connections, transaction
from django.db.transaction import TransactionManagementError

from core import audit
from core.models import AuditEvent, User
from core.permissions import Role
from core.scoping import Actor

ACTOR = Actor(user_id=5, role=Role.CARER, name="Li", region_path="3708/370811/", institution_id=3)


@pytest.mark.django_db
def test_record_outside_a_transaction_is_refused(monkeypatch):
    monkeypatch.setattr(connections["default"], "in_atomic_block", False)

    with pytest.raises(TransactionManagementError, match=r"lunch\.logged must be recorded"):
        audit.record(actor=ACTOR, action="lunch.logged")

    monkeypatch.undo()
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_record_goes_with_the_deed_when_it_is_rolled_back():
    class Failed(Exception):
        pass

    def deed():
        with transaction.atomic():
            audit.record(actor=ACTOR, action="lunch.logged")
            raise Failed

    with pytest.raises(Failed):
        deed()

    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
class TestRecord:
    def test_actor_subject_and_scope_are_written(self):
        subject = User.objects.create_user("a", name="A")

        audit.record(
            actor=ACTOR,
            action="lunch.logged",
            subject=subject,
            child_ids={9, 7},
            data={"entries": 2},
        )

        event = AuditEvent.objects.get()
        assert (event.actor_user_id, event.actor_name, event.actor_role) == (5, "Li", "carer")
        assert (event.subject_type, event.subject_id) == ("core.user", str(subject.pk))
        assert (event.institution_id, event.region_path) == (3, "3708/370811/")
        assert (event.child_ids, event.data, event.outcome) == ([7, 9], {"entries": 2}, "done")
        assert event.at is not None

    def test_scope_of_the_deed_goes_before_that_of_the_actor(self):
        audit.record(actor=ACTOR, action="a", institution_id=8, region_path="3708/370812/")

        event = AuditEvent.objects.get()
        assert (event.institution_id, event.region_path) == (8, "3708/370812/")

    def test_system_needs_no_actor(self):
        audit.record(actor=None, action="sign_in.refused", outcome="refused")

        event = AuditEvent.objects.get()
        assert (event.actor_user_id, event.actor_role, event.outcome) == (None, "", "refused")

    def test_request_is_named(self):
        with structlog.contextvars.bound_contextvars(request_id="r" * 60):
            audit.record(actor=ACTOR, action="a")

        assert AuditEvent.objects.get().request_id == "r" * 40

    def test_record_is_one_query(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            audit.record(actor=ACTOR, action="a", child_ids=range(500))

    @pytest.mark.parametrize(
        "change",
        [
            lambda: AuditEvent.objects.update(action="b"),
            lambda: AuditEvent.objects.all().delete(),
            lambda: connection.cursor().execute("TRUNCATE core_auditevent"),
        ],
    )
    def test_record_cannot_be_changed_or_removed(self, change):
        audit.record(actor=ACTOR, action="a")

        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
        ):
            change()

        assert AuditEvent.objects.get().action == "a"


@pytest.mark.django_db
def test_viewed_names_children_fields_and_purpose(django_assert_num_queries):
    with django_assert_num_queries(1):
        audit.viewed(
            actor=ACTOR, child_ids=[4], fields=["phone", "allergies"], purpose="vaccination_check"
        )

    event = AuditEvent.objects.get()
    assert (event.action, event.child_ids) == ("child.viewed", [4])
    assert event.data == {"fields": ["allergies", "phone"], "purpose": "vaccination_check"}
    assert event.actor_user_id == 5
