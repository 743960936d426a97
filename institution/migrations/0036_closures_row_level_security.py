from django.db import migrations

from core.postgres.policies import AT_CHILDS_NURSERY, IN_REACH, Isolate
from core.tenancy import same_institution


class Migration(migrations.Migration):
    dependencies = [("institution", "0035_closures")]

    operations = [
        same_institution("institution_closure", "class_group_id", "institution_classgroup"),
        Isolate("institution_closure", staff=IN_REACH, family=AT_CHILDS_NURSERY),
        Isolate("institution_makeupday", staff=IN_REACH, family=AT_CHILDS_NURSERY),
    ]
