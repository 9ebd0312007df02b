"""The live help of "Place a call" in the browser: it follows the typing, keeps focus and text, and guards."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from calls.choices import CallStatus
from calls.models import CallLog
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.windows import log_in

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]


def begin(page: Page, cast: Cast, address: str) -> None:
    log_in(page.context, cast.boss, address)
    page.goto(f"/admin/calls/calllog/add/?template={cast.template.pk}")


def test_it_follows_the_typing_and_leaves_the_typist_alone(page: Page, cast: Cast, live_server: Any) -> None:
    begin(page, cast, live_server.url)
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))

    page.locator("#id_person_name").press_sequentially("Asha Rao")
    number = page.locator("#id_phone_number")
    number.press_sequentially("98123 45678")

    expect(page.locator("#number-verdict")).to_contain_text("India, +91 98123 45678", timeout=PATIENCE)
    expect(page.locator("#place-button")).to_have_text("Call Asha Rao, +91 98123 45678")
    expect(page.locator("#preview-live")).to_contain_text("Asha Rao")
    expect(number).to_be_focused()
    expect(number).to_have_value("98123 45678")
    assert not [address for address in addresses if "98123" in address]

    number.press_sequentially("0000000")
    expect(page.locator("#number-verdict")).to_contain_text("not a telephone number", timeout=PATIENCE)
    expect(page.locator("#place-button")).to_have_text("Place call")


def test_a_number_rung_just_now_wants_a_tick(page: Page, cast: Cast, live_server: Any) -> None:
    CallLog.objects.create(
        agent=cast.agent, phone_number="+919812345678", country="IN", status=CallStatus.ACCEPTED
    )
    before = CallLog.objects.count()
    begin(page, cast, live_server.url)
    page.locator("#id_phone_number").fill("98123 45678")
    page.locator("[name=value_appointment_date]").fill("Monday at ten")
    expect(page.locator(".place__duplicate")).to_be_visible(timeout=PATIENCE)

    page.locator("#place-button").click()
    expect(page.locator("#problems")).to_be_focused()
    assert CallLog.objects.count() == before

    page.locator("#problems a").click()
    tick: Any = page.locator("#id_confirmed_duplicate")
    expect(tick).to_be_focused()
    with page.expect_response("**/add/live/"):
        page.keyboard.press("Space")
    expect(tick).to_be_checked()
    page.locator("#place-button").click()

    page.wait_for_url("**/change/")
    assert CallLog.objects.count() == before + 1
