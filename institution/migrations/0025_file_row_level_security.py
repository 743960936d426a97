from django.db import migrations

from core.postgres.policies import AT_CHILDS_NURSERY, IN_REACH, Isolate


class Migration(migrations.Migration):
    dependencies = [("institution", "0024_fees_of_before")]

    operations = [
        Isolate("institution_servicefee", staff=IN_REACH, family=AT_CHILDS_NURSERY),
        Isolate("institution_licence", staff=IN_REACH),
    ]
