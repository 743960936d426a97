"""Walls and history of classes' places and of rooms."""

from django.db import migrations

from core.postgres.policies import IN_REACH, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [("institution", "0038_classes_and_rooms")]

    operations = [
        same_institution("institution_classcapacity", "class_group_id", "institution_classgroup"),
        same_institution("institution_roomuse", "class_group_id", "institution_classgroup"),
        same_institution("institution_roomuse", "room_id", "institution_room"),
        Isolate("institution_classcapacity", staff=IN_REACH),
        Isolate("institution_room", staff=IN_REACH),
        Isolate("institution_roomuse", staff=IN_REACH),
        KeepHistory("institution_classcapacity"),
        KeepHistory("institution_room"),
        KeepHistory("institution_roomuse"),
    ]
