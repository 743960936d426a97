"""A month of the daily log that has been kept long enough is dropped as a whole, by a login that owns nothing.

The function refuses any month that ended less than three years ago, whoever asks: a rule that was changed by mistake
deletes nothing that the law wants kept. It waits half a second for its lock, and is tried again the next night.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION institution_dailyentry_end_month(month date) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name text := 'institution_dailyentry_' || to_char(month, 'YYYY_MM');
BEGIN
    IF (first + interval '1 month' + interval '3 years') > now() THEN
        RAISE EXCEPTION 'the daily log of % is kept: it is younger than three years', to_char(month, 'YYYY-MM')
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'institution_dailyentry'::regclass
                                             AND inhrelid = to_regclass(name)) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('DROP TABLE %I', name);
    RETURN name;
END $$;
REVOKE ALL ON FUNCTION institution_dailyentry_end_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION institution_dailyentry_end_month(date) TO app_system;
"""

DROP = "DROP FUNCTION institution_dailyentry_end_month(date);"


class Migration(migrations.Migration):
    dependencies = [("institution", "0013_store_batch")]

    operations = [migrations.RunSQL(CREATE, DROP)]
