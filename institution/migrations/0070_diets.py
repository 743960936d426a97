"""What the kitchen keeps from a child, and what it gives in place of a dish."""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import core.crypto
from core.postgres.policies import IN_OWN, OF_OWN_CHILD, Isolate
from core.tenancy import same_institution
from institution.history import KeepHistory


class Migration(migrations.Migration):
    dependencies = [
        ("institution", "0069_menus"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Substitute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("chosen_at", models.DateTimeField()),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.child",
                    ),
                ),
                (
                    "chosen_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dish",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="institution.dish",
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
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="substitutes",
                        to="institution.menuitem",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DietNeed",
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
                    "code",
                    models.CharField(
                        choices=[
                            ("milk", "Milk"),
                            ("egg", "Egg"),
                            ("peanut", "Peanut"),
                            ("nut", "Nuts"),
                            ("wheat", "Wheat"),
                            ("soy", "Soy"),
                            ("fish", "Fish"),
                            ("crustacean", "Shrimp and crab"),
                            ("no_pork", "No pork"),
                            ("no_beef", "No beef or mutton"),
                            ("vegetarian", "Neither meat nor fish"),
                        ],
                        max_length=12,
                        verbose_name="not to be given",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="from")),
                ("valid_to", models.DateField(blank=True, null=True)),
                (
                    "note",
                    core.crypto.EncryptedTextField(
                        blank=True,
                        default="",
                        purpose="child",
                        subject="child__sealed_id",
                        verbose_name="note",
                    ),
                ),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="diet_needs",
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
            ],
            options={
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("valid_to", None)),
                        fields=("institution", "child", "code"),
                        name="institution_dietneed_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_to__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="institution_dietneed_period",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="dietneed",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="53079b759ca415d9c9ba751143ba0dc65dff34d2",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_fe035",
                    table="institution_dietneed",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="substitute",
            constraint=models.UniqueConstraint(
                fields=("item", "child"), name="institution_substitute_once"
            ),
        ),
        same_institution("institution_substitute", "item_id", "institution_menuitem"),
        same_institution("institution_substitute", "dish_id", "institution_dish"),
        Isolate("institution_dietneed", staff=IN_OWN, family=OF_OWN_CHILD),
        Isolate("institution_substitute", staff=IN_OWN, family=OF_OWN_CHILD),
        KeepHistory(
            "institution_dietneed", child="child_id", sealed={"note": ""}, passed_by=("sealed_id",)
        ),
        KeepHistory("institution_substitute", child="child_id"),
    ]
