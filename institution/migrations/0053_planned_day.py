"""What families tell of the days to come."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.postgres.policies import IN_OWN, Isolate
from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0052_pickup_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PlannedDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("coming", models.BooleanField(verbose_name="comes")),
                ("arrives_at", models.TimeField(blank=True, null=True, verbose_name="comes at")),
                (
                    "leaves_at",
                    models.TimeField(blank=True, null=True, verbose_name="is fetched at"),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[("ill", "Ill"), ("private", "Private leave"), ("other", "Other")],
                        default="",
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
                (
                    "note",
                    models.CharField(blank=True, default="", max_length=80, verbose_name="note"),
                ),
                ("late", models.BooleanField(default=False, verbose_name="told late")),
                ("told_at", models.DateTimeField()),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="planned_days",
                        to="institution.child",
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
                    "told_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["institution", "day"], name="institution_plannedday_day")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("child", "day"), name="institution_plannedday_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("coming", True), ("reason", "")),
                            models.Q(
                                ("arrives_at", None),
                                ("coming", False),
                                ("leaves_at", None),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="institution_plannedday_coming_or_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("leaves_at", None),
                            ("arrives_at", None),
                            ("leaves_at__gt", models.F("arrives_at")),
                            _connector="OR",
                        ),
                        name="institution_plannedday_hours",
                    ),
                ],
            },
        ),
        Isolate(
            "institution_plannedday",
            staff=IN_OWN,
            family="child_id = ANY((SELECT app_children())::bigint[])"
            " AND institution_id = ANY((SELECT app_child_inst())::bigint[])",
        ),
        KeepHistory("institution_plannedday", child="child_id"),
    ]
