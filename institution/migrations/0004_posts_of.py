"""Every post a person holds on a day, with its regions, classes and children: asked in each request, so its plan is kept."""

from django.db import migrations

CREATE = """
CREATE FUNCTION institution_posts_of(p_user bigint, p_day date)
RETURNS TABLE (post text, role text, place text, path text, workplace bigint, ids bigint[], classes bigint[])
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
BEGIN
    RETURN QUERY
    SELECT 'region:' || p.id, p.role::text, r.name::text, r.path::text, NULL::bigint, NULL::bigint[], NULL::bigint[]
      FROM core_regionpost p JOIN core_region r ON r.id = p.region_id
     WHERE p.user_id = p_user AND p.valid_from <= p_day AND (p.valid_to IS NULL OR p.valid_to > p_day)
    UNION ALL
    SELECT 'staff:' || m.id, m.role, i.name, r.path, m.institution_id, NULL,
           ARRAY(SELECT d.class_group_id FROM institution_classduty d
                  WHERE d.membership_id = m.id AND d.during @> p_day)
      FROM institution_membership m
      JOIN institution_institution i ON i.id = m.institution_id
      JOIN core_region r ON r.id = i.region_id
     WHERE m.user_id = p_user AND m.started_on <= p_day AND (m.ended_on IS NULL OR m.ended_on > p_day)
    UNION ALL
    SELECT 'clinic', 'clinic_doctor', '', '', NULL, array_agg(g.content_object_id), NULL
      FROM institution_institutiongrant g WHERE g.user_id = p_user HAVING count(*) > 0
    UNION ALL
    SELECT 'guardian', 'guardian', '', '', NULL, array_agg(g.child_id), NULL
      FROM institution_guardianship g
     WHERE g.user_id = p_user AND g.valid_from <= p_day AND (g.valid_to IS NULL OR g.valid_to > p_day)
    HAVING count(*) > 0
    UNION ALL
    SELECT 'relative', 'relative', '', '', NULL, array_agg(g.content_object_id), NULL
      FROM institution_childgrant g WHERE g.user_id = p_user HAVING count(*) > 0;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("institution", "0003_store_entries"), ("core", "0003_audit_indexes")]

    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION institution_posts_of(bigint, date);"),
    ]
