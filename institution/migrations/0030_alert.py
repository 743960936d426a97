"""Alerts, the dated rules of how soon they are answered, and who was told of them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0027_file_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertRule",
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
                            ("ratio_breach", "Too few carers"),
                            ("late_pickup", "Late pick-up"),
                            ("unknown_person", "Unknown person at pick-up"),
                            ("sick_absence_open", "Sick absence to follow up"),
                            ("certificate_expiring", "Certificate runs out"),
                            ("double_employment", "Employed in two institutions"),
                            ("over_capacity", "More children than places"),
                        ],
                        max_length=24,
                    ),
                ),
                ("region_path", models.CharField(blank=True, default="", max_length=100)),
                ("minutes", models.PositiveIntegerField(verbose_name="minutes")),
                ("basis", models.CharField(max_length=120, verbose_name="basis")),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "region_path", "valid_from"),
                        name="institution_alertrule_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_to__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="institution_alertrule_period",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
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
                            ("ratio_breach", "Too few carers"),
                            ("late_pickup", "Late pick-up"),
                            ("unknown_person", "Unknown person at pick-up"),
                            ("sick_absence_open", "Sick absence to follow up"),
                            ("certificate_expiring", "Certificate runs out"),
                            ("double_employment", "Employed in two institutions"),
                            ("over_capacity", "More children than places"),
                        ],
                        max_length=24,
                        verbose_name="kind",
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                (
                    "severity",
                    models.CharField(
                        choices=[("critical", "Critical"), ("high", "High"), ("normal", "Normal")],
                        max_length=10,
                        verbose_name="severity",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("taken", "In hand"), ("closed", "Closed")],
                        default="open",
                        max_length=6,
                        verbose_name="state",
                    ),
                ),
                ("evidence", models.JSONField(default=dict)),
                ("rule", models.CharField(blank=True, default="", max_length=80)),
                ("raised_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(blank=True, null=True)),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "On duty"), (1, "Director")], default=0
                    ),
                ),
                ("escalated_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("resolved", "Resolved"),
                            ("false_alarm", "False alarm"),
                            ("referred", "Passed on"),
                            ("ended", "Ended by itself"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "note",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="note"),
                ),
                (
                    "child",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.child",
                    ),
                ),
                (
                    "class_group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.classgroup",
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="institution.institution",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.membership",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["due_at"],
                        name="institution_alert_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "closed")),
                        fields=["institution", "-closed_at"],
                        name="institution_alert_closed_at",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=("institution", "kind", "key"),
                        name="institution_alert_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("state", "closed")),
                            models.Q(
                                models.Q(("state", "closed"), _negated=True),
                                ("closed_at", None),
                                ("outcome", ""),
                            ),
                            _connector="OR",
                        ),
                        name="institution_alert_closed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome__gt", ""), ("state", "closed")),
                            models.Q(("state", "closed"), _negated=True),
                            _connector="OR",
                        ),
                        name="institution_alert_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("owner", None), ("taken_at", None)),
                            models.Q(("owner__isnull", False), ("taken_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="institution_alert_owner",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "taken"), _negated=True),
                            ("owner__isnull", False),
                            _connector="OR",
                        ),
                        name="institution_alert_taken",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("escalated_at", None), ("level", 0)),
                            models.Q(("escalated_at__isnull", False), ("level__gt", 0)),
                            _connector="OR",
                        ),
                        name="institution_alert_escalated",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Push",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("channel", models.CharField(max_length=20)),
                ("about", models.CharField(choices=[("alert", "Alert")], max_length=10)),
                ("subject", models.CharField(max_length=40)),
                ("step", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("given_up", models.BooleanField(default=False)),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("given_up", False), ("sent_at", None)),
                        fields=["due_at"],
                        name="institution_push_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "channel", "about", "subject", "step"),
                        name="institution_push_once",
                    )
                ],
            },
        ),
    ]
