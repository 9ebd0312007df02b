"""Search everywhere in the browser: by keyboard alone, and what it says when nothing or nobody answers."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.cast import Cast
from tests.browser.windows import PHONE, log_in, overflow, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOME, CALLS = "/admin/", "/admin/calls/calllog/"
HITS = "#search-results a"


def status(page: Page) -> Any:
    return expect(page.locator("#search-status"))


def test_a_call_is_found_and_opened_by_keyboard(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(HOME)
    page.locator(".sidebar__nav a").first.focus()

    page.keyboard.press("/")
    expect(page.locator("#search-everywhere")).to_be_focused()
    expect(page.locator("#search-results")).to_contain_text("Place a call")
    page.keyboard.press("Escape")
    expect(page.locator("#search-dialog")).to_be_hidden()
    expect(page.locator(".sidebar__nav a").first).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type("98765 43210")
    status(page).to_have_text("6 found. Enter opens the first one.")
    expect(page.locator("#search-everywhere")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("monday at ten")
    status(page).to_have_text("1 found. Enter opens it.")
    expect(page.locator(HITS)).to_contain_text("+91 ••••• •210")
    page.keyboard.press("ArrowDown")
    expect(page.locator(HITS)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#search-everywhere")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{CALLS}{cast.finished.pk}/change/")
    expect(page.locator("h1")).to_contain_text("Asha Rao")
    assert not [address for address in addresses if "98765" in address or "monday" in address]


def test_enter_opens_the_first_one_however_fast_it_is_pressed(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    page.goto(CALLS)

    page.keyboard.press("/")
    expect(page.locator("#searchbar")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("ravi iyer")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**{CALLS}{cast.under_way.pk}/change/")


def test_typing_on_among_the_results_goes_on_in_the_field(boss_page: Page) -> None:
    page = boss_page
    page.goto(HOME)
    page.keyboard.press("Control+k")
    page.keyboard.type("as")
    expect(page.locator(HITS).first).to_be_visible()
    page.keyboard.press("ArrowDown")

    page.keyboard.type("ha")

    expect(page.locator("#search-everywhere")).to_have_value("asha")
    status(page).to_have_text("1 found. Enter opens it.")


def test_nothing_found_stays_and_says_so(boss_page: Page) -> None:
    page = boss_page
    page.goto(HOME)
    page.keyboard.press("Control+k")

    page.keyboard.type("zzzzz")
    status(page).to_have_text("Nothing found. Try other words.")
    page.keyboard.press("Enter")

    expect(page.locator("#search-everywhere")).to_be_focused()
    assert page.url.endswith(HOME)
    assert violations(page) == []


def test_an_unreachable_server_is_said_and_the_next_try_works(boss_page: Page, complaints: list[str]) -> None:
    page = boss_page
    page.goto(HOME)
    page.route("**/search/live/", lambda route: route.abort())
    page.keyboard.press("Control+k")
    page.keyboard.type("asha")
    status(page).to_contain_text("The console cannot be reached just now.")
    expect(page.locator(HITS)).to_have_count(0)

    page.unroute("**/search/live/")
    page.keyboard.type(" rao")

    status(page).to_have_text("1 found. Enter opens it.")
    assert complaints
    assert all("ERR_FAILED" in words for words in complaints)
    complaints.clear()


def test_after_a_logout_elsewhere_it_leads_to_the_login(boss_page: Page, complaints: list[str]) -> None:
    page = boss_page
    page.goto(HOME)
    page.context.clear_cookies(name="sessionid")

    page.keyboard.press("Control+k")

    page.wait_for_url("**/login/**")
    complaints[:] = [words for words in complaints if "401" not in words]


def test_it_works_on_a_phone(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    page.set_viewport_size(PHONE)
    page.goto(HOME)

    page.locator(".appbar [data-search]").click()
    page.locator("#search-everywhere").fill("asha")
    status(page).to_have_text("1 found. Enter opens it.")
    assert overflow(page) == []
    assert violations(page) == []
    page.locator("#search-close").click()
    expect(page.locator(".appbar [data-search]")).to_be_focused()
    page.locator(".appbar [data-search]").click()
    page.locator(HITS).first.click()

    page.wait_for_url(f"**{CALLS}{cast.finished.pk}/change/")
    page.go_back()
    expect(page.locator("#search-dialog")).to_be_hidden()


def test_it_works_without_javascript(chromium: Any, live_server: Any, cast: Cast) -> None:
    with chromium.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        log_in(context, cast.boss, live_server.url)
        page = context.new_page()
        page.goto(HOME)
        page.locator(".sidebar [data-search]").click()
        page.locator("#search-page-q").fill("98765 43210")
        page.locator("#search-page-q").press("Enter")

        expect(page.locator(".search-page .search-status")).to_have_text("6 found.")
        expect(page.locator(".search-page .search-hit")).to_have_count(6)
        assert page.url == f"{live_server.url}/admin/search/"
