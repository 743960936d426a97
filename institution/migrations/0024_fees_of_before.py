"""The one monthly fee that an institution had becomes its first dated fee.

The owner is no exception to the policies of the institutions, so they are lifted for the one statement.
"""

from django.db import migrations

COPY = """
ALTER TABLE institution_institution NO FORCE ROW LEVEL SECURITY;
INSERT INTO institution_servicefee (institution_id, mode, unit, amount, valid_from)
SELECT id, 'full_day', 'month', monthly_fee, coalesce(opened_on, DATE '2019-10-08')
  FROM institution_institution WHERE monthly_fee IS NOT NULL;
UPDATE institution_institution SET service_modes = '{full_day}' WHERE monthly_fee IS NOT NULL;
ALTER TABLE institution_institution FORCE ROW LEVEL SECURITY;
"""
# What came from the column is still in it: only the copies go, and fees set since stay.
TAKE_BACK = """
ALTER TABLE institution_institution NO FORCE ROW LEVEL SECURITY;
DELETE FROM institution_servicefee f USING institution_institution i
 WHERE i.id = f.institution_id AND f.mode = 'full_day' AND f.unit = 'month' AND f.amount = i.monthly_fee
   AND f.valid_from = coalesce(i.opened_on, DATE '2019-10-08');
ALTER TABLE institution_institution FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("institution", "0023_site_rule")]

    operations = [migrations.RunSQL(COPY, TAKE_BACK)]
