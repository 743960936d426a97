"""Applications, offers and contracts keep what they were before (docs/adr/0013)."""

from django.db import migrations

from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [("institution", "0048_admission_row_level_security")]

    operations = [
        KeepHistory(
            "institution_application",
            child="child_id",
            # Who asked is forgotten with the child, and the history of before it was one would keep it.
            sealed={
                "resident_id": "resident_id_index",
                "guardian_phone": "",
                "name": "",
                "guardian_name": "",
                "note": "",
            },
            passed_by=("sealed_id", "resident_id_index", "resident_id_index_next"),
        ),
        KeepHistory("institution_offer"),
        KeepHistory("institution_contract"),
    ]
