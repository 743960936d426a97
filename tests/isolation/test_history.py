"""The history of rows: which tables keep one, what a change leaves in it, and who can do what to it (docs/adr/0013)."""

import json

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import translation
from django.utils.functional import Promise

from core import i18n, rls
from core.crypto import (
    BlindIndexField,
    EncryptedTextField,
    NextBlindIndexField,
    keyring,
    rotation,
)
from core.models import AuditEvent, User
from core.postgres import grants, roles
from core.postgres.owner import as_owner
from institution import history
from institution.models import Allergy, Child, Enrolment, Guardianship, Membership, RowChange
from institution.services import children
from institution.services.erasure import erase_child
from tests.factories.city import City
from tests.factories.health import MorningCheckFactory
from tests.factories.institution import ChildFactory

KEEPS_NONE = {
    "core.Invitation": "made, replaced and used up, each with an audit record",
    "core.ApiToken": "made and taken back, each with an audit record; never changed",
    "core.Attachment": "a file is stored and deleted, never changed",
    "core.AuditChain": "is a history itself",
    "core.AuditEvent": "is a history itself",
    "core.AuditRead": "memory of one statement of core.audit, kept a day",
    "core.CalendarDay": "dated data, loaded with the program",
    "core.CryptoKey": "every change of keys is an audit record with counts; a history would keep destroyed keys",
    "core.Factor": "added and removed, each with an audit record",
    "core.Guesses": "a counter",
    "core.Job": "progress of work; its start and its file are audit records",
    "institution.SiteRule": "reference data, dated; a changed rule is a new row",
    "core.LegalHold": "placed and lifted, each with an audit record",
    "core.MachineNonce": "requests seen before",
    "core.OutboxMessage": "emptied within seconds",
    "core.Pairing": "a tablet about to be paired; each step is an audit record",
    "core.Pin": "set and reset, each with an audit record; the digest is nobody's business",
    "core.RecoveryCode": "made together, each used once",
    "core.Region": "dated data, loaded with the program",
    "core.SentOnce": "answers kept for a day",
    "core.Session": "opened and ended, each with an audit record",
    "core.Stream": "a counter",
    "core.Tally": "a counter",
    "core.Tries": "a counter",
    "core.UpkeepRun": "each run is a row of its own",
    "health.HealthRule": "dated data, loaded with the program",
    "institution.ApplicationStep": "steps are only ever added",
    "institution.Alert": "each step leaves an audit record; what was measured meanwhile is evidence of the moment",
    "institution.AlertRule": "reference data, dated; a changed rule is a new row",
    "institution.Message": "never changed; that a request was done leaves an audit record",
    "institution.MessageHours": "dated; each change leaves an audit record",
    "institution.ReadMark": "how far somebody has read",
    "institution.Thread": "whose messages, and a counter",
    "institution.Notice": "never changed; withdrawing and reminding leave audit records",
    "institution.NoticeRead": "a receipt, written once",
    "institution.Push": "written once for each person; sent or given up",
    "institution.Attendance": "kept from entries of the daily log, which have versions of their own",
    "institution.ClassTypeRule": "dated data, loaded with the program",
    "institution.DailyCount": "signed amounts, only ever added",
    "institution.DailyEntry": "has versions of its own",
    "institution.AbsenceNote": "added and never changed, each with an audit record",
    "institution.LedgerEntry": "only ever added; a correction is a new row",
    "institution.MealEntry": "only ever added; the database refuses a change",
    "institution.MealMonth": "closed once; the database refuses a change",
    "institution.FoodRule": "dated data, loaded with the program",
    "institution.IllnessRule": "dated data, loaded with the program",
    "institution.IncidentChild": "added, and taken off with a moment; the row stays",
    "institution.IncidentStep": "steps are only ever added",
    "institution.ReportRule": "reference data, dated; a changed rule is a new row",
    "institution.PickupQuestion": "asked, answered and used once, each with an audit record",
    "institution.PickupPass": "made, used and ended, each with an audit record",
    "institution.RowChange": "is the history itself",
    "quality.Standard": "dated data, loaded with the program",
    "quality.StandardItem": "dated data, loaded with the program",
    "training.CertificateType": "reference data, loaded with the program",
}

pytestmark = pytest.mark.django_db


def ask(sql: str, *params) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall()


