"""The database links every new audit record to the one before it in its chain, and refuses to change any."""

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION core_audit_chain_of(institution_id bigint, region_path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN institution_id IS NOT NULL THEN 'institution:' || institution_id
        WHEN region_path <> '' THEN
            'region:' || coalesce(substring(region_path from '^[^/]*/(?:[^/]*/)?'), region_path)  -- city or county
        ELSE 'system'
    END
$$;

-- What is hashed: an array that begins with the version of its layout. The same text on every server and in every
-- time zone. A column added later needs a new version for new records; old ones keep theirs.
CREATE FUNCTION core_audit_text(e core_auditevent) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_array(
        1, e.chain, e.seq, encode(e.prev_hash, 'hex'), e.id, (extract(epoch FROM e.at) * 1000000)::bigint,
        e.actor_user_id, e.actor_name, e.actor_role, e.action, e.subject_type, e.subject_id, e.child_ids,
        e.institution_id, e.region_path, e.request_id, e.outcome, e.data, e.tx)::text
$$;

CREATE FUNCTION core_audit_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head record;
BEGIN
    NEW.chain := core_audit_chain_of(NEW.institution_id, NEW.region_path);
    NEW.tx := pg_current_xact_id()::text::bigint;
    SELECT seq, hash INTO head FROM core_auditchain WHERE chain = NEW.chain FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO core_auditchain (chain, seq, hash)
        VALUES (NEW.chain, 0, sha256(convert_to(NEW.chain, 'UTF8'))) ON CONFLICT DO NOTHING;
        SELECT seq, hash INTO head FROM core_auditchain WHERE chain = NEW.chain FOR NO KEY UPDATE;
    END IF;
    NEW.seq := head.seq + 1;
    NEW.prev_hash := head.hash;
    NEW.hash := sha256(convert_to(core_audit_text(NEW), 'UTF8'));
    UPDATE core_auditchain SET seq = NEW.seq, hash = NEW.hash WHERE chain = NEW.chain;
    RETURN NEW;
END
$$;

CREATE FUNCTION core_audit_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'audit records are append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;

-- A head moves only within the trigger that links a record: then this one runs at the second level.
CREATE FUNCTION core_audit_head() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'audit records are append-only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- Link what was stored without the trigger, in the order of its numbers: the rows from before there were chains, and
-- a demonstration's made-up past. Only the owner can call it to effect, for the triggers refuse the update.
CREATE FUNCTION core_audit_link_waiting() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    event core_auditevent;
    last core_auditchain;
    linked bigint := 0;
BEGIN
    FOR event IN
        SELECT * FROM core_auditevent WHERE seq IS NULL
        ORDER BY core_audit_chain_of(institution_id, region_path) COLLATE "C", id
    LOOP
        event.chain := core_audit_chain_of(event.institution_id, event.region_path);
        IF last.chain IS DISTINCT FROM event.chain THEN
            IF last.chain IS NOT NULL THEN
                UPDATE core_auditchain SET seq = last.seq, hash = last.hash WHERE chain = last.chain;
            END IF;
            INSERT INTO core_auditchain (chain, seq, hash)
            VALUES (event.chain, 0, sha256(convert_to(event.chain, 'UTF8'))) ON CONFLICT DO NOTHING;
            SELECT * INTO last FROM core_auditchain WHERE chain = event.chain FOR NO KEY UPDATE;
        END IF;
        event.seq := last.seq + 1;
        event.prev_hash := last.hash;
        event.hash := sha256(convert_to(core_audit_text(event), 'UTF8'));
        UPDATE core_auditevent
           SET chain = event.chain, seq = event.seq, prev_hash = event.prev_hash, hash = event.hash
         WHERE id = event.id;
        last.seq := event.seq;
        last.hash := event.hash;
        linked := linked + 1;
    END LOOP;
    IF last.chain IS NOT NULL THEN
        UPDATE core_auditchain SET seq = last.seq, hash = last.hash WHERE chain = last.chain;
    END IF;
    RETURN linked;
END
$$;

SELECT core_audit_link_waiting();
"""
NO_FUNCTIONS = """
DROP FUNCTION core_audit_link_waiting();
DROP FUNCTION core_audit_head();
DROP FUNCTION core_audit_refuse();
DROP FUNCTION core_audit_link();
DROP FUNCTION core_audit_text(core_auditevent);
DROP FUNCTION core_audit_chain_of(bigint, text);
"""

TRIGGERS = """
CREATE TRIGGER core_audit_link BEFORE INSERT ON core_auditevent
    FOR EACH ROW EXECUTE FUNCTION core_audit_link();
CREATE TRIGGER core_audit_keep BEFORE UPDATE OR DELETE ON core_auditevent
    FOR EACH ROW EXECUTE FUNCTION core_audit_refuse();
CREATE TRIGGER core_audit_keep_all BEFORE TRUNCATE ON core_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_refuse();
CREATE TRIGGER core_audit_head BEFORE INSERT OR UPDATE ON core_auditchain
    FOR EACH ROW EXECUTE FUNCTION core_audit_head();
CREATE TRIGGER core_audit_head_keep BEFORE DELETE ON core_auditchain
    FOR EACH ROW EXECUTE FUNCTION core_audit_refuse();
CREATE TRIGGER core_audit_head_keep_all BEFORE TRUNCATE ON core_auditchain
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_refuse();
-- ALWAYS: also with session_replication_role = replica
ALTER TABLE core_auditevent ENABLE ALWAYS TRIGGER core_audit_link;
ALTER TABLE core_auditevent ENABLE ALWAYS TRIGGER core_audit_keep;
ALTER TABLE core_auditevent ENABLE ALWAYS TRIGGER core_audit_keep_all;
ALTER TABLE core_auditchain ENABLE ALWAYS TRIGGER core_audit_head;
ALTER TABLE core_auditchain ENABLE ALWAYS TRIGGER core_audit_head_keep;
ALTER TABLE core_auditchain ENABLE ALWAYS TRIGGER core_audit_head_keep_all;
REVOKE UPDATE, DELETE, TRUNCATE ON core_auditevent, core_auditchain FROM PUBLIC;
REVOKE INSERT ON core_auditchain FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION core_audit_link_waiting() FROM PUBLIC;
"""
NO_TRIGGERS = """
DROP TRIGGER core_audit_link ON core_auditevent;
DROP TRIGGER core_audit_keep ON core_auditevent;
DROP TRIGGER core_audit_keep_all ON core_auditevent;
DROP TRIGGER core_audit_head ON core_auditchain;
DROP TRIGGER core_audit_head_keep ON core_auditchain;
DROP TRIGGER core_audit_head_keep_all ON core_auditchain;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_audit_chain"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.AddConstraint(
            model_name="auditevent",
            constraint=models.UniqueConstraint(
                fields=("chain", "seq"), name="core_auditevent_chain"
            ),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
