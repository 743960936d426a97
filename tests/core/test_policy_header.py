import pytest
from csp.exceptions import CSPNonceError
from django.http import HttpResponse
from django.test import RequestFactory

from core.middleware import PolicyMiddleware

NAME = "Content-Security-Policy"


def answered(view) -> tuple[HttpResponse, object]:
    request = RequestFactory().get("/")
    return PolicyMiddleware(view)(request), request


def test_policy_without_a_nonce_names_none():
    response, _request = answered(lambda request: HttpResponse())

    assert "script-src 'self';" in response.headers[NAME]
    assert "require-trusted-types-for 'script'" in response.headers[NAME]


def test_policy_names_the_nonce_that_the_page_asked_for():
    response, _request = answered(lambda request: HttpResponse(str(request.csp_nonce)))

    assert f"script-src 'self' 'nonce-{response.content.decode()}'" in response.headers[NAME]


def test_policy_of_one_answer_changes_no_other():
    def open_to_data(request) -> HttpResponse:
        response = HttpResponse()
        response._csp_update = {"connect-src": ["data:"]}
        return response

    changed, _request = answered(open_to_data)
    usual, _request = answered(lambda request: HttpResponse())

    assert "connect-src 'self' data:" in changed.headers[NAME]
    assert "data:" not in usual.headers[NAME].partition("connect-src")[2].partition(";")[0]


def test_nonce_after_the_header_is_written_is_refused():
    _response, request = answered(lambda request: HttpResponse())

    with pytest.raises(CSPNonceError):
        str(request.csp_nonce)
