"""Sick absences that are followed until they are closed, and what the illnesses ask for."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import core.crypto
from core.postgres.policies import IN_OWN, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0053_planned_day"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AbsenceCase",
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
                ("first_day", models.DateField()),
                ("opened_at", models.DateTimeField()),
                (
                    "symptoms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("fever", "Fever"),
                                ("cough", "Cough"),
                                ("rash", "Rash"),
                                ("diarrhoea", "Diarrhoea"),
                                ("vomiting", "Vomiting"),
                                ("jaundice", "Jaundice"),
                                ("eye", "Red eyes"),
                                ("injury", "Injury"),
                                ("other", "Other"),
                            ],
                            max_length=12,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="symptoms",
                    ),
                ),
                (
                    "illness",
                    models.CharField(blank=True, default="", max_length=30, verbose_name="illness"),
                ),
                (
                    "hospital",
                    core.crypto.EncryptedTextField(
                        blank=True,
                        default="",
                        purpose="child",
                        subject="child__sealed_id",
                        verbose_name="seen by",
                    ),
                ),
                ("infectious", models.BooleanField(default=False, verbose_name="infectious")),
                (
                    "needs_certificate",
                    models.BooleanField(default=False, verbose_name="needs a certificate"),
                ),
                ("next_due", models.DateField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "close_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("recovered", "Recovered"),
                            ("certificate", "Recovered, certificate seen"),
                            ("left", "Left the nursery"),
                            ("mistake", "Entered by mistake"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="closed because",
                    ),
                ),
                (
                    "certificate_no",
                    core.crypto.EncryptedTextField(
                        blank=True,
                        default="",
                        purpose="child",
                        subject="child__sealed_id",
                        verbose_name="certificate",
                    ),
                ),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absence_cases",
                        to="institution.child",
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
                    "closed_by",
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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AbsenceNote",
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
                ("day", models.DateField()),
                (
                    "note",
                    core.crypto.EncryptedTextField(
                        purpose="child", subject="child__sealed_id", verbose_name="note"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="institution.absencecase",
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
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="IllnessRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30)),
                ("name", models.CharField(max_length=40)),
                ("name_en", models.CharField(max_length=60)),
                ("infectious", models.BooleanField(default=False)),
                ("needs_certificate", models.BooleanField(default=False)),
                ("away_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("advice", models.CharField(blank=True, default="", max_length=120)),
                ("basis", models.CharField(max_length=120, verbose_name="basis")),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "valid_from"), name="institution_illnessrule_once"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="absencecase",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_absencecase_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="absencecase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("institution", "child"),
                name="institution_absencecase_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="absencecase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("close_reason", ""), ("closed_at", None), ("closed_by", None)),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        models.Q(("close_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="institution_absencecase_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="absencecase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("close_reason", "recovered"), ("needs_certificate", True), _negated=True
                ),
                name="institution_absencecase_certificate",
            ),
        ),
        migrations.AddConstraint(
            model_name="absencecase",
            constraint=models.CheckConstraint(
                condition=models.Q(("next_due__gte", models.F("first_day"))),
                name="institution_absencecase_due",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="absencecase",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f967b7f2686d327c8191abcdcf89a4afb56b9e54",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_0ecd0",
                    table="institution_absencecase",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="absencenote",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="d33d52c551b149f5e854606b69bdc0cbfbc55ab6",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_05ad7",
                    table="institution_absencenote",
                    when="BEFORE",
                ),
            ),
        ),
        same_institution("institution_absencecase", "class_group_id", "institution_classgroup"),
        same_institution("institution_absencenote", "class_group_id", "institution_classgroup"),
        same_institution("institution_absencenote", "case_id", "institution_absencecase"),
        Isolate("institution_absencecase", staff=IN_OWN),
        Isolate("institution_absencenote", staff=IN_OWN),
        KeepHistory(
            "institution_absencecase",
            child="child_id",
            sealed={"hospital": "", "certificate_no": ""},
            passed_by=("sealed_id",),
        ),
    ]
