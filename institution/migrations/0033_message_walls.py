"""Messages are for the child's family and the nursery where they were written."""

from django.db import migrations

from core.postgres.policies import AT_CHILDS_NURSERY, IN_OWN, OF_OWN_CHILD, Isolate
from core.tenancy import same_institution

FAMILY = f"{OF_OWN_CHILD} AND {AT_CHILDS_NURSERY}"


class Migration(migrations.Migration):
    dependencies = [("institution", "0032_message")]

    operations = [
        same_institution("institution_message", "thread_id", "institution_thread"),
        same_institution("institution_readmark", "thread_id", "institution_thread"),
        Isolate("institution_thread", staff=IN_OWN, family=FAMILY),
        Isolate("institution_message", staff=IN_OWN, family=FAMILY),
        Isolate("institution_readmark", staff=IN_OWN, family=FAMILY),
        Isolate("institution_messagehours", staff=IN_OWN, family=AT_CHILDS_NURSERY),
    ]
