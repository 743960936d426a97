"""Every answer of every URL carries the headers, whoever asks and whatever the answer is."""

import pytest
from django.test import Client

from tests.permissions.discovery import endpoints
from tests.permissions.test_matrix import url_of, url_of_nothing

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
DIRECTIVES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "report-uri /csp-report/",
)
FOUND = endpoints()


READS_CODES = {
    f"nursery:{name}"
    for name in ("door", "door-look", "door-take", "kiosk", "kiosk-look", "kiosk-take")
}


def missing(response, name: str = "") -> list[str]:
    cameras = ("camera=()", "camera=(self)") if name in READS_CODES else ("camera=()",)
    policy = response.headers.get("Content-Security-Policy", "")
    return [
        *(name for name, value in ALWAYS.items() if response.headers.get(name) != value),
        *(directive for directive in DIRECTIVES if directive not in policy),
        *(("unsafe",) if "unsafe-" in policy else ()),
        *(name for name in response.headers if name.lower().startswith("access-control-")),
        *(("charset",) if is_bare_text(response) else ()),
        *(
            ()
            if any(each in response.headers.get("Permissions-Policy", "") for each in cameras)
            else ("camera",)
        ),
    ]


def is_bare_text(response) -> bool:
    """A text without its charset, which a browser would guess."""
    kind = response.headers.get("Content-Type", "")
    if response.status_code == 204:  # no text at all
        return False
    return not kind or (kind.startswith("text/") and "charset=" not in kind)


def ask(client: Client, endpoint, url: str):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        if (endpoint.name, method) != ("portal:sign-out", "POST"):
            yield method, client.generic(method, url, b"{}", content_type="application/json")


@pytest.mark.parametrize("name", sorted(FOUND))
def test_every_answer_carries_the_headers(city, signed_in, name):
    endpoint = FOUND[name]
    urls = {url_of(endpoint, city.a), url_of_nothing(endpoint)}
    wrong = {}
    for who in (None, city.a.director, city.auditor, city.a.guardian):
        client = signed_in(who) if who else Client()
        for url in urls:
            for method, response in ask(client, endpoint, url):
                faults = missing(response, name)
                cached = response.headers.get("Cache-Control", "")
                if (who or endpoint.api) and not ("no-store" in cached or name in KEPT):
                    faults.append(f"Cache-Control: {cached}")
                if faults:
                    wrong[f"{method} {url} {who}"] = faults

    assert wrong == {}


KEPT = {  # what a browser may keep although somebody is signed in
    "attachment": "a picture under a signed address of its reader, five minutes",
    "nursery:worker": "a script, the same for everybody; asked again each time",
    "family:worker": "a script, the same for everybody; asked again each time",
}


def test_pages_that_may_be_kept_are_still_there():
    assert set(KEPT) <= set(FOUND)


@pytest.mark.parametrize(
    "url", ["/nothing/here/", "/api/v1/nothing/", "/files/x/", "/%00", "/a/../b"]
)
def test_an_address_that_is_not_there_carries_them_too(db, url):
    assert missing(Client().get(url)) == []


def test_over_https_the_browser_is_told_to_stay_there(db, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True

    plain = Client().get("/")
    secure = Client().get("/", secure=True)

    assert (plain.status_code, plain.url) == (301, "https://testserver/")
    assert plain.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert (
        secure.headers["Strict-Transport-Security"]
        == "max-age=31536000; includeSubDomains; preload"
    )
