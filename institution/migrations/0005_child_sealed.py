import uuid

import django.contrib.postgres.functions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import core.crypto


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_crypto_key"),
        ("institution", "0004_posts_of"),
    ]

    operations = [
        migrations.AddField(
            model_name="child",
            name="resident_id_index_next",
            field=core.crypto.NextBlindIndexField(),
        ),
        migrations.AddField(
            model_name="child",
            name="sealed_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="child",
            name="resident_id",
            field=core.crypto.EncryptedTextField(
                blank=True,
                default="",
                purpose="child",
                subject="sealed_id",
                verbose_name="resident id",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="child",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="16821d1f566e616a6ec6b9a05e42c8d16dc94df5",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_df7de",
                    table="institution_child",
                    when="BEFORE",
                ),
            ),
        ),
    ]
