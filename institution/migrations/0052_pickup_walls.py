from django.db import migrations

from core.postgres.policies import IN_OWN, OF_OWN_CHILD, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory

# A parent writes both: only of an own child, and only for a nursery where the child has or had a place.
FAMILY = f"{OF_OWN_CHILD} AND institution_id = ANY((SELECT app_child_inst())::bigint[])"


class Migration(migrations.Migration):
    dependencies = [("institution", "0051_pickup")]

    operations = [
        same_institution("institution_pickuppass", "person_id", "institution_pickupperson"),
        Isolate("institution_pickupperson", staff=IN_OWN, family=FAMILY),
        Isolate("institution_pickuppass", staff=IN_OWN, family=FAMILY),
        KeepHistory(
            "institution_pickupperson",
            child="child_id",
            sealed={"phone": ""},
            passed_by=("sealed_id",),
        ),
    ]
