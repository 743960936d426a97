import json

import pytest
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import path
from django_htmx.middleware import HtmxDetails

from core.errors import NotThere, Refused
from core.http import open_to_all
from core.middleware import RefusedMiddleware
from tests.core import urls as core_urls


@open_to_all(methods=("GET", "POST"))
def too_late(request):
    raise Refused("Lunch is over.", "too_late", status=422)


@open_to_all()
def gone(request):
    raise NotThere("No such child.")


@open_to_all()
def fault(request):
    raise ZeroDivisionError


handler404 = core_urls.not_found
urlpatterns = [path("too-late/", too_late), path("gone/", gone), path("fault/", fault)]


@pytest.fixture
def here(settings):
    settings.ROOT_URLCONF = __name__


@pytest.mark.django_db
@pytest.mark.usefixtures("here")
class TestHtmx:
    def get(self, client: Client, address: str):
        return client.get(address, headers={"HX-Request": "true"})

    @pytest.mark.parametrize(
        ("address", "status", "code", "message"),
        [
            ("/too-late/", 422, "too_late", "Lunch is over."),
            ("/gone/", 404, "not_found", "No such child."),
        ],
    )
    def test_refusal_is_a_toast_and_leaves_the_page(self, client, address, status, code, message):
        response = self.get(client, address)

        assert (response.status_code, response.content) == (status, b"")
        assert response["HX-Reswap"] == "none"
        detail = json.loads(response["HX-Trigger"])["toast"]
        assert detail == {"message": message, "code": code, "tone": "warn"}

    def test_chinese_fits_into_the_header(self, rf):
        request = rf.get("/", headers={"HX-Request": "true"})
        request.htmx = HtmxDetails(request)

        response = RefusedMiddleware(None).process_exception(
            request, Refused("午餐已结束。", "late")
        )

        assert response["HX-Trigger"].isascii()
        assert json.loads(response["HX-Trigger"])["toast"]["message"] == "午餐已结束。"


@pytest.mark.django_db
@pytest.mark.usefixtures("here")
class TestPage:
    def test_not_there_is_the_page_of_what_does_not_exist(self, client):
        response = client.get("/gone/")

        assert (response.status_code, response.content) == (404, b"No such child.")

    def test_other_faults_are_not_touched(self, client):
        with pytest.raises(ZeroDivisionError):
            client.get("/fault/")

    @pytest.mark.parametrize("exception", [Http404("x"), ValueError("x")])
    def test_other_exceptions_pass_by(self, exception):
        request = RequestFactory().get("/")

        assert RefusedMiddleware(None).process_exception(request, exception) is None


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_refusal_in_a_page_is_a_designed_page_with_the_sentence(rf, language):
    request = rf.get("/", headers={"Accept-Language": language})
    request.htmx, request.actor, request.posts = False, None, []
    refused = Refused("Lunch is <b>over</b>.", "too_late", status=409)

    response = RefusedMiddleware(None).process_exception(request, refused)

    page = response.content.decode()
    assert response.status_code == 409
    assert "Lunch is &lt;b&gt;over&lt;/b&gt;." in page
    assert "<html" in page
