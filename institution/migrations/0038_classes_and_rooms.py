"""Places of a class from a day on, rooms, and which class uses which room when."""

from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Func, Q, Value

OVERLAPS = "&&"
KEY = (
    "id",
    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
)
SITE_RULES = [
    ("lowest_storey", "Lowest floor"),
    ("highest_storey", "Highest floor"),
    ("floor_area", "Floor area for each place"),
    ("outdoor_area", "Outdoor area for each place"),
    ("places", "Places"),
    ("room_area", "Area of a class's rooms for each place"),
    ("fees", "A fee for each way of service"),
    ("licence_registration", "Business licence or other registration"),
    ("licence_site", "Proof of the site"),
    ("licence_health", "Health assessment report"),
    ("licence_fire", "Fire safety certificate"),
    ("licence_food", "Food business licence"),
    ("licence_pledge", "Filing form with pledge"),
]


def to(model: str, name: str) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=name, to=f"institution.{model}"
    )


def same(column: str) -> tuple:
    return Func(F(column), F(column), Value("[]"), function="int8range"), OVERLAPS


class Migration(migrations.Migration):
    dependencies = [("institution", "0037_closures_history")]

    operations = [
        migrations.AlterField(
            model_name="siterule",
            name="code",
            field=models.CharField(choices=SITE_RULES, max_length=30),
        ),
        migrations.CreateModel(
            name="ClassCapacity",
            fields=[
                KEY,
                ("places", models.PositiveSmallIntegerField(verbose_name="places")),
                ("valid_from", models.DateField()),
                ("class_group", to("classgroup", "capacities")),
                ("institution", to("institution", "class_capacities")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("class_group", "valid_from"),
                        name="institution_classcapacity_once",
                    ),
                    models.CheckConstraint(
                        condition=Q(("places__gte", 1)), name="institution_classcapacity_places"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Room",
            fields=[
                KEY,
                ("name", models.CharField(max_length=40, verbose_name="name")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("care", "Group room"),
                            ("sleep", "Sleeping room"),
                            ("wash", "Washroom"),
                            ("kitchen", "Kitchen"),
                            ("health", "Health room"),
                            ("nursing", "Nursing room"),
                            ("office", "Office"),
                            ("outdoor", "Outdoor ground"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                        verbose_name="purpose",
                    ),
                ),
                ("storey", models.SmallIntegerField(verbose_name="floor")),
                (
                    "area",
                    models.DecimalField(decimal_places=1, max_digits=6, verbose_name="area, m²"),
                ),
                ("institution", to("institution", "rooms")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("institution", "name"), name="institution_room_name"
                    ),
                    models.UniqueConstraint(
                        fields=("id", "institution"), name="institution_room_tenant"
                    ),
                    models.CheckConstraint(
                        condition=Q(("area__gt", Decimal(0))), name="institution_room_area"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoomUse",
            fields=[
                KEY,
                (
                    "during",
                    django.contrib.postgres.fields.ranges.DateRangeField(verbose_name="period"),
                ),
                ("class_group", to("classgroup", "rooms")),
                ("institution", to("institution", "room_uses")),
                ("room", to("room", "uses")),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        name="institution_roomuse_no_overlap",
                        expressions=[
                            same("room_id"),
                            same("class_group_id"),
                            ("during", OVERLAPS),
                        ],
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            ("during__isempty", False), ("during__startswith__isnull", False)
                        ),
                        name="institution_roomuse_period",
                    ),
                ],
            },
        ),
    ]
