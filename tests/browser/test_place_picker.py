"""The searchable list of templates: by typing, by mouse, by touch, and as a plain select without scripts."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from calls.models import CallLog
from tests.browser.cast import Cast, make_template
from tests.browser.conftest import PATIENCE
from tests.browser.windows import PHONE, log_in

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

ADD = "/admin/calls/calllog/add/"


@pytest.fixture
def place_page(boss_page: Page, cast: Cast) -> Page:
    """The empty page, with three templates to choose from."""
    make_template(cast.agent, "Payment reminder")
    make_template(cast.agent, "Survey after a visit")
    boss_page.goto(ADD)
    return boss_page


def test_typing_narrows_the_list_and_enter_takes_the_template(place_page: Page) -> None:
    calls = CallLog.objects.count()
    place_page.get_by_label("Number").fill("98123 45678")
    search = place_page.get_by_role("combobox", name="Template")
    options = place_page.get_by_role("listbox", name="Template").get_by_role("option")

    search.focus()
    place_page.keyboard.type("reminder")
    expect(options).to_have_count(2)
    expect(options.first).to_contain_text("Appointment reminder")
    expect(options.first).to_contain_text("Front desk · last used")
    expect(options.nth(1)).to_contain_text("Front desk · never used")

    place_page.keyboard.press("ArrowDown")
    expect(search).to_have_attribute("aria-activedescendant", "picker-list-1")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    with place_page.expect_navigation():
        place_page.keyboard.press("Enter")

    expect(place_page.get_by_role("combobox", name="Template")).to_have_value("Payment reminder")
    expect(place_page.locator("#id_phone_number")).to_have_value("98123 45678")
    expect(place_page.locator("#review-live")).to_contain_text("Payment reminder v2")
    assert CallLog.objects.count() == calls


def test_what_fits_nothing_is_said_and_takes_nothing(place_page: Page) -> None:
    calls = CallLog.objects.count()
    place_page.get_by_label("Number").fill("98123 45678")
    search = place_page.get_by_role("combobox", name="Template")

    search.fill("zzz")
    expect(place_page.locator(".picker__none")).to_have_text("No template fits.")
    place_page.keyboard.press("Enter")
    place_page.keyboard.press("Escape")
    expect(search).to_have_value("No template: the agent's own words")
    search.fill("survey")
    place_page.keyboard.press("Tab")

    expect(search).to_have_value("No template: the agent's own words")
    expect(place_page.get_by_role("listbox")).to_be_hidden()
    assert place_page.url.endswith(ADD)
    assert CallLog.objects.count() == calls


def test_a_finger_takes_a_template(place_page: Page) -> None:
    place_page.set_viewport_size(PHONE)
    place_page.get_by_role("combobox", name="Template").click()
    with place_page.expect_navigation():
        place_page.get_by_role("option", name="Survey").click()

    expect(place_page.locator("#review-live")).to_contain_text("Survey after a visit v2")


def test_without_scripts_it_is_a_select_with_a_button(
    chromium: Browser, cast: Cast, live_server: Any
) -> None:
    with chromium.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        context.set_default_timeout(PATIENCE)
        log_in(context, cast.boss, live_server.url)
        page = context.new_page()
        page.goto(ADD)
        page.locator("select[name=template]").select_option(str(cast.template.pk))
        page.locator("#use-template").click()

        expect(page.locator("#review-live")).to_contain_text("Appointment reminder v2")
