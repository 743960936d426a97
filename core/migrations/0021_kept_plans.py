"""Two statements of every request by a program, as functions: their plan is kept for a connection, not made each time."""

from django.db import migrations

HOLDER = """
CREATE FUNCTION core_token_holder(p_digest bytea, p_now timestamptz)
RETURNS TABLE (id bigint, username varchar, name varchar, language varchar, is_active boolean, is_superuser boolean,
               token bigint, second_factor boolean, confirmed_at timestamptz)
LANGUAGE plpgsql STABLE
SET enable_seqscan = off -- nor may a plan that was made while the table was empty scan it when it is full
AS $$
BEGIN
    RETURN QUERY
    SELECT u.id, u.username, u.name, u.language, u.is_active, u.is_superuser, t.id, t.second_factor, t.confirmed_at
      FROM core_apitoken t JOIN core_user u ON u.id = t.user_id
     WHERE t.digest = p_digest AND t.expires_at > p_now;
END $$;
"""

# A row that another transaction holds (the relay's, or a slow request's) is skipped: a request waits for nobody here.
OUTBOX = """
CREATE FUNCTION core_outbox_write(
    p_gone bigint[], p_topic text, p_groups jsonb, p_cursor text, p_task text, p_arguments jsonb, p_grace interval
) RETURNS bigint LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    written bigint;
BEGIN
    DELETE FROM core_outboxmessage WHERE id IN (
        SELECT m.id FROM core_outboxmessage m WHERE m.id = ANY(p_gone) FOR UPDATE SKIP LOCKED);
    INSERT INTO core_outboxmessage (topic, groups, cursor, task, arguments, next_attempt_at)
    VALUES (p_topic, p_groups, p_cursor, p_task, p_arguments, now() + p_grace) RETURNING id INTO written;
    RETURN written;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0018_legal_hold")]

    operations = [
        migrations.RunSQL(HOLDER, "DROP FUNCTION core_token_holder(bytea, timestamptz);"),
        migrations.RunSQL(
            OUTBOX,
            "DROP FUNCTION core_outbox_write(bigint[], text, jsonb, text, text, jsonb, interval);",
        ),
    ]