def triggers() -> dict[str, dict]:
    rows = ask(
        """SELECT c.relname, t.tgenabled::text, encode(t.tgargs, 'escape') FROM pg_trigger t
             JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'history'"""
    )
    found = {}
    for table, enabled, arguments in rows:
        child, place, sealed, passed_by, _end = arguments.split("\\000")
        found[table] = {
            "enabled": enabled,
            "child": child,
            "place": place,
            "sealed": json.loads(sealed),
            "passed_by": set(passed_by.strip("{}").split(",")) - {""},
        }
    return found


def own_models() -> dict[str, type]:
    return {
        model._meta.db_table: model
        for model in apps.get_models()
        if model._meta.app_label in i18n.own_apps()
    }


class TestCatalogue:
    def test_every_table_keeps_its_history_or_says_why_not(self):
        labels = {table: model._meta.label for table, model in own_models().items()}

        assert triggers().keys() == history.TABLES.keys()
        assert {labels[table] for table in labels.keys() - history.TABLES.keys()} == (
            KEEPS_NONE.keys()
        )

    def test_triggers_fire_whatever_a_session_says(self):
        assert {found["enabled"] for found in triggers().values()} == {"A"}

    def test_no_secret_goes_into_the_history(self):
        for table, found in triggers().items():
            fields = own_models()[table]._meta.concrete_fields
            sealed = {f.column for f in fields if isinstance(f, EncryptedTextField)}
            hashes = {
                f.column for f in fields if isinstance(f, BlindIndexField | NextBlindIndexField)
            }
            binary = {f.column for f in fields if f.get_internal_type() == "BinaryField"}
            indexes = {f.source: f.column for f in fields if isinstance(f, BlindIndexField)}

            assert sealed <= found["sealed"].keys(), table
            assert hashes <= found["passed_by"], table
            assert binary <= found["sealed"].keys() | found["passed_by"], table
            assert {name: found["sealed"][name] for name in indexes} == indexes, table
        assert "password" in triggers()["core_user"]["sealed"]

    def test_triggers_name_columns_that_are_there(self):
        for table, found in triggers().items():
            columns = {field.column for field in own_models()[table]._meta.concrete_fields}
            named = {found["child"], found["place"], *found["sealed"], *found["passed_by"]} - {""}

            assert named <= columns, table
            if "child_id" in columns:
                assert found["child"] == "child_id", table
            if "institution_id" in columns:
                assert found["place"] == "institution_id", table

    def test_every_kept_column_has_a_name_in_both_languages(self):
        nameless = []
        for table, found in triggers().items():
            for field in own_models()[table]._meta.concrete_fields:
                if field.column in found["passed_by"]:
                    continue
                said = history.column_label(field)
                with translation.override("zh-hans"):
                    chinese = str(said)
                if not isinstance(said, Promise) or chinese.isascii():
                    nameless.append((table, field.column))

        assert nameless == []

    def test_the_application_can_only_read_it(self):
        assert "institution_rowchange" in grants.READ_ONLY
        rights = ask(
            "SELECT r, has_table_privilege(r, 'institution_rowchange', 'INSERT, UPDATE, DELETE, TRUNCATE')"
            " FROM unnest(%s::text[]) AS r",
            [roles.RUNTIME, roles.SYSTEM, roles.FAMILY],
        )
        assert {may for _role, may in rights} == {False}
        assert ask(
            "SELECT has_table_privilege(%s, 'institution_rowchange', 'SELECT')", roles.FAMILY
        ) == [(False,)]


def changes(table: str, row) -> list[RowChange]:
    return list(RowChange.objects.filter(table=table, row=str(row)).order_by("pk"))


