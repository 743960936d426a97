"""Which rows of the nursery, and of the people and devices below it, keep their history (institution.history.TABLES)."""

from django.db import migrations

from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [("institution", "0011_row_history")]

    operations = [
        KeepHistory(
            "institution_child",
            child="id",
            institution="",
            sealed={"resident_id": "resident_id_index"},
            passed_by=("resident_id_index", "resident_id_index_next", "sealed_id"),
        ),
        KeepHistory("institution_guardianship", child="child_id", institution=""),
        KeepHistory("institution_childgrant", child="content_object_id", institution=""),
        KeepHistory("institution_allergy", child="child_id"),
        KeepHistory("institution_enrolment", child="child_id"),
        KeepHistory("institution_institution", institution="id"),
        KeepHistory("institution_classgroup"),
        KeepHistory("institution_entrykind"),
        KeepHistory("institution_membership"),
        KeepHistory("institution_classduty"),
        KeepHistory("institution_institutiongrant", institution="content_object_id"),
        KeepHistory(
            "core_user",
            institution="",
            sealed={"phone": "phone_index", "password": ""},
            passed_by=(
                "phone_index",
                "phone_index_next",
                "sealed_id",
                "last_login",
                "session_epoch",
            ),
        ),
        KeepHistory("core_regionpost", institution=""),
        KeepHistory(
            "core_device",
            passed_by=(
                "battery",
                "clock_offset",
                "firmware",
                "last_seen_at",
                "next_hash",
                "old_hash",
                "old_until",
                "person_id",
                "rotated_at",
                "secret_hash",
            ),
        ),
        KeepHistory("core_machinekey", institution="", sealed={"secret": ""}),
    ]
