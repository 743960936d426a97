"""Nurseries with a year of children and carers who came and went, written in a few statements."""

from django.conf import settings
from django.db import connection

from core.actors import resolve
from core.calendar import today
from core.models import Region, User
from core.scoping import Actor
from institution import reference
from institution.models import ClassGroup, Institution, Membership

_CHILDREN = """
INSERT INTO institution_child (name, sex, born_on, resident_id, sealed_id)
SELECT 'Child', 'female', current_date - 600, '', gen_random_uuid() FROM generate_series(1, %(children)s)
"""
# Each child comes and goes on every weekday, at times spread by its number and the day.
_ATTENDANCE = """
WITH child AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM institution_child),
     class AS (SELECT id, institution_id, row_number() OVER (ORDER BY id) - 1 AS n FROM institution_classgroup)
INSERT INTO institution_attendance (institution_id, class_group_id, child_id, day, arrived_at, left_at, absence, absence_note)
SELECT class.institution_id, class.id, child.id, day,
       (day + time '07:30') AT TIME ZONE %(zone)s + make_interval(secs => (child.n * 7919 + (day - date '2020-01-01')) %% 3600),
       (day + time '16:30') AT TIME ZONE %(zone)s + make_interval(secs => (child.n * 104729 + (day - date '2020-01-01')) %% 3600),
       '', ''
  FROM child JOIN class ON class.n = child.n / %(each)s
 CROSS JOIN (SELECT d::date AS day FROM generate_series(%(today)s::date - %(days)s + 1, %(today)s::date, '1 day') AS d
              WHERE extract(isodow FROM d) < 6) AS days
 ORDER BY day, class.institution_id
"""
# A morning, half an hour in the next class, and an afternoon.
_PRESENCE = """
INSERT INTO institution_staffpresence (institution_id, membership_id, class_group_id, day, during, reason)
SELECT m.institution_id, m.id, part.class_id, day,
       tstzrange((day + part.first) AT TIME ZONE %(zone)s, (day + part.last) AT TIME ZONE %(zone)s), ''
  FROM (SELECT m.id, m.institution_id, row_number() OVER (PARTITION BY m.institution_id ORDER BY m.id) - 1 AS n
          FROM institution_membership m) AS m
  JOIN (SELECT id, institution_id, row_number() OVER (PARTITION BY institution_id ORDER BY id) - 1 AS n
          FROM institution_classgroup) AS own ON own.institution_id = m.institution_id AND own.n = m.n / %(carers)s
  JOIN (SELECT id, institution_id, row_number() OVER (PARTITION BY institution_id ORDER BY id) - 1 AS n
          FROM institution_classgroup) AS next
    ON next.institution_id = m.institution_id AND next.n = (m.n / %(carers)s + 1) %% %(classes)s
 CROSS JOIN LATERAL (VALUES (own.id, time '07:20', time '11:00'), (next.id, time '11:00', time '11:30'),
                            (own.id, time '11:30', time '17:40')) AS part (class_id, first, last)
 CROSS JOIN (SELECT d::date AS day FROM generate_series(%(today)s::date - %(days)s + 1, %(today)s::date, '1 day') AS d
              WHERE extract(isodow FROM d) < 6) AS days
 ORDER BY day, m.institution_id
"""


def build(others: int, classes: int, children: int, carers: int, days: int) -> Actor:
    """The director of one of the nurseries."""
    reference.load()
    county = Region.objects.filter(level="county").order_by("path")[0]
    places = [_nursery(county, number, classes, carers) for number in range(others + 1)]
    values = {
        "zone": settings.TIME_ZONE,
        "today": today(),
        "days": days,
        "each": children,
        "carers": carers,
        "classes": classes,
        "children": (others + 1) * classes * children,
    }
    with connection.cursor() as cursor:
        for statement in (_CHILDREN, _ATTENDANCE, _PRESENCE, "ANALYZE"):
            cursor.execute(statement, values if statement != "ANALYZE" else None)
    user = User.objects.create(username="director", name="Director")
    Membership.objects.create(
        user=user, institution=places[others // 2], role="director", started_on=today()
    )
    actor = resolve(user, "")
    assert actor is not None
    return actor


def _nursery(county: Region, number: int, classes: int, carers: int) -> Institution:
    place = Institution.objects.create(
        name=f"Nursery {number}",
        credit_code=f"{number:018d}",
        region=county,
        form="centre",
        operation="private",
        address="Street",
        places=90,
    )
    kinds = ("infant", "toddler_small", "toddler_big")
    ClassGroup.objects.bulk_create(
        ClassGroup(institution=place, name=f"Class {n}", class_type=kinds[n % 3], capacity=15)
        for n in range(classes)
    )
    users = User.objects.bulk_create(
        User(username=f"carer{number}-{n}", name="Carer") for n in range(classes * carers)
    )
    Membership.objects.bulk_create(
        Membership(user=user, institution=place, role="carer", started_on=today()) for user in users
    )
    return place
