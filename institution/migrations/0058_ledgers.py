"""Health-and-safety ledgers: what is done again and again, how often from a day on, and what was done or found."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0057_notice"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerSchedule",
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
                            ("disinfection", "Disinfection"),
                            ("equipment", "Equipment"),
                            ("fire", "Fire safety"),
                            ("drill", "Drills"),
                            ("visitor", "Visitors"),
                            ("hazard", "Hazards"),
                        ],
                        max_length=12,
                        verbose_name="ledger",
                    ),
                ),
                ("what", models.CharField(max_length=60, verbose_name="what is done")),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.room",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LedgerRhythm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "repeat",
                    models.CharField(
                        choices=[
                            ("days", "Every so many days"),
                            ("weekly", "Every week, until a weekday"),
                            ("monthly", "Every month, until its last day"),
                            ("quarterly", "Every quarter, until its last day"),
                            ("never", "Not due any more"),
                        ],
                        max_length=9,
                        verbose_name="how often",
                    ),
                ),
                (
                    "every_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="every, days"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="weekday"),
                ),
                ("needs_photo", models.BooleanField(default=False, verbose_name="needs a photo")),
                (
                    "basis",
                    models.CharField(blank=True, default="", max_length=120, verbose_name="basis"),
                ),
                ("valid_from", models.DateField()),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.institution",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rhythms",
                        to="institution.ledgerschedule",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("disinfection", "Disinfection"),
                            ("equipment", "Equipment"),
                            ("fire", "Fire safety"),
                            ("drill", "Drills"),
                            ("visitor", "Visitors"),
                            ("hazard", "Hazards"),
                        ],
                        max_length=12,
                        verbose_name="ledger",
                    ),
                ),
                ("what", models.CharField(blank=True, default="", max_length=60)),
                ("at", models.DateTimeField()),
                ("detail", models.JSONField(default=dict)),
                (
                    "note",
                    models.CharField(blank=True, default="", max_length=300, verbose_name="note"),
                ),
                (
                    "photos",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "mend_by",
                    models.DateField(blank=True, null=True, verbose_name="to be mended by"),
                ),
                ("root", models.UUIDField(editable=False)),
                (
                    "reason",
                    models.CharField(
                        blank=True, default="", max_length=120, verbose_name="why it is corrected"
                    ),
                ),
                ("void", models.BooleanField(default=False)),
                (
                    "recorded_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closes",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closed_by",
                        to="institution.ledgerentry",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="institution.ledgerentry",
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
                    "schedule",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="institution.ledgerschedule",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="ledgerschedule",
            constraint=models.UniqueConstraint(
                fields=("institution", "kind", "what", "room"),
                name="institution_ledgerschedule_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerschedule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("room", None)),
                fields=("institution", "kind", "what"),
                name="institution_ledgerschedule_house_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerschedule",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_ledgerschedule_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerrhythm",
            constraint=models.UniqueConstraint(
                fields=("schedule", "valid_from"), name="institution_ledgerrhythm_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerrhythm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("every_days__gte", 1), ("every_days__isnull", False), ("repeat", "days")
                    ),
                    models.Q(models.Q(("repeat", "days"), _negated=True), ("every_days", None)),
                    _connector="OR",
                ),
                name="institution_ledgerrhythm_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerrhythm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("repeat", "weekly"), ("weekday__isnull", False), ("weekday__range", (1, 7))
                    ),
                    models.Q(models.Q(("repeat", "weekly"), _negated=True), ("weekday", None)),
                    _connector="OR",
                ),
                name="institution_ledgerrhythm_weekday",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["institution", "at"], name="institution_ledgerentry_at"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["schedule", "-at"], name="institution_ledgerentry_last"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["root"], name="institution_ledgerentry_root"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("mend_by__isnull", False)),
                fields=["mend_by"],
                name="institution_ledgerentry_mend",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["photos"], name="institution_ledgerentry_photos"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_ledgerentry_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("corrects", None),
                        ("reason", ""),
                        ("root", models.F("id")),
                        ("void", False),
                    ),
                    models.Q(
                        ("corrects__isnull", False),
                        models.Q(("root", models.F("id")), _negated=True),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="institution_ledgerentry_correction",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closes", None),
                    models.Q(
                        ("kind__in", ("hazard", "visitor")),
                        ("schedule", None),
                        models.Q(("closes", models.F("id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="institution_ledgerentry_closes",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("mend_by", None),
                    models.Q(("closes", None), ("kind", "hazard")),
                    _connector="OR",
                ),
                name="institution_ledgerentry_mend_by",
            ),
        ),
    ]
