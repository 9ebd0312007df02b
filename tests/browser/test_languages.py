"""Choosing a language, and every page in Hindi: words are longer there, and nothing may break."""

from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.cast import PASSWORD, Cast
from tests.browser.test_every_page import PAGES, in_both_themes
from tests.browser.windows import DESKTOP, PHONE, log_in, overflow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.looks,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]


def test_a_person_chooses_hindi_before_logging_in_and_english_afterwards(page: Page, cast: Cast) -> None:
    # A fading colour has no certain contrast.
    page.emulate_media(reduced_motion="reduce")
    page.goto(reverse("admin:login"))
    page.get_by_role("button", name="हिंदी").click()
    expect(page.locator("html")).to_have_attribute("lang", "hi")
    assert in_both_themes(page) == {}

    page.get_by_label("उपयोगकर्ता नाम").fill(cast.boss.username)
    page.get_by_label("पासवर्ड").fill(PASSWORD)
    page.get_by_role("button", name="लॉग इन करें").click()
    page.get_by_role("link", name="कॉलें", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("कॉलें")

    page.locator("#user-menu > summary").click()
    assert in_both_themes(page) == {}
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Calls")
    assert page.url.endswith(reverse("admin:calls_calllog_changelist"))


def test_a_language_is_chosen_by_keyboard(boss_page: Page) -> None:
    boss_page.goto(reverse("admin:index"))
    boss_page.locator("#user-menu > summary").focus()
    boss_page.keyboard.press("Enter")
    boss_page.get_by_role("button", name="हिंदी").focus()
    boss_page.keyboard.press("Enter")

    expect(boss_page.get_by_role("heading", level=1)).to_have_text("होम")


def test_no_page_scrolls_sideways_in_hindi(
    page: Page, cast: Cast, live_server: Any, complaints: list[str], subtests: pytest.Subtests
) -> None:
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": "hi", "url": live_server.url}])
    log_in(page.context, cast.boss, live_server.url)
    for screen in PAGES:
        if screen.reach or screen.anonymous:
            continue
        page.goto(screen.path(cast))
        assert screen.complains or page.locator("html").get_attribute("lang") == "hi"
        if screen.complains:
            complaints[:] = [words for words in complaints if "404 (Not Found)" not in words]
        for size in (DESKTOP, PHONE):
            with subtests.test(screen.name, width=size["width"]):
                page.set_viewport_size(size)
                assert overflow(page) == []
