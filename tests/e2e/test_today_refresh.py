"""The figures of the day follow the classes in place: the part is fetched, not the page into the page."""

from playwright.sync_api import expect


def test_the_part_is_fetched_again_when_a_class_logs(committed_city, device):
    page = device(committed_city.a.director, width=1280)
    page.goto("/nursery/today/", wait_until="load")
    with page.expect_response("**/nursery/today/") as answer:
        page.evaluate(
            "() => document.dispatchEvent(new CustomEvent('live:daily-log', { detail: {} }))"
        )

    assert "<html" not in answer.value.text()
    assert answer.value.request.headers["hx-target"].endswith("#today")
    expect(page.locator("main")).to_have_count(1)
    expect(page.locator("#today")).to_have_count(1)
