"""Incidents: what happened, whom it is about, its course, what families are told and what an authority is."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import core.crypto


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0061_alert_of_late_ledgers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ratio_breach", "Too few carers"),
                    ("late_pickup", "Late pick-up"),
                    ("unknown_person", "Unknown person at pick-up"),
                    ("sick_absence_open", "Sick absence to follow up"),
                    ("certificate_expiring", "Certificate runs out"),
                    ("double_employment", "Employed in two institutions"),
                    ("over_capacity", "More children than places"),
                    ("ledger_late", "Safety ledger is late"),
                    ("serious_incident", "Serious incident to report"),
                    ("report_overdue", "Report to the authority overdue"),
                    ("incident_unread", "Incident not acknowledged by the family"),
                ],
                max_length=24,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="alertrule",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ratio_breach", "Too few carers"),
                    ("late_pickup", "Late pick-up"),
                    ("unknown_person", "Unknown person at pick-up"),
                    ("sick_absence_open", "Sick absence to follow up"),
                    ("certificate_expiring", "Certificate runs out"),
                    ("double_employment", "Employed in two institutions"),
                    ("over_capacity", "More children than places"),
                    ("ledger_late", "Safety ledger is late"),
                    ("serious_incident", "Serious incident to report"),
                    ("report_overdue", "Report to the authority overdue"),
                    ("incident_unread", "Incident not acknowledged by the family"),
                ],
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="push",
            name="about",
            field=models.CharField(
                choices=[
                    ("alert", "Alert"),
                    ("message", "Message"),
                    ("notice", "Notice"),
                    ("incident", "Incident"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Incident",
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
                (
                    "place",
                    models.CharField(
                        blank=True, default="", max_length=40, verbose_name="another place"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("fall", "Fall or bump"),
                            ("bite", "Bite or scratch"),
                            ("burn", "Burn or scald"),
                            ("ingestion", "Swallowed or breathed in something"),
                            ("allergy", "Allergic reaction"),
                            ("lost", "Child out of sight"),
                            ("other", "Something else"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "gravity",
                    models.CharField(
                        choices=[
                            ("minor", "Minor, cared for here"),
                            ("medical", "Seen by a doctor"),
                            ("serious", "Serious"),
                        ],
                        max_length=8,
                        verbose_name="how serious",
                    ),
                ),
                ("happened_at", models.DateTimeField(verbose_name="happened at")),
                (
                    "body",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("forehead", "Forehead"),
                                ("face", "Face and mouth"),
                                ("chest", "Chest"),
                                ("belly", "Belly"),
                                ("hips", "Hips"),
                                ("arm_r", "Right arm"),
                                ("arm_l", "Left arm"),
                                ("hand_r", "Right hand"),
                                ("hand_l", "Left hand"),
                                ("leg_r", "Right leg"),
                                ("leg_l", "Left leg"),
                                ("foot_r", "Right foot"),
                                ("foot_l", "Left foot"),
                                ("crown", "Back of the head"),
                                ("nape", "Neck, from behind"),
                                ("upper_back", "Upper back"),
                                ("lower_back", "Lower back"),
                                ("buttocks", "Buttocks"),
                                ("arm_l_back", "Left arm, from behind"),
                                ("arm_r_back", "Right arm, from behind"),
                                ("hand_l_back", "Back of the left hand"),
                                ("hand_r_back", "Back of the right hand"),
                                ("leg_l_back", "Left leg, from behind"),
                                ("leg_r_back", "Right leg, from behind"),
                                ("heel_l", "Left heel"),
                                ("heel_r", "Right heel"),
                            ],
                            max_length=12,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="where on the body",
                    ),
                ),
                (
                    "what",
                    core.crypto.EncryptedTextField(
                        blank=True, default="", purpose="incident", verbose_name="what happened"
                    ),
                ),
                (
                    "done",
                    core.crypto.EncryptedTextField(
                        blank=True, default="", purpose="incident", verbose_name="what was done"
                    ),
                ),
                (
                    "seen_by",
                    core.crypto.EncryptedTextField(
                        blank=True, default="", purpose="incident", verbose_name="who saw it"
                    ),
                ),
                ("photo", models.UUIDField(blank=True, null=True, verbose_name="photo")),
                (
                    "child_count",
                    models.PositiveSmallIntegerField(default=0, verbose_name="number of children"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("review", "In review"),
                            ("shared", "With the family"),
                            ("closed", "Closed"),
                        ],
                        default="draft",
                        max_length=6,
                        verbose_name="state",
                    ),
                ),
                (
                    "serious_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="serious since"),
                ),
                ("written_at", models.DateTimeField(verbose_name="written at")),
                (
                    "approved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="approved at"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="IncidentChild",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.child",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="institution.incident",
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
            ],
        ),
        migrations.CreateModel(
            name="IncidentNotice",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("fall", "Fall or bump"),
                            ("bite", "Bite or scratch"),
                            ("burn", "Burn or scald"),
                            ("ingestion", "Swallowed or breathed in something"),
                            ("allergy", "Allergic reaction"),
                            ("lost", "Child out of sight"),
                            ("other", "Something else"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "gravity",
                    models.CharField(
                        choices=[
                            ("minor", "Minor, cared for here"),
                            ("medical", "Seen by a doctor"),
                            ("serious", "Serious"),
                        ],
                        max_length=8,
                        verbose_name="how serious",
                    ),
                ),
                ("happened_at", models.DateTimeField(verbose_name="happened at")),
                (
                    "place",
                    models.CharField(blank=True, default="", max_length=40, verbose_name="where"),
                ),
                (
                    "body",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("forehead", "Forehead"),
                                ("face", "Face and mouth"),
                                ("chest", "Chest"),
                                ("belly", "Belly"),
                                ("hips", "Hips"),
                                ("arm_r", "Right arm"),
                                ("arm_l", "Left arm"),
                                ("hand_r", "Right hand"),
                                ("hand_l", "Left hand"),
                                ("leg_r", "Right leg"),
                                ("leg_l", "Left leg"),
                                ("foot_r", "Right foot"),
                                ("foot_l", "Left foot"),
                                ("crown", "Back of the head"),
                                ("nape", "Neck, from behind"),
                                ("upper_back", "Upper back"),
                                ("lower_back", "Lower back"),
                                ("buttocks", "Buttocks"),
                                ("arm_l_back", "Left arm, from behind"),
                                ("arm_r_back", "Right arm, from behind"),
                                ("hand_l_back", "Back of the left hand"),
                                ("hand_r_back", "Back of the right hand"),
                                ("leg_l_back", "Left leg, from behind"),
                                ("leg_r_back", "Right leg, from behind"),
                                ("heel_l", "Left heel"),
                                ("heel_r", "Right heel"),
                            ],
                            max_length=12,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="where on the body",
                    ),
                ),
                (
                    "text",
                    core.crypto.EncryptedTextField(
                        purpose="child",
                        subject="child__sealed_id",
                        verbose_name="what the family reads",
                    ),
                ),
                ("photo", models.UUIDField(blank=True, null=True, verbose_name="photo")),
                ("shown_at", models.DateTimeField(verbose_name="shown at")),
                ("remind_at", models.DateTimeField(verbose_name="reminder at")),
                (
                    "acknowledged_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="acknowledged at"),
                ),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="acknowledged by",
                    ),
                ),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.child",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="institution.incident",
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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="IncidentStep",
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
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("written", "Written down"),
                            ("submitted", "Sent to review"),
                            ("sent_back", "Sent back"),
                            ("corrected", "Corrected"),
                            ("approved", "Approved and shown to the family"),
                            ("acknowledged", "Acknowledged by the family"),
                            ("reported", "Reported to the authority"),
                            ("closed", "Closed"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("review", "In review"),
                            ("shared", "With the family"),
                            ("closed", "Closed"),
                        ],
                        max_length=6,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "reason",
                    core.crypto.EncryptedTextField(blank=True, default="", purpose="incident"),
                ),
                (
                    "before",
                    core.crypto.EncryptedTextField(blank=True, default="", purpose="incident"),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="institution.incident",
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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ReportRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30)),
                ("authority", models.CharField(max_length=60)),
                ("authority_en", models.CharField(max_length=80)),
                ("region_path", models.CharField(blank=True, default="", max_length=100)),
                ("minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("basis", models.CharField(max_length=120, verbose_name="basis")),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "region_path", "valid_from"),
                        name="institution_reportrule_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_to__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="institution_reportrule_period",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IncidentReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("authority", models.CharField(max_length=60, verbose_name="authority")),
                (
                    "authority_en",
                    models.CharField(max_length=80, verbose_name="authority, in English"),
                ),
                ("started_at", models.DateTimeField(verbose_name="clock began")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                (
                    "reported_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="reported at"),
                ),
                (
                    "reported_to",
                    models.CharField(blank=True, default="", max_length=60, verbose_name="to whom"),
                ),
                (
                    "reference_no",
                    models.CharField(
                        blank=True, default="", max_length=60, verbose_name="reference number"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="institution.incident",
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
                    "reported_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reported by",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.reportrule",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                fields=["institution", "-happened_at"], name="institution_incident_latest"
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_incident_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("gravity", "serious"), ("serious_at__isnull", False)),
                    models.Q(models.Q(("gravity", "serious"), _negated=True), ("serious_at", None)),
                    _connector="OR",
                ),
                name="institution_incident_serious",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", False), ("state", "closed")),
                    models.Q(models.Q(("state", "closed"), _negated=True), ("closed_at", None)),
                    _connector="OR",
                ),
                name="institution_incident_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("state__in", ["shared", "closed"]),
                    ),
                    models.Q(
                        ("approved_at", None),
                        ("approved_by", None),
                        ("state__in", ["draft", "review"]),
                    ),
                    _connector="OR",
                ),
                name="institution_incident_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(("happened_at__lte", models.F("written_at"))),
                name="institution_incident_past",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incident",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="ac0b159cd34e83421b0dc6d3ef968e88a6c09f38",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_593f7",
                    table="institution_incident",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentchild",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("incident", "child"),
                name="institution_incidentchild_once",
            ),
        ),
        migrations.AddIndex(
            model_name="incidentnotice",
            index=models.Index(
                condition=models.Q(("acknowledged_at", None)),
                fields=["remind_at"],
                name="institution_incidentnotice_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentnotice",
            constraint=models.UniqueConstraint(
                fields=("incident", "child"), name="institution_incidentnotice_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("acknowledged_at", None), ("acknowledged_by", None)),
                    models.Q(
                        ("acknowledged_at__isnull", False), ("acknowledged_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="institution_incidentnotice_acknowledged",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incidentnotice",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="53e1793aa888ad314af8d57398a9813dc9d09318",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_ff468",
                    table="institution_incidentnotice",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incidentstep",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="cb0c980d6dfbb419af203083ee263484e496ae67",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_ce03b",
                    table="institution_incidentstep",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incidentstep",
            trigger=pgtrigger.compiler.Trigger(
                name="step_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id") OR OLD."institution_id" IS DISTINCT FROM (NEW."institution_id") OR OLD."incident_id" IS DISTINCT FROM (NEW."incident_id") OR OLD."act" IS DISTINCT FROM (NEW."act") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."by_id" IS DISTINCT FROM (NEW."by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c1518d67b366ef4f16725fa86576962b13f720ab",
                    operation="UPDATE",
                    pgid="pgtrigger_step_stays_dee80",
                    table="institution_incidentstep",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="incidentreport",
            index=models.Index(
                condition=models.Q(("reported_at", None)),
                fields=["due_at"],
                name="institution_report_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentreport",
            constraint=models.UniqueConstraint(
                fields=("incident", "rule"), name="institution_incidentreport_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at__gte", models.F("started_at"))),
                name="institution_incidentreport_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reported_at", None), ("reported_by", None), ("reported_to", "")),
                    models.Q(
                        ("reported_at__isnull", False),
                        ("reported_by__isnull", False),
                        models.Q(("reported_to", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="institution_incidentreport_whole",
            ),
        ),
    ]
