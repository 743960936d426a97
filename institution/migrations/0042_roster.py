"""Who is planned with which class, and who is away."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from core.postgres.policies import IN_OWN, IN_REACH, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0041_staff_presence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Shift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("starts_at", models.TimeField(verbose_name="from")),
                ("ends_at", models.TimeField(verbose_name="until")),
                (
                    "class_group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shifts",
                        to="institution.classgroup",
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shifts",
                        to="institution.membership",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["institution", "day"], name="institution_shift_day")
                ],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("membership_id"),
                                    models.F("membership_id"),
                                    models.Value("[]"),
                                    function="int8range",
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.ExpressionWrapper(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("day"), "+", models.F("starts_at")
                                        ),
                                        output_field=models.DateTimeField(),
                                    ),
                                    models.ExpressionWrapper(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("day"), "+", models.F("ends_at")
                                        ),
                                        output_field=models.DateTimeField(),
                                    ),
                                    function="tsrange",
                                ),
                                "&&",
                            ),
                        ],
                        name="institution_shift_no_overlap",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="institution_shift_hours",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffLeave",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("annual", "Annual leave"),
                            ("ill", "Ill"),
                            ("private", "Private leave"),
                            ("maternity", "Maternity leave"),
                            ("training", "Training"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "during",
                    django.contrib.postgres.fields.ranges.DateRangeField(verbose_name="days"),
                ),
                (
                    "note",
                    models.CharField(blank=True, default="", max_length=120, verbose_name="note"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked for"),
                            ("granted", "Granted"),
                            ("refused", "Not granted"),
                        ],
                        default="asked",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leaves",
                        to="institution.membership",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["institution", "state"], name="institution_staffleave_state"
                    )
                ],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("state", "refused"), _negated=True),
                        expressions=[
                            (
                                models.Func(
                                    models.F("membership_id"),
                                    models.F("membership_id"),
                                    models.Value("[]"),
                                    function="int8range",
                                ),
                                "&&",
                            ),
                            ("during", "&&"),
                        ],
                        name="institution_staffleave_no_overlap",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("during__isempty", False),
                            ("during__startswith__isnull", False),
                            ("during__endswith__isnull", False),
                        ),
                        name="institution_staffleave_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by", None), ("state", "asked")),
                            models.Q(
                                models.Q(("state", "asked"), _negated=True),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="institution_staffleave_decided",
                    ),
                ],
            },
        ),
        same_institution("institution_shift", "membership_id", "institution_membership"),
        same_institution("institution_shift", "class_group_id", "institution_classgroup"),
        same_institution("institution_staffleave", "membership_id", "institution_membership"),
        Isolate("institution_shift", staff=IN_REACH),
        Isolate("institution_staffleave", staff=IN_OWN),
        KeepHistory("institution_shift"),
        KeepHistory("institution_staffleave"),
    ]
