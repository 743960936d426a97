"""The functions that policies ask, and the policies of core's own tables."""

from django.db import migrations

from core.postgres.policies import IN_OWN, Isolate

FUNCTIONS = """
CREATE FUNCTION app_setting(name text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    -- The stamp must be of this very transaction: what a session was left with opens nothing.
    IF current_setting('app.at', true) IS DISTINCT FROM extract(epoch FROM now())::text THEN
        RAISE EXCEPTION 'no scope: this transaction does not say for whom it works'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN nullif(current_setting(name, true), '');
END $$;

CREATE FUNCTION app_own_inst() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(app_setting('app.inst'), '{}')::bigint[] $$;

CREATE FUNCTION app_children() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(app_setting('app.children'), '{}')::bigint[] $$;

CREATE FUNCTION app_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app_setting('app.user')::bigint $$;

CREATE FUNCTION app_region() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT app_setting('app.region') $$;
"""

NO_FUNCTIONS = """
DROP FUNCTION app_region();
DROP FUNCTION app_user();
DROP FUNCTION app_children();
DROP FUNCTION app_own_inst();
DROP FUNCTION app_setting(text);
"""

SHOWS_OWN_CHILD = "child_ids && (SELECT app_children())::bigint[]"
# A path ends with a slash, so what lies below it is what sorts before the path with its last letter raised.
IN_REGION = "(region_path ~>=~ (SELECT app_region()) AND region_path ~<~ (SELECT rtrim(app_region(), '/') || '0'))"
# A whole city also sees the records of no place, such as failed sign-ins.
OF_NO_PLACE = "(institution_id IS NULL AND region_path = '' AND (SELECT app_region() ~ '^[^/]+/$'))"
OWN_DEED = "actor_user_id = (SELECT app_user())"


class Migration(migrations.Migration):
    dependencies = [("core", "0012_drop_plain_tokens")]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        Isolate("core_attachment", staff=IN_OWN, family=SHOWS_OWN_CHILD),
        Isolate(
            "core_auditevent",
            staff=f"{IN_REGION} OR {OF_NO_PLACE} OR {IN_OWN} OR {OWN_DEED}",
            family=f"{SHOWS_OWN_CHILD} OR {OWN_DEED}",
            written="true",
        ),
    ]
