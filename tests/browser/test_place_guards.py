"""Calling hours on "Place a call" in the browser: the verdict while typing, the wait, the zone, the override."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from calls.choices import CallStatus, SuppressionSource
from calls.models import CallLog
from calls.services.do_not_call import suppress
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.windows import PHONE, log_in, overflow, violations
from tests.support import calling_hours

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _hours(settings: Any, transactional_db: None) -> None:
    settings.CALLING_HOURS_APPLY = True
    calling_hours.only_for_every_purpose()


@pytest.fixture
def at_number(page: Page, cast: Cast, live_server: Any) -> Page:
    """The page with everything filled in but the number."""
    log_in(page.context, cast.boss, live_server.url)
    page.goto(f"/admin/calls/calllog/add/?template={cast.template.pk}")
    page.locator("#id_person_name").fill("Asha Rao")
    page.locator("[name=value_appointment_date]").fill("Monday at ten")
    return page


def newest() -> CallLog:
    return CallLog.objects.order_by("-pk")[0]


def test_outside_hours_the_page_says_until_when_and_the_call_waits(at_number: Page) -> None:
    opens_at = calling_hours.opens_in(30)

    at_number.locator("#id_phone_number").press_sequentially("98123 45678")

    verdict = at_number.locator("#guard-verdict")
    expect(verdict).to_contain_text("The call will wait until then.", timeout=PATIENCE)
    expect(at_number.locator("#place-button")).to_contain_text("Schedule the call to Asha Rao")
    assert violations(at_number) == []
    at_number.set_viewport_size(PHONE)
    assert overflow(at_number) == []
    at_number.locator("#place-button").click()

    at_number.wait_for_url("**/change/")
    expect(at_number.get_by_text("Outside calling hours there, so the call waits until")).to_be_visible()
    assert (newest().status, newest().scheduled_for) == (CallStatus.SCHEDULED, opens_at)


def test_with_a_reason_it_rings_all_the_same(at_number: Page) -> None:
    calling_hours.opens_in(30)
    at_number.locator("#id_phone_number").fill("98123 45678")
    at_number.locator("#section-override > summary").click()
    at_number.locator("#id_override_reason").press_sequentially("They asked for it")

    expect(at_number.locator("#guard-verdict")).to_contain_text("Called all the same", timeout=PATIENCE)
    expect(at_number.locator("#place-button")).to_contain_text("Call Asha Rao")
    assert violations(at_number) == []
    at_number.locator("#place-button").click()

    at_number.wait_for_url("**/change/")
    assert (newest().status, newest().override_reason) == (CallStatus.QUEUED, "They asked for it")


def test_the_zone_is_asked_for_where_there_are_several(at_number: Page) -> None:
    calling_hours.only_for_every_purpose("AU")
    calling_hours.open_always("AU")
    at_number.locator("#id_phone_number").fill("+61 412 345 678")

    zone = at_number.locator("#id_time_zone")
    expect(zone).to_be_visible(timeout=PATIENCE)
    with at_number.expect_response("**/add/live/"):
        zone.select_option("Australia/Perth")
    expect(zone).to_have_value("Australia/Perth")
    assert violations(at_number) == []
    at_number.locator("#place-button").click()

    at_number.wait_for_url("**/change/")
    assert newest().time_zone == "Australia/Perth"


def test_a_number_on_the_list_is_not_called(at_number: Page) -> None:
    calling_hours.open_always()
    suppress("+919812345678", reason="Said so in March", source=SuppressionSource.STAFF)
    before = CallLog.objects.count()

    at_number.locator("#id_phone_number").fill("98123 45678")
    expect(at_number.locator("#guard-verdict")).to_contain_text("Said so in March", timeout=PATIENCE)
    at_number.locator("#place-button").click()

    expect(at_number.locator("#problems")).to_contain_text("On the do-not-call list since")
    assert CallLog.objects.count() == before
