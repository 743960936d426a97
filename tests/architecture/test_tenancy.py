"""The third wall: a row cannot refer to another institution's row, whatever wrote it."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey

from core import i18n
from institution.models import DailyEntry, Enrolment
from tests.factories.training import CertificateFactory
from training.models import Certificate

COMPOSITE = """
SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text
  FROM pg_constraint c
  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
  JOIN pg_attribute t ON t.attrelid = c.conrelid AND t.attnum = c.conkey[2] AND t.attname = 'institution_id'
  JOIN pg_attribute u ON u.attrelid = c.confrelid AND u.attnum = c.confkey[2] AND u.attname = 'institution_id'
 WHERE c.contype = 'f' AND cardinality(c.conkey) = 2
"""


def tenant_owned(model) -> bool:
    return any(field.column == "institution_id" for field in model._meta.concrete_fields)


def test_every_reference_between_rows_of_an_institution_carries_the_institution(db):
    wanted = {
        (model._meta.db_table, field.column, field.related_model._meta.db_table)
        for model in apps.get_models()
        if model._meta.app_label in i18n.own_apps() and tenant_owned(model)
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and tenant_owned(field.related_model)
    }
    with connection.cursor() as cursor:
        cursor.execute(COMPOSITE)
        there = set(cursor.fetchall())

    assert wanted
    assert wanted - there == set()


def refused(write) -> bool:
    def write_and_check():
        with transaction.atomic(), connection.cursor() as cursor:
            write()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="same_institution"):
        write_and_check()
    return True


def test_the_database_refuses_a_place_in_a_class_of_another_nursery(city):
    place = Enrolment.objects.filter(institution=city.a.institution).earliest("pk")

    assert refused(
        lambda: Enrolment.objects.filter(pk=place.pk).update(class_group=city.b.small.pk)
    )


def test_the_database_refuses_an_entry_of_a_class_of_another_nursery(city):
    place = Enrolment.objects.filter(institution=city.a.institution).earliest("pk")

    def write():
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO institution_dailyentry (id, institution_id, class_group_id, child_id, kind, at, detail,"
                " root, seq, recorded_by_id, recorded_at) SELECT g, %s, %s, %s, 'meal', now(), '{}', g, 1, %s, now()"
                " FROM (SELECT gen_random_uuid()) AS made (g)",
                [city.a.institution.pk, city.b.small.pk, place.child_id, city.a.carer.pk],
            )

    assert refused(write)
    assert not DailyEntry.objects.exists()


def test_the_database_refuses_a_certificate_of_another_nursery(city):
    ours = city.a.institution.memberships.earliest("pk")
    theirs = city.b.institution.memberships.earliest("pk")
    certificate = CertificateFactory(membership=ours)

    assert refused(lambda: Certificate.objects.filter(pk=certificate.pk).update(membership=theirs))
