"""What a text may become in the browser: our own fragments pass, anything that would run is refused as a whole."""

import pytest
from playwright.sync_api import sync_playwright

from core.servers import browser as installed

HOSTILE = {
    "handler": "<img src=x onerror=window.hit=1>",
    "handler in a row": "<tr onclick=window.hit=1><td>x</td></tr>",
    "handler in a template": "<template><p onclick=window.hit=1>x</p></template>",
    "inline script": "<script>window.hit=1</script>",
    "foreign script": "<script src=https://evil.example/x.js></script>",
    "uploaded script": "<script src=/files/abc/></script>",
    "program as address": "<a href=' javascript:window.hit=1'>x</a>",
    "data page": "<a href='data:text/html,<script>1</script>'>x</a>",
    "frame": "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "object": "<object data=/files/abc/></object>",
    "base": "<base href=https://evil.example/>",
    "refresh": "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "svg handler": "<svg><g onload=window.hit=1></g></svg>",
    "svg animation": "<svg><a><animate attributeName=href values=javascript:1 /></a></svg>",
    "style": "<p style='background:url(https://evil.example/)'>x</p>",
    "htmx handler": "<p hx-on:click='window.hit=1'>x</p>",
}
FINE = {
    "text": "a < b",
    "fragment": "<div data-part='x'><a href='/nursery/'>x</a><img src='/files/a/' alt=''></div>",
    "row": "<tr><td>x</td></tr>",
    "picture": "<img src='data:image/svg+xml,%3Csvg/%3E' alt=''>",
    "data": "<script type='application/json' id='words'>{\"a\": 1}</script>",
    "module of ours": "<script type='module' src='/static/js/main.js'></script>",
}
PUT = """html => {
  const place = document.createElement("div");
  try { place.innerHTML = html } catch (error) { return error.name }
  return place.childNodes.length > 0 ? "taken" : "empty";
}"""
OTHER_DOORS = {
    "script address": "document.createElement('script').src = 'https://evil.example/x.js'",
    "uploaded script": "document.createElement('script').src = '/files/abc/'",
    "worker": "new Worker('https://evil.example/x.js')",
    "script text": "document.createElement('script').text = 'window.hit = 1'",
    "second policy": "trustedTypes.createPolicy('mine', {})",
    "same policy again": "trustedTypes.createPolicy('looked-at', {})",
    "default policy again": "trustedTypes.createPolicy('default', {})",
}


@pytest.fixture(scope="module")
def page(stack):
    """The open portal: the same scripts as every page. Its console may complain here, that is what is asked for."""
    path = installed.find()
    if path is None:
        pytest.skip(installed.MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=["--no-sandbox"])
        made = browser.new_page(base_url=stack)
        made.goto("/", wait_until="load")
        yield made
        browser.close()


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_hostile_html_is_refused_as_a_whole(page, html):
    assert page.evaluate(PUT, html) == "TypeError"
    assert page.evaluate("() => window.hit ?? null") is None


@pytest.mark.parametrize("html", FINE.values(), ids=FINE)
def test_what_our_pages_send_is_taken(page, html):
    assert page.evaluate(PUT, html) == "taken"


@pytest.mark.parametrize("door", OTHER_DOORS.values(), ids=OTHER_DOORS)
def test_every_other_door_is_shut(page, door):
    assert (
        page.evaluate(
            f"() => {{ try {{ {door} }} catch (error) {{ return error.name }} return 'done' }}"
        )
        == "TypeError"
    )


def test_refusals_are_reported_and_counted(page, django_db_blocker):
    page.reload(wait_until="load")  # a document reports the same refusal only once
    with page.expect_response("**/csp-report/") as answer:
        page.evaluate(PUT, HOSTILE["handler"])

    assert answer.value.status == 204
