"""The staff of a nursery: who the person is, the post, and what an inspection asks for."""

import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import core.crypto
from core.postgres.policies import IN_OWN, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory

FUNCTION = """
CREATE FUNCTION app_colleagues() RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    mine bigint[] := app_own_inst();
BEGIN
    IF mine = '{}' THEN
        RETURN mine;
    END IF;
    RETURN ARRAY(SELECT f.user_id FROM institution_stafffile f WHERE f.institution_id = ANY(mine));
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0039_classes_and_rooms_guarded"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffFile",
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
                    "post",
                    models.CharField(
                        choices=[
                            ("director", "Director"),
                            ("carer", "Carer"),
                            ("health_worker", "Health worker"),
                            ("clerk", "Clerk"),
                            ("cook", "Cook"),
                            ("guard", "Guard"),
                            ("other", "Another post"),
                        ],
                        max_length=16,
                        verbose_name="post",
                    ),
                ),
                (
                    "employment",
                    models.CharField(
                        choices=[("full_time", "Full time"), ("part_time", "Part time")],
                        max_length=10,
                        verbose_name="employment",
                    ),
                ),
                (
                    "education",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("junior", "Junior high school or less"),
                            ("senior", "Senior high or vocational school"),
                            ("college", "College"),
                            ("bachelor", "Bachelor"),
                            ("master", "Master or higher"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="education",
                    ),
                ),
                (
                    "during",
                    django.contrib.postgres.fields.ranges.DateRangeField(verbose_name="works here"),
                ),
                (
                    "contract_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("fixed", "Labour contract for a term"),
                            ("open", "Labour contract without an end"),
                            ("service", "Service agreement"),
                            ("dispatch", "Sent by a company"),
                            ("public", "Post in public service"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="labour contract",
                    ),
                ),
                (
                    "contract_from",
                    models.DateField(blank=True, null=True, verbose_name="contract from"),
                ),
                (
                    "contract_until",
                    models.DateField(blank=True, null=True, verbose_name="contract until"),
                ),
                (
                    "health_number",
                    core.crypto.EncryptedTextField(
                        blank=True,
                        default="",
                        purpose="staff",
                        verbose_name="number of the health certificate",
                    ),
                ),
                (
                    "health_until",
                    models.DateField(
                        blank=True, null=True, verbose_name="health certificate until"
                    ),
                ),
                (
                    "clearance_asked_on",
                    models.DateField(blank=True, null=True, verbose_name="records asked for on"),
                ),
                (
                    "clearance_clear_on",
                    models.DateField(
                        blank=True, null=True, verbose_name="answered without a record on"
                    ),
                ),
                (
                    "leave_reason",
                    models.CharField(
                        blank=True, default="", max_length=80, verbose_name="reason of leaving"
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff",
                        to="institution.institution",
                    ),
                ),
                (
                    "membership",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_file",
                        to="institution.membership",
                        verbose_name="post on the platform",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_files",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("employment", "full_time")),
                        expressions=[
                            (
                                models.Func(
                                    models.F("user_id"),
                                    models.F("user_id"),
                                    models.Value("[]"),
                                    function="int8range",
                                ),
                                "&&",
                            ),
                            ("during", "&&"),
                        ],
                        name="institution_stafffile_full_time_once",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            (
                                models.Func(
                                    models.F("user_id"),
                                    models.F("user_id"),
                                    models.Value("[]"),
                                    function="int8range",
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("institution_id"),
                                    models.F("institution_id"),
                                    models.Value("[]"),
                                    function="int8range",
                                ),
                                "&&",
                            ),
                            ("during", "&&"),
                        ],
                        name="institution_stafffile_one_post",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("during__isempty", False), ("during__startswith__isnull", False)
                        ),
                        name="institution_stafffile_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("contract_until", None),
                            ("contract_from", None),
                            ("contract_until__gte", models.F("contract_from")),
                            _connector="OR",
                        ),
                        name="institution_stafffile_contract",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("clearance_clear_on", None),
                            ("clearance_clear_on__gte", models.F("clearance_asked_on")),
                            _connector="OR",
                        ),
                        name="institution_stafffile_clearance",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stafffile",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c7f9e271a91dc57ffbaf45c4f394841895935d92",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_0d151",
                    table="institution_stafffile",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.CreateModel(
            name="StaffIdentity",
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
                    "document_number",
                    core.crypto.EncryptedTextField(purpose="staff", verbose_name="document number"),
                ),
                (
                    "document_number_index",
                    core.crypto.BlindIndexField(source="document_number", unique=True),
                ),
                ("document_number_index_next", core.crypto.NextBlindIndexField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staff_identity",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="staffidentity",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="e2fd7706bbbc161b6f3d393127c17f8deb515978",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_fcc17",
                    table="institution_staffidentity",
                    when="BEFORE",
                ),
            ),
        ),
        same_institution("institution_stafffile", "membership_id", "institution_membership"),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION app_colleagues();"),
        Isolate("institution_stafffile", staff=IN_OWN),
        # A person is known where the person works; elsewhere only the system asks whether the number is taken.
        Isolate(
            "institution_staffidentity", staff="user_id = ANY((SELECT app_colleagues())::bigint[])"
        ),
        KeepHistory(
            "institution_stafffile", sealed={"health_number": ""}, passed_by=("sealed_id",)
        ),
        KeepHistory(
            "institution_staffidentity",
            institution="",
            sealed={"document_number": "document_number_index"},
            passed_by=("document_number_index", "document_number_index_next", "sealed_id"),
        ),
    ]