class TestWhatIsKept:
    def test_a_change_keeps_both_sides_of_what_changed_and_who_did_it(self, city):
        child = city.a.children[0]
        before = child.name
        with rls.of_actor(City.actor(city.a.clerk)):
            children.update_child(
                actor=City.actor(city.a.clerk),
                child=child,
                name="新名字",
                sex=child.sex,
                born_on=child.born_on,
                resident_id=child.resident_id,
            )

        found = changes("institution_child", child.pk)[-1]
        assert (found.deed, found.before, found.after) == (
            "changed",
            {"name": before},
            {"name": "新名字"},
        )
        assert (found.person_id, found.institution_id, found.child_id) == (
            city.a.clerk.pk,
            city.a.institution.pk,
            child.pk,
        )
        assert found.sealed == []
        event = AuditEvent.objects.get(action="child.changed")
        assert event.tx == found.tx

    def test_many_rows_at_once_and_plain_sql_leave_each_a_row(self, city):
        newest = RowChange.objects.latest("pk").pk
        Membership.objects.filter(institution=city.a.institution).update(started_on="2020-01-01")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE institution_enrolment SET during = '[2020-02-02,)'")

        found = RowChange.objects.filter(pk__gt=newest)
        assert found.filter(table="institution_membership").count() == (
            city.a.institution.memberships.count()
        )
        places = found.filter(table="institution_enrolment")
        assert places.count() == Enrolment.objects.count()
        assert {each.after["during"] for each in places} == {"[2020-02-02,)"}

    def test_a_removed_row_is_kept_whole_and_an_added_one_only_as_such(self, city):
        child = city.a.children[0]
        allergy = Allergy.objects.create(
            institution=city.a.institution, child=child, substance="花生", severity="severe"
        )
        pk = allergy.pk
        allergy.delete()

        added, removed = changes("institution_allergy", pk)
        assert (added.deed, added.before, added.after) == ("added", None, None)
        assert removed.deed == "removed"
        assert removed.before["substance"] == "花生"
        assert removed.institution_id == city.a.institution.pk

    def test_nothing_is_kept_where_nothing_changed(self, city):
        newest = RowChange.objects.latest("pk").pk
        city.a.tablet.last_seen_at = city.a.tablet.added_at
        city.a.tablet.save()
        Child.objects.filter(pk=city.a.children[0].pk).update(sex=city.a.children[0].sex)

        assert not RowChange.objects.filter(pk__gt=newest).exists()

    def test_of_a_sealed_column_only_its_name_is_kept(self, city):
        child = Child.objects.get(pk=city.a.children[0].pk)
        child.resident_id = "370811202401011232"
        child.save()
        user = city.a.carer
        user.phone = "13905370000"
        user.set_password("another long password")
        user.save()

        found = changes("institution_child", child.pk)[-1]
        assert (found.before, found.after, found.sealed) == (None, None, ["resident_id"])
        found = changes("core_user", user.pk)[-1]
        assert (found.before, found.after, found.sealed) == (None, None, ["password", "phone"])

    def test_sealing_the_same_text_anew_is_no_change(self, city):
        child = Child.objects.get(pk=city.a.children[0].pk)
        child.resident_id = "370811202502033120"
        child.save()
        child = Child.objects.get(pk=child.pk)
        MorningCheckFactory(child=child, class_group=city.a.small, note="咳嗽")
        newest = RowChange.objects.latest("pk").pk
        assert child.resident_id
        child.save()  # opened, so sealed anew with another nonce

        assert not RowChange.objects.filter(pk__gt=newest).exists()


@pytest.fixture
def alone(monkeypatch, settings):
    """Nobody else writes, and the keys made here are forgotten with the rows."""
    monkeypatch.setattr(rotation, "_wait_for_writers", lambda purpose: None)
    settings.KEY_CACHE_SECONDS = 0
    yield
    keyring.forget()


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("purpose", ["child", "index", "contact", "staff"])
def test_a_change_of_keys_leaves_no_history_and_no_value_under_an_old_key(city, purpose):
    child = city.a.children[0]
    child.resident_id = "370811202502033120"
    child.save()
    MorningCheckFactory(child=child, class_group=city.a.small, note="咳嗽")
    newest = RowChange.objects.latest("pk").pk

    rotation.rotate(purpose=purpose, batch=100, say=lambda line: None)

    assert not RowChange.objects.filter(pk__gt=newest).exists()


class TestErasing:
    def test_an_erased_childs_history_holds_no_value_any_more(self, city, settings, tmp_path):
        settings.ERASURE_LEDGER = tmp_path / "erasures.jsonl"
        child = Child.objects.get(pk=city.a.guardian.guardianships.get().child_id)
        name = child.name
        child.resident_id = "370811202502033120"
        child.save()
        other = city.b.children[0]
        Child.objects.filter(pk__in=[child.pk, other.pk]).update(name="改名")
        check = MorningCheckFactory(child=child, class_group=city.a.small, note="咳嗽")
        check.delete()
        before = RowChange.objects.filter(child_id=child.pk).count()

        erase_child(actor=None, child=child, reason="request")

        kept = RowChange.objects.filter(child_id=child.pk)
        assert kept.count() > before
        assert not kept.exclude(before=None, after=None).exists()
        assert {"resident_id"} <= {name for each in kept for name in each.sealed}
        assert not RowChange.objects.filter(child_id=child.pk, before__name=name).exists()
        assert "改名" not in str(list(kept.values()))
        assert RowChange.objects.get(child_id=other.pk, deed="changed").after == {"name": "改名"}

    def test_nobody_but_the_system_takes_values_out(self, city):
        with (
            rls.of_actor(City.actor(city.a.director)),
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
        ):
            history.forget(city.a.children[0].pk)


