"""Whoever sees records of a whole region sees most of what there is, which the planner could not know.

It took the bounds of the policy, unknown to it, for a filter that leaves next to nothing, and for the fifty newest records
read and sorted the whole trail. Inside `coalesce` it reckons with half, and walks back from the newest. What narrows
the records to a region or a place stands in the query itself (core.models.audit_event), where its values are known.
"""

from django.db import migrations

BEFORE = """
ALTER POLICY staff ON core_auditevent USING (
    (region_path ~>=~ (SELECT app_region()) AND region_path ~<~ (SELECT rtrim(app_region(), '/') || '0'))
    OR (institution_id IS NULL AND region_path = '' AND (SELECT app_region() ~ '^[^/]+/$'))
    OR institution_id = ANY((SELECT app_own_inst())::bigint[])
    OR actor_user_id = (SELECT app_user()))
"""
AFTER = BEFORE.replace("USING (\n", "USING (coalesce(\n").rstrip() + "\n"
AFTER = AFTER.replace("(SELECT app_user()))", "(SELECT app_user()), false))")


class Migration(migrations.Migration):
    dependencies = [("core", "0022_calendar_day")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
