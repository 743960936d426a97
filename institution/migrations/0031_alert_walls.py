"""Alerts refer to rows of their own institution, and only its staff reaches them."""

from django.db import migrations

from core.postgres.policies import IN_OWN, Isolate
from core.tenancy import same_institution


class Migration(migrations.Migration):
    dependencies = [("institution", "0030_alert")]

    operations = [
        same_institution("institution_alert", "class_group_id", "institution_classgroup"),
        same_institution("institution_alert", "owner_id", "institution_membership"),
        Isolate("institution_alert", staff=IN_OWN),
        Isolate("institution_push", staff=IN_OWN),
    ]
