"""Applications for a place, the offers made to them and the contracts signed."""

import uuid

import django.contrib.postgres.functions
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import core.crypto


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0042_roster"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Application",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "sealed_id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        unique=True,
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="child's name")),
                (
                    "sex",
                    models.CharField(
                        choices=[("male", "Boy"), ("female", "Girl")],
                        max_length=10,
                        verbose_name="sex",
                    ),
                ),
                ("born_on", models.DateField(verbose_name="born on")),
                (
                    "resident_id",
                    core.crypto.EncryptedTextField(
                        blank=True,
                        default="",
                        purpose="child",
                        subject="sealed_id",
                        verbose_name="resident id",
                    ),
                ),
                ("resident_id_index", core.crypto.BlindIndexField(null=True, source="resident_id")),
                ("resident_id_index_next", core.crypto.NextBlindIndexField(unique=False)),
                ("guardian_name", models.CharField(max_length=64, verbose_name="guardian's name")),
                (
                    "guardian_phone",
                    core.crypto.EncryptedTextField(
                        blank=True,
                        default="",
                        purpose="child",
                        subject="sealed_id",
                        verbose_name="guardian's mobile phone",
                    ),
                ),
                (
                    "relation",
                    models.CharField(
                        choices=[
                            ("mother", "Mother"),
                            ("father", "Father"),
                            ("grandmother", "Grandmother"),
                            ("grandfather", "Grandfather"),
                            ("other", "Other guardian"),
                        ],
                        max_length=12,
                        verbose_name="relation",
                    ),
                ),
                ("wished_month", models.DateField(verbose_name="wished month")),
                (
                    "class_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("infant", "Infant class"),
                            ("toddler_small", "Younger toddler class"),
                            ("toddler_big", "Older toddler class"),
                            ("mixed", "Mixed-age class"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="wished class",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("walk_in", "Came by"),
                            ("phone", "Called"),
                            ("online", "Found online"),
                            ("recommended", "Recommended"),
                            ("other", "Otherwise"),
                        ],
                        max_length=12,
                        verbose_name="how the family came",
                    ),
                ),
                (
                    "sibling",
                    models.BooleanField(default=False, verbose_name="brother or sister here"),
                ),
                ("priority", models.PositiveSmallIntegerField(default=0, verbose_name="priority")),
                (
                    "priority_reason",
                    models.CharField(
                        blank=True, default="", max_length=60, verbose_name="reason of the priority"
                    ),
                ),
                (
                    "note",
                    models.CharField(
                        blank=True, default="", max_length=200, verbose_name="note of the office"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("enquiry", "Enquiry"),
                            ("visit", "Visit booked"),
                            ("applied", "Applied"),
                            ("waiting", "Waiting list"),
                            ("offered", "Place offered"),
                            ("contracted", "Contract signed"),
                            ("started", "Started"),
                            ("left", "Left again"),
                            ("withdrawn", "Withdrawn by the family"),
                            ("declined", "Declined by the nursery"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("state_since", models.DateTimeField(verbose_name="in this state since")),
                (
                    "waiting_since",
                    models.DateField(blank=True, null=True, verbose_name="waiting since"),
                ),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "child",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="institution.child",
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applications",
                        to="institution.institution",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ApplicationStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "before",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("enquiry", "Enquiry"),
                            ("visit", "Visit booked"),
                            ("applied", "Applied"),
                            ("waiting", "Waiting list"),
                            ("offered", "Place offered"),
                            ("contracted", "Contract signed"),
                            ("started", "Started"),
                            ("left", "Left again"),
                            ("withdrawn", "Withdrawn by the family"),
                            ("declined", "Declined by the nursery"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("enquiry", "Enquiry"),
                            ("visit", "Visit booked"),
                            ("applied", "Applied"),
                            ("waiting", "Waiting list"),
                            ("offered", "Place offered"),
                            ("contracted", "Contract signed"),
                            ("started", "Started"),
                            ("left", "Left again"),
                            ("withdrawn", "Withdrawn by the family"),
                            ("declined", "Declined by the nursery"),
                        ],
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="reason"),
                ),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="institution.application",
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
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("full_day", "Full day"),
                            ("half_day", "Half day"),
                            ("hourly", "By the hour"),
                            ("temporary", "Now and then"),
                            ("boarding", "Boarding"),
                        ],
                        max_length=10,
                        verbose_name="way of service",
                    ),
                ),
                (
                    "fee_terms",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="fees agreed",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="agreed until")),
                ("signed_on", models.DateField(verbose_name="signed on")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("kindergarten", "Goes to kindergarten"),
                            ("moved", "Family moved away"),
                            ("other_nursery", "Goes to another nursery"),
                            ("cost", "Cost"),
                            ("health", "Health"),
                            ("at_home", "Cared for at home"),
                            ("other", "Another reason"),
                        ],
                        default="",
                        max_length=14,
                        verbose_name="why it ended",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="institution.application",
                    ),
                ),
                (
                    "class_group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start_on", models.DateField(verbose_name="first day")),
                ("expires_on", models.DateField(verbose_name="holds until")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Taken back"),
                            ("expired", "Ran out"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="institution.application",
                    ),
                ),
                (
                    "class_group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
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
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                fields=["institution", "state"], name="institution_application_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_application_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ("enquiry", "visit", "applied", "waiting", "offered", "contracted"),
                    )
                ),
                fields=("institution", "resident_id_index"),
                name="institution_application_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(("wished_month__day", 1)), name="institution_application_month"
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("priority", 0), ("priority_reason", "")),
                    models.Q(("priority__gt", 0), models.Q(("priority_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="institution_application_priority",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "waiting"), _negated=True),
                    ("waiting_since__isnull", False),
                    _connector="OR",
                ),
                name="institution_application_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("started", "left")), _negated=True),
                    ("child__isnull", False),
                    _connector="OR",
                ),
                name="institution_application_started",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="application",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="42b83591650d6bd2261e0e2502fda41cc424490d",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_39e7c",
                    table="institution_application",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on", None)),
                fields=("application",),
                name="institution_contract_one_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                ),
                name="institution_contract_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_reason", ""), ("ended_on", None)),
                    models.Q(
                        ("ended_on__isnull", False), models.Q(("end_reason", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="institution_contract_end",
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["class_group"],
                name="institution_offer_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("application",),
                name="institution_offer_one_open",
            ),
        ),
    ]
