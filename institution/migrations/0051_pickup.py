"""Who may bring and fetch a child besides its guardians, and the passes that are shown at the door."""

import uuid

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
        ("institution", "0050_visit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PickupPerson",
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
                ("name", models.CharField(max_length=40, verbose_name="name")),
                (
                    "relation",
                    models.CharField(
                        choices=[
                            ("grandmother", "Grandmother"),
                            ("grandfather", "Grandfather"),
                            ("relative", "Another relative"),
                            ("nanny", "Nanny"),
                            ("friend", "Friend or neighbour"),
                        ],
                        max_length=12,
                        verbose_name="relation",
                    ),
                ),
                (
                    "phone",
                    core.crypto.EncryptedTextField(
                        blank=True,
                        default="",
                        purpose="child",
                        subject="child__sealed_id",
                        verbose_name="phone",
                    ),
                ),
                ("photo", models.UUIDField(blank=True, null=True, verbose_name="photo")),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(blank=True, null=True)),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pickup_persons",
                        to="institution.child",
                    ),
                ),
                (
                    "confirmed_by",
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
                        related_name="pickup_persons",
                        to="institution.institution",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
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
            name="PickupPass",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("bundle", models.UUIDField()),
                ("place", models.PositiveSmallIntegerField(default=0)),
                ("code_digest", models.BinaryField(max_length=32)),
                (
                    "direction",
                    models.CharField(
                        choices=[("bring", "Bring"), ("fetch", "Fetch")], max_length=5
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.child",
                    ),
                ),
                (
                    "guardianship",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="institution.guardianship",
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
                (
                    "used_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="passes",
                        to="institution.pickupperson",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="pickupperson",
            constraint=models.UniqueConstraint(
                fields=("id", "institution"), name="institution_pickupperson_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="pickupperson",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("institution", "child", "name"),
                name="institution_pickupperson_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="pickupperson",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                ),
                name="institution_pickupperson_dates",
            ),
        ),
        migrations.AddConstraint(
            model_name="pickupperson",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("confirmed_by", None)),
                    models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                    _connector="OR",
                ),
                name="institution_pickupperson_confirmed",
            ),
        ),
        migrations.AddConstraint(
            model_name="pickupperson",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at", None), ("withdrawn_by", None)),
                    models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                    _connector="OR",
                ),
                name="institution_pickupperson_withdrawn",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pickupperson",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="31cfb16093ffa323e4005712d4e23214f23f8c67",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_4a1f8",
                    table="institution_pickupperson",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="pickuppass",
            index=models.Index(fields=["child", "made_at"], name="institution_pickuppass_child"),
        ),
        migrations.AddConstraint(
            model_name="pickuppass",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None), ("used_at", None)),
                fields=("code_digest", "place"),
                name="institution_pickuppass_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="pickuppass",
            constraint=models.UniqueConstraint(
                fields=("bundle", "child"), name="institution_pickuppass_child_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pickuppass",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("guardianship", None), ("person__isnull", False)),
                    models.Q(("guardianship__isnull", False), ("person", None)),
                    _connector="OR",
                ),
                name="institution_pickuppass_bearer",
            ),
        ),
        migrations.AddConstraint(
            model_name="pickuppass",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("used_at", None), ("used_by", None)),
                    models.Q(
                        ("ended_at", None), ("used_at__isnull", False), ("used_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="institution_pickuppass_used_or_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="pickuppass",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("made_at"))),
                name="institution_pickuppass_time",
            ),
        ),
    ]
