""" "Test on my phone" in the browser: asked for once, rung, and back to the page as it was filled in."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from calls.models import CallLog, StaffPreference
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.windows import log_in

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]


def fill_in(page: Page, cast: Cast) -> None:
    page.goto(f"/admin/calls/calllog/add/?template={cast.template.pk}")
    page.locator("#id_phone_number").fill("98123 45678")
    page.locator("#id_person_name").fill("Asha Rao")
    page.locator("[name=value_appointment_date]").fill("Monday at ten")


def test_my_number_is_asked_for_once_and_the_page_comes_back_filled_in(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    fill_in(page, cast)
    page.locator("#own-phone-button").click()
    expect(page.locator("#id_test_number")).to_be_focused()
    assert not CallLog.objects.filter(is_test=True).exists()

    page.keyboard.type("98111 22210")
    page.locator("#own-phone-button").click()
    page.wait_for_url("**/change/")
    test = CallLog.objects.get(is_test=True)
    assert test.phone_number.as_e164 == "+919811122210"

    page.get_by_role("link", name="Back to the call as you filled it in").click()
    expect(page.locator("#id_phone_number")).to_have_value("98123 45678")
    expect(page.locator("[name=value_appointment_date]")).to_have_value("Monday at ten")
    expect(page.locator("#own-phone-button")).to_have_text("Test on my phone, +91 ••••• •210")

    page.locator("#place-button").click()
    page.wait_for_url("**/change/")
    assert CallLog.objects.latest("pk").phone_number.as_e164 == "+919812345678"


def test_what_is_wrong_with_my_number_stands_beside_its_field(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    calls = CallLog.objects.count()
    fill_in(page, cast)
    page.locator("#own-phone-button").click()
    page.keyboard.type("12")
    # Enter beside my own number means me, and nobody else.
    page.keyboard.press("Enter")

    expect(page.locator("#problems")).to_be_focused()
    page.locator("#problems a").click()
    expect(page.locator("#id_test_number")).to_be_focused()
    expect(page.locator("#id_test_number_error")).to_contain_text("not a telephone number")
    assert CallLog.objects.count() == calls


def test_ringing_me_again_at_once_wants_a_tick(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    StaffPreference.objects.create(user=cast.boss, test_number="+919811122210")
    fill_in(page, cast)
    page.locator("#own-phone-button").click()
    page.wait_for_url("**/change/")

    fill_in(page, cast)
    page.locator("#own-phone-button").click()
    page.locator("#problems a").click()
    expect(page.locator("#id_confirmed_test")).to_be_focused()
    assert CallLog.objects.filter(is_test=True).count() == 1
    page.keyboard.press("Space")
    page.locator("#own-phone-button").click()

    page.wait_for_url("**/change/")
    assert CallLog.objects.filter(is_test=True).count() == 2


def test_it_works_without_scripts(chromium: Browser, cast: Cast, live_server: Any) -> None:
    with chromium.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        context.set_default_timeout(PATIENCE)
        log_in(context, cast.boss, live_server.url)
        page = context.new_page()
        fill_in(page, cast)
        page.locator("#own-phone-button").click()
        page.locator("#id_test_number").fill("98111 22210")
        page.locator("#own-phone-button").click()

        page.wait_for_url("**/change/")
        assert CallLog.objects.filter(is_test=True).count() == 1
