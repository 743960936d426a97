import uuid

import django.contrib.postgres.functions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import core.crypto


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_crypto_key"),
        ("training", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="sealed_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="certificate",
            name="number",
            field=core.crypto.EncryptedTextField(
                blank=True, default="", purpose="staff", verbose_name="number"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="certificate",
            trigger=pgtrigger.compiler.Trigger(
                name="sealed_id_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."sealed_id" IS DISTINCT FROM (NEW."sealed_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="1c58f6ee27d79a3421eaa2c462dcb190ce8288ce",
                    operation="UPDATE",
                    pgid="pgtrigger_sealed_id_stays_bdec0",
                    table="training_certificate",
                    when="BEFORE",
                ),
            ),
        ),
    ]
