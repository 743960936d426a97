"""The login that the application works with, and how long the database works for one request."""

import os

import psycopg2
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from core.middleware import RefusedMiddleware
from core.postgres import login


def test_the_applications_login_is_accepted(db):
    login.refuse_unbound(psycopg2.connect(os.environ["DATABASE_URL"]))


def test_the_owners_login_is_refused(db):
    with (
        psycopg2.connect(
            os.environ["MIGRATE_DATABASE_URL"], dbname=connection.settings_dict["NAME"]
        ) as other,
        pytest.raises(ImproperlyConfigured, match="owns tables"),
    ):
        login.refuse_unbound(other)


def too_long(_request):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        cursor.execute("SELECT pg_sleep(5)")


@pytest.mark.django_db(transaction=True)
def test_a_page_that_takes_too_long_says_so():
    request = RequestFactory().get("/")
    request.htmx = True
    with pytest.raises(OperationalError) as stopped, transaction.atomic():
        too_long(request)

    response = RefusedMiddleware(lambda r: HttpResponse()).process_exception(request, stopped.value)

    assert response is not None
    assert response.status_code == 503
    assert "too_slow" in response.headers["HX-Trigger"]


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_that_takes_too_long_says_so():
    class Slow(APIView):
        authentication_classes = []
        permission_classes = []

        def get(self, request):
            with transaction.atomic():
                too_long(request)

    response = Slow.as_view()(APIRequestFactory().get("/api/v1/slow/"))

    assert (response.status_code, response.data["code"]) == (503, "too_slow")
