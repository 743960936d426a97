import django.contrib.postgres.indexes
import pgtrigger.migrations
from django.db import migrations, models

# The memory of reads may be lost with a crash; keeping it costs no write-ahead log.
UNLOGGED = "ALTER TABLE core_auditread SET UNLOGGED"
LOGGED = "ALTER TABLE core_auditread SET LOGGED"
ROOM = "ALTER TABLE core_auditchain SET (fillfactor = 50)"  # a head is rewritten in its page
FULL = "ALTER TABLE core_auditchain RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_sent_once"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditChain",
            fields=[
                ("chain", models.CharField(max_length=140, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
        ),
        migrations.RunSQL(ROOM, FULL),
        migrations.CreateModel(
            name="AuditRead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("viewer", models.BigIntegerField()),
                ("what", models.CharField(max_length=240)),
                ("thing", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="auditread",
            index=models.Index(fields=["at"], name="core_auditread_at"),
        ),
        migrations.AddConstraint(
            model_name="auditread",
            constraint=models.UniqueConstraint(
                fields=("viewer", "what", "thing"), name="core_auditread_once"
            ),
        ),
        migrations.RunSQL(UNLOGGED, LOGGED),
        # The triggers of 0006 take their place: these could be switched off by a setting, and were off on a replica.
        pgtrigger.migrations.RemoveTrigger(model_name="auditevent", name="append_only"),
        pgtrigger.migrations.RemoveTrigger(model_name="auditevent", name="no_truncate"),
        migrations.AddField(
            model_name="auditevent",
            name="chain",
            field=models.CharField(db_default="", editable=False, max_length=140),
        ),
        migrations.AddField(
            model_name="auditevent", name="hash", field=models.BinaryField(null=True)
        ),
        migrations.AddField(
            model_name="auditevent", name="prev_hash", field=models.BinaryField(null=True)
        ),
        migrations.AddField(
            model_name="auditevent",
            name="seq",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="tx",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("action", "child.viewed")),
                fields=["child_ids"],
                name="core_audit_reads",
            ),
        ),
    ]