CHANGES = {
    "insert": (
        'INSERT INTO institution_rowchange ("table", "row", deed, at, tx, sealed)'
        " VALUES ('institution_child', '1', 'changed', now(), 1, '{}')"
    ),
    "update": "UPDATE institution_rowchange SET person_id = 0",
    "values out": "UPDATE institution_rowchange SET before = NULL, after = NULL",
    "delete": "DELETE FROM institution_rowchange",
    "truncate": "TRUNCATE institution_rowchange",
    "trigger off": "ALTER TABLE institution_child DISABLE TRIGGER history",
}


class TestAppendOnly:
    @pytest.mark.parametrize("change", CHANGES)
    def test_the_application_changes_nothing_in_it(self, city, change):
        with (
            rls.system("tests"),
            pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
            transaction.atomic(),
        ):
            ask(CHANGES[change])

    def test_a_setting_of_the_application_switches_nothing_off(self, city):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.history', 'off', true)")
            Child.objects.filter(pk=city.a.children[0].pk).update(name="改名")
            cursor.execute("SELECT set_config('app.history', '', true)")

        assert changes("institution_child", city.a.children[0].pk)[-1].after == {"name": "改名"}


@pytest.mark.django_db(transaction=True)
class TestOwner:
    @pytest.mark.parametrize("change", ["update", "delete", "truncate"])
    def test_the_owner_is_refused_too(self, change):
        ChildFactory()
        with (
            as_owner(),
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(CHANGES[change])

    def test_the_owner_loads_a_made_up_past_without_history(self):
        child = ChildFactory()
        with as_owner(), transaction.atomic(), history.not_kept():
            Child.objects.filter(pk=child.pk).update(name="改名")
        with as_owner(), transaction.atomic():
            Child.objects.filter(pk=child.pk).update(name="又改")

        assert [each.deed for each in changes("institution_child", child.pk)] == [
            "added",
            "changed",
        ]


class TestWhoSeesIt:
    def test_each_nursery_sees_its_own(self, city):
        Child.objects.update(name="改名")
        Membership.objects.update(started_on="2020-01-01")
        for mine, other in ((city.a, city.b), (city.b, city.a)):
            with rls.of_actor(City.actor(mine.director)):
                seen = set(RowChange.objects.values_list("institution_id", flat=True))
            assert seen == {mine.institution.pk}
            assert other.institution.pk not in seen

    def test_regulators_see_no_childs(self, city):
        with rls.system("tests"):
            assert RowChange.objects.exclude(child_id=None).exists()
        with rls.of_actor(City.actor(city.auditor)):
            assert RowChange.objects.filter(table="institution_membership").exists()
            assert RowChange.objects.filter(table="core_regionpost").exists()
            assert not RowChange.objects.exclude(child_id=None).exists()

    def test_a_clerk_does_not_read_health_from_the_history(self, city):
        child = city.a.children[0]
        MorningCheckFactory(child=child, class_group=city.a.small, note="咳嗽")
        Allergy.objects.create(
            institution=city.a.institution, child=child, substance="花生", severity="severe"
        )

        def tables(person: User) -> set[str]:
            found = RowChange.objects.visible_to(City.actor(person)).filter(child_id=child.pk)
            return set(found.values_list("table", flat=True))

        assert "health_morningcheck" in tables(city.a.director)
        assert "health_morningcheck" not in tables(city.a.clerk)
        assert "institution_allergy" in tables(city.a.clerk)
        assert tables(city.a.carer) == tables(city.b.director) == tables(city.auditor) == set()


def test_a_parents_guardianship_is_kept_when_a_parent_is_signed_in(city):
    """A trigger of the owner: the family's role has no right to the table."""
    with rls.of_actor(City.actor(city.a.guardian)):
        User.objects.filter(pk=city.a.guardian.pk).update(language="en")

    found = changes("core_user", city.a.guardian.pk)[-1]
    assert (found.after, found.person_id) == ({"language": "en"}, city.a.guardian.pk)
    assert Guardianship.objects.exists()
