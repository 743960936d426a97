import uuid

import django.contrib.postgres.functions
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import core.crypto

SEALED_BEFORE = {
    "core_user": "phone",
    "core_sentonce": "body",
    "institution_child": "resident_id",
    "training_certificate": "number",
}


def note_version_1(apps, schema_editor) -> None:
    """Values sealed under FIELD_KEYS themselves are met from now on until a rotation has sealed them anew."""
    tables = schema_editor.connection.introspection.table_names()
    with schema_editor.connection.cursor() as cursor:
        for table, column in SEALED_BEFORE.items():
            if table not in tables:
                continue
            cursor.execute(f"SELECT 1 FROM {table} WHERE octet_length({column}) > 0 LIMIT 1")  # noqa: S608 -- names of our own models
            if cursor.fetchone():
                cursor.execute(
                    "INSERT INTO crypto_key (purpose, algorithm, wrapped, state)"
                    " VALUES ('version-1', 'aes-256-gcm', '', 'retiring')"
                )
                return


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0007_outbox_fault"),
    ]

    operations = [
        migrations.CreateModel(
            name="CryptoKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("purpose", models.CharField(max_length=30)),
                ("subject", models.UUIDField(null=True)),
                ("algorithm", models.CharField(max_length=20)),
                ("wrapped", models.BinaryField()),
                (
                    "state",
                    models.CharField(max_length=10),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "crypto_key",
            },
        ),
        migrations.AddField(
            model_name="user",
            name="phone_index_next",
            field=core.crypto.NextBlindIndexField(),
        ),
        migrations.AddField(
            model_name="user",
            name="sealed_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="phone",
            field=core.crypto.EncryptedTextField(
                blank=True, default="", purpose="contact", verbose_name="mobile phone"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="a9aaa09e8efd8fe65003880517c40dc382111f7f",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_d6825",
                    table="core_user",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="cryptokey",
            index=models.Index(fields=["subject"], name="core_cryptokey_subject"),
        ),
        migrations.AddConstraint(
            model_name="cryptokey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["coming", "active"]), ("subject", None)),
                fields=("purpose", "state"),
                name="core_cryptokey_one_of_purpose",
            ),
        ),
        migrations.AddConstraint(
            model_name="cryptokey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "active")),
                fields=("purpose", "subject"),
                name="core_cryptokey_one_of_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="cryptokey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "destroyed"), _negated=True),
                    ("wrapped", b""),
                    _connector="OR",
                ),
                name="core_cryptokey_destroyed",
            ),
        ),
        migrations.AddConstraint(
            model_name="cryptokey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state__in", ["coming", "active", "retiring"])),
                    models.Q(("ended_at__isnull", False), ("state__in", ["retired", "destroyed"])),
                    _connector="OR",
                ),
                name="core_cryptokey_ended",
            ),
        ),
        migrations.AddField(
            model_name="sentonce",
            name="sealed_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sentonce",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c2d570c8cd692f797037bd623ad498dc0cd948bf",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_2dbbc",
                    table="core_sentonce",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunPython(note_version_1, migrations.RunPython.noop),
    ]
