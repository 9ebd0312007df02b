"""Pages for people who want no motion, and a call on paper."""

import typing

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

# Elements, and what is drawn before and after them, that move for longer than one can see.
_MOVING = """() => [...document.querySelectorAll("*")].filter((element) =>
  ["", "::before", "::after"].some((part) => {
    const look = getComputedStyle(element, part || null);
    const lasts = (times) => Math.max(...times.split(",").map(parseFloat)) > 0.01;
    const runs = look.animationName !== "none" && lasts(look.animationDuration);
    return runs || (look.transitionProperty !== "none" && lasts(look.transitionDuration));
  })
).map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class")}`)"""


def moving(page: Page) -> list[str]:
    return typing.cast("list[str]", page.evaluate(_MOVING))


def test_nothing_moves_for_people_who_want_no_motion(boss_page: Page, cast: Cast) -> None:
    for address in (
        reverse("admin:index"),
        reverse("admin:calls_calllog_add"),
        reverse("admin:calls_calllog_change", args=[cast.under_way.pk]),
    ):
        boss_page.emulate_media(reduced_motion="no-preference")
        boss_page.goto(address)
        assert moving(boss_page), "the check itself finds nothing to look at"

        boss_page.emulate_media(reduced_motion="reduce")
        assert moving(boss_page) == []


def test_a_call_on_paper_is_the_call_without_the_console(boss_page: Page, cast: Cast) -> None:
    boss_page.goto(reverse("admin:calls_calllog_change", args=[cast.finished.pk]))
    around = ".sidebar", ".appbar", ".breadcrumbs", ".page-header__actions", ".skip-to-content-link"
    expect(boss_page.locator(".sidebar")).to_be_visible()

    boss_page.emulate_media(media="print")

    for part in around:
        for element in boss_page.locator(part).all():
            expect(element).not_to_be_visible()
    expect(boss_page.locator("h1")).to_contain_text("Asha Rao")
    for part in ("#call-badge", "#call-summary", "#call-answers", "#call-transcript .turn"):
        expect(boss_page.locator(part).first).to_be_visible()
    # The words use the width of the sheet.
    main = boss_page.locator("#main").bounding_box()
    assert main is not None
    assert main["x"] < 40
