import pytest
from django.test import RequestFactory

from core.addresses import address_of


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.9", "1.2.3.4"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "", "10.0.0.1"),
        (2, "1.2.3.4", "10.0.0.1"),
        (1, "1.2.3.4, unknown", "10.0.0.1"),
    ],
)
def test_address_is_what_our_outermost_proxy_saw(settings, proxies, header, address):
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": header}, REMOTE_ADDR="10.0.0.1")

    assert address_of(request) == address


def test_address_without_a_network_is_none(settings):
    settings.PROXY_COUNT = 0

    assert address_of(RequestFactory().get("/", REMOTE_ADDR="")) is None
