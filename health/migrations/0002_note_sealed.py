import uuid

import django.contrib.postgres.functions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import core.crypto
from core.crypto.keyring import make_first_keys

BATCH = 2000


def batches(checks):
    """By number, so that a table of millions is not held in memory."""
    last = 0
    while rows := list(checks.filter(pk__gt=last).select_related("child").order_by("pk")[:BATCH]):
        yield rows
        last = rows[-1].pk


def seal_notes(apps, schema_editor) -> None:
    make_first_keys()
    model = apps.get_model("health", "MorningCheck")
    field = model._meta.get_field("note")
    for rows in batches(model.objects.exclude(note_plain="")):
        for row in rows:
            row.note = row.note_plain
        field.seal_all(rows)
        field.write({row.pk: row.__dict__["note"] for row in rows})


def open_notes(apps, schema_editor) -> None:
    model = apps.get_model("health", "MorningCheck")
    for rows in batches(model.objects.all()):
        for row in rows:
            if row.note:
                model.objects.filter(pk=row.pk).update(note_plain=row.note)


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_crypto_key"),
        ("institution", "0005_child_sealed"),
        ("health", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="morningcheck",
            name="sealed_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.RenameField(model_name="morningcheck", old_name="note", new_name="note_plain"),
        migrations.AddField(
            model_name="morningcheck",
            name="note",
            field=core.crypto.EncryptedTextField(
                blank=True,
                default="",
                max_length=200,
                purpose="child",
                subject="child__sealed_id",
                verbose_name="note",
            ),
        ),
        migrations.RunPython(seal_notes, open_notes),
        migrations.RemoveField(model_name="morningcheck", name="note_plain"),
        pgtrigger.migrations.AddTrigger(
            model_name="morningcheck",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="081efb17f7d7954ca53cf4de12a68a83962f3de3",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_2338d",
                    table="health_morningcheck",
                    when="BEFORE",
                ),
            ),
        ),
    ]
