"""The writer numbers its outbox row, so that it need not be told and the row can travel with COMMIT.

core_outbox_write without a number (0021) stays for processes that still run the version before; a later release drops it.
"""

from django.db import migrations

OUTBOX = """
CREATE FUNCTION core_outbox_write(
    p_id bigint, p_gone bigint[], p_topic text, p_groups jsonb, p_cursor text, p_task text, p_arguments jsonb,
    p_grace interval
) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
BEGIN
    DELETE FROM core_outboxmessage WHERE id IN (
        SELECT m.id FROM core_outboxmessage m WHERE m.id = ANY(p_gone) FOR UPDATE SKIP LOCKED);
    INSERT INTO core_outboxmessage (id, topic, groups, cursor, task, arguments, next_attempt_at)
    VALUES (p_id, p_topic, p_groups, p_cursor, p_task, p_arguments, now() + p_grace);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0023_audit_policy")]

    operations = [
        migrations.RunSQL(
            OUTBOX,
            "DROP FUNCTION core_outbox_write(bigint, bigint[], text, jsonb, text, text, jsonb, interval);",
        ),
    ]
