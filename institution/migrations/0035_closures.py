"""Days on which a nursery is closed, and days on which it is open beside the calendar."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce

OVERLAPS = "&&"


class Migration(migrations.Migration):
    dependencies = [("institution", "0033_message_walls"), ("core", "0022_calendar_day")]

    operations = [
        migrations.CreateModel(
            name="Closure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "during",
                    django.contrib.postgres.fields.ranges.DateRangeField(verbose_name="period"),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("break", "Nursery holidays"),
                            ("illness", "Infectious illness"),
                            ("weather", "Severe weather"),
                            ("repair", "Repairs"),
                            ("training", "Training of the staff"),
                            ("order", "Order of an authority"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
                (
                    "note",
                    models.CharField(blank=True, default="", max_length=120, verbose_name="note"),
                ),
                (
                    "class_group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closures",
                        to="institution.classgroup",
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closures",
                        to="institution.institution",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        name="institution_closure_no_overlap",
                        expressions=[
                            (
                                Func(
                                    F("institution_id"),
                                    F("institution_id"),
                                    Value("[]"),
                                    function="int8range",
                                ),
                                OVERLAPS,
                            ),
                            (
                                Func(
                                    Coalesce(F("class_group_id"), Value(0)),
                                    Coalesce(F("class_group_id"), Value(0)),
                                    Value("[]"),
                                    function="int8range",
                                ),
                                OVERLAPS,
                            ),
                            ("during", OVERLAPS),
                        ],
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            ("during__isempty", False),
                            ("during__startswith__isnull", False),
                            ("during__endswith__isnull", False),
                        ),
                        name="institution_closure_period",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MakeupDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "note",
                    models.CharField(blank=True, default="", max_length=120, verbose_name="note"),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="makeup_days",
                        to="institution.institution",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("institution", "day"), name="institution_makeupday_once"
                    ),
                ],
            },
        ),
    ]
