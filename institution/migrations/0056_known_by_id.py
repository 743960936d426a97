"""Which entries are known is asked id by id: a plan that was made while a month was nearly empty must not outlive that.

For all ids at once the planner found it cheap, at some hundred rows, to read the whole index of children and times, and
the connection kept that plan while the month filled: in `bench daily_log` storing fifteen took 5 to 28 ms in place of 1.3.
For one id the primary key is the cheapest way from the first row on (tests/institution/test_kept_plans.py).
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("institution.migrations.0013_store_batch").STORE.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
ALL_AT_ONCE = """ARRAY(SELECT k.id FROM institution_dailyentry k
                    WHERE k.id = ANY(p_ids) AND k.at > p_oldest AND k.at < p_newest);"""
ONE_BY_ONE = """ARRAY(SELECT k.id FROM unnest(p_ids) AS asked (id) CROSS JOIN LATERAL (
                        SELECT e.id FROM institution_dailyentry e
                         WHERE e.id = asked.id AND e.at > p_oldest AND e.at < p_newest LIMIT 1) k);"""


class Migration(migrations.Migration):
    dependencies = [("institution", "0055_pickup_question")]

    operations = [migrations.RunSQL(BEFORE.replace(ALL_AT_ONCE, ONE_BY_ONE), BEFORE)]
