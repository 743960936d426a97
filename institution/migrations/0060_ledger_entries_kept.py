"""Entries of a ledger are only added. The grants say so to the application (core.postgres.grants), this to everybody else."""

from django.db import migrations

KEEP = """
CREATE FUNCTION institution_ledgerentry_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry of a ledger is never changed or deleted; a correction is a new entry'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ledgerentry_keep BEFORE UPDATE OR DELETE ON institution_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION institution_ledgerentry_keep();
ALTER TABLE institution_ledgerentry ENABLE ALWAYS TRIGGER ledgerentry_keep;
"""
LET_GO = """
DROP TRIGGER ledgerentry_keep ON institution_ledgerentry;
DROP FUNCTION institution_ledgerentry_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("institution", "0059_ledgers_guarded")]

    operations = [migrations.RunSQL(KEEP, LET_GO)]
