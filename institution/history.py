"""The history of rows: which tables keep one, the migration operation that says so, and the words for it (docs/adr/0013).

A table that keeps its history says it in one line of a migration:

    operations = [KeepHistory("health_measurement", child="child_id")]
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, migrations, models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Table -> what it is called. Why these: each says who a child is, who answers for it, who may see it or who did what an
# inspection asks about. tests/isolation/test_history.py names the tables that keep none, each with its reason.
TABLES: dict[str, str | Promise] = {
    # who the child is, who answers for it, what endangers it
    "institution_child": _("Child"),
    "institution_guardianship": _("Guardian"),
    "institution_childgrant": _("Relative's access to a child"),
    "institution_allergy": _("Allergy"),
    "institution_pickupperson": _("Who may pick up"),
    "institution_absencecase": _("Sick absence"),
    "institution_plannedday": _("What the family told of a day"),
    "institution_incident": _("Incident"),
    "institution_incidentnotice": _("What a family is told of an incident"),
    "institution_incidentreport": _("Report to an authority"),
    # places and money follow from these
    "institution_enrolment": _("Place in a class"),
    "institution_institution": _("Institution"),
    "institution_servicefee": _("Fees"),
    "institution_licence": _("Licence or document"),
    "institution_classgroup": _("Class"),
    "institution_classcapacity": _("Places of a class"),
    "institution_room": pgettext_lazy("site", "Room"),
    "institution_roomuse": _("Use of a room"),
    "institution_entrykind": _("Own kind of entry"),
    "institution_application": _("Application for a place"),
    "institution_offer": _("Offer of a place"),
    "institution_contract": _("Contract with a family"),
    "institution_visitslot": _("Time for visits"),
    "institution_visitbooking": _("Booked visit"),
    # what attendance and fees are counted against
    "institution_closure": _("Closed days"),
    "institution_makeupday": _("Extra open day"),
    # what the kitchen cooks with, and so who may eat it
    "institution_ingredient": _("Ingredient"),
    "institution_dish": _("Dish"),
    "institution_dishserving": _("Dish as an age gets it"),
    "institution_dishamount": _("Amount of an ingredient"),
    "institution_menu": _("Menu of a week"),
    "institution_menuitem": _("Dish on a menu"),
    "institution_dietneed": _("What a child must not be given"),
    "institution_foodsample": _("Food sample"),
    "institution_substitute": _("Substitute for a dish"),
    # who may see and do what
    "core_user": _("Account"),
    "core_regionpost": _("Post in a region"),
    "institution_membership": _("Post in an institution"),
    "institution_classduty": _("Duty in a class"),
    "institution_institutiongrant": _("Clinic's access to an institution"),
    "core_device": _("Device"),
    "core_machinekey": _("Key of a machine"),
    # what an inspection asks for
    "institution_stafffile": _("Staff file"),
    "institution_staffidentity": _("Document of a member of staff"),
    "institution_staffpresence": _("Time with a class"),
    "institution_shift": _("Shift"),
    "institution_staffleave": _("Leave of a member of staff"),
    "health_morningcheck": _("Morning check"),
    "health_measurement": _("Height and weight"),
    "health_entrycheck": _("Paper looked at before the first day"),
    "training_certificate": _("Certificate"),
    "institution_ledgerschedule": _("Regular task of a ledger"),
    "institution_ledgerrhythm": _("How often a task is due"),
    "training_trainingrecord": _("Training"),
    "quality_selfcheck": _("Self-check"),
}

# Columns whose field has no name for people of its own.
COLUMNS: dict[str, str | Promise] = {
    "active": _("In use"),
    "added_at": _("Added on"),
    "added_by_id": _("Added by"),
    "answered_by_id": _("Answered by"),
    "application_id": _("Application for a place"),
    "approved_by_id": _("Approved by"),
    "asked_at": _("Asked on"),
    "checked_by_id": _("Checked by"),
    "child_id": _("Child"),
    "chosen_at": _("Chosen on"),
    "chosen_by_id": _("Chosen by"),
    "class_group_id": _("Class"),
    "closed_at": _("Closed on"),
    "closed_by_id": _("Closed by"),
    "closed_on": _("Closed on"),
    "content_object_id": _("Whose"),
    "confirmed_at": _("Seen on"),
    "confirmed_by_id": _("Seen by"),
    "corrected_by_id": _("Corrected by"),
    "day": _("Day"),
    "decided_by_id": _("Decided by"),
    "destroyed_by_id": _("Destroyed by"),
    "device_id": _("Device"),
    "dish_id": _("Dish"),
    "during": _("Period"),
    "fields": _("Questions"),
    "first_day": _("First day"),
    "icon": _("Symbol"),
    "findings": _("Findings"),
    "id": _("Number"),
    "ingredient_id": _("Ingredient"),
    "incident_id": _("Incident"),
    "institution_id": _("Institution"),
    "is_active": _("May sign in"),
    "item_id": _("Indicator"),
    "joined_at": _("Since"),
    "kind": _("Kind"),
    "language": _("Language"),
    "latitude": _("Latitude"),
    "longitude": _("Longitude"),
    "made_at": _("Made on"),
    "made_by_id": _("Made by"),
    "measured_by_id": _("Measured by"),
    "membership_id": _("Member of staff"),
    "menu_id": _("Menu of a week"),
    "next_due": _("Next due"),
    "opened_at": _("Opened on"),
    "opened_on": _("Opened on"),
    "permission_id": _("Right"),
    "published_by_id": _("Published by"),
    "recorded_at": _("Recorded on"),
    "region_id": _("Region"),
    "registered_by_id": _("Entered by"),
    "replaced_at": _("Replaced on"),
    "retired_at": _("Retired on"),
    "revoked_at": _("Removed on"),
    "role": _("Role"),
    "room_id": pgettext_lazy("site", "Room"),
    "schedule_id": _("Regular task of a ledger"),
    "rule_id": _("Rule"),
    "secret": _("Secret"),
    "serving_id": _("Dish as an age gets it"),
    "slot_id": _("Time for visits"),
    "taken_by_id": _("Taken by"),
    "told_at": _("Told on"),
    "told_by_id": _("Told by"),
    "type_id": _("Kind"),
    "user_id": _("Person"),
    "valid_from": _("Valid from"),
    "valid_to": _("Valid until"),
    "withdrawn_at": _("Taken back on"),
    "withdrawn_by_id": _("Taken back by"),
    "written_by_id": _("Written by"),
}


class KeepHistory(migrations.RunSQL):
    """A trigger that writes down each row added, changed or removed, whatever statement did it. Reversible.

    `sealed` is the encrypted columns and other secrets, each with the blind index that tells whether the text changed
    or only its key ("" where there is none): of them only the name is kept. `passed_by` is columns of no interest.
    """

    def __init__(
        self,
        table: str,
        *,
        child: str = "",
        institution: str = "institution_id",
        sealed: dict[str, str] | None = None,
        passed_by: tuple[str, ...] = (),
    ) -> None:
        self.table = table
        self.given = {
            "child": child,
            "institution": institution,
            "sealed": sealed or {},
            "passed_by": passed_by,
        }
        arguments = (child, institution, json.dumps(sealed or {}), "{" + ",".join(passed_by) + "}")
        said = ", ".join(f"'{each}'" for each in arguments)
        super().__init__(
            f"CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION institution_keep_history({said});"
            # ALWAYS: also with session_replication_role = replica
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER history;",
            f"DROP TRIGGER history ON {table};",
        )

    def deconstruct(self):
        return (type(self).__name__, [self.table], self.given)

    def describe(self) -> str:
        return f"History of {self.table}"


@contextmanager
def not_kept() -> Iterator[None]:
    """For loading a made-up city. Only a session of the owner of the tables can do it, and only inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.history', 'off', true)")
        yield
        cursor.execute("SELECT set_config('app.history', '', true)")


def forget(child_id: int) -> None:
    """Take out every value of this child's rows. That something changed, when and by whom, stays."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT institution_forget_history(%s)", [child_id])


def column_label(field: models.Field) -> str | Promise:
    """The field's own name for people, where it has one."""
    column = str(field.column)
    own: object = field.verbose_name
    return own if isinstance(own, Promise) else COLUMNS.get(column, column)
