"""Calling somebody again in the browser: the number stays masked until it is revealed; people called lately."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from playwright.sync_api import Browser, Page, expect

from calls.models import CallLog, Disclosure
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.windows import log_in

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

ADD = "/admin/calls/calllog/add/"
MASKED, FULL, SECRET = "+91 ••••• •210", "+91 98765 43210", "98765"


@pytest.fixture
def dialler(cast: Cast) -> User:
    """Somebody who sees and places calls, but whom no number is revealed to."""
    person = User.objects.create_user("dialler", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=["view_calllog", "place_call"]))
    # Out of the way of the guard against ringing twice, which has tests of its own.
    CallLog.objects.exclude(pk=cast.finished.pk).update(phone_number="+919812300000")
    CallLog.objects.update(sent_at=None, finished_at=None)
    return person


def test_the_number_is_called_without_being_shown(
    page: Page, dialler: User, cast: Cast, live_server: Any
) -> None:
    log_in(page.context, dialler, live_server.url)
    page.goto(f"{ADD}?again={cast.finished.pk}")
    expect(page.locator("#id_phone_number")).to_have_value(MASKED)
    expect(page.locator("#show-number")).to_have_count(0)

    with page.expect_response("**/add/live/"):
        page.locator("#id_person_name").fill("Asha")
    expect(page.locator("#place-button")).to_have_text(f"Call Asha, {MASKED}")
    assert SECRET not in page.content()
    page.locator("#place-button").click()

    page.wait_for_url("**/change/")
    call = CallLog.objects.latest("pk")
    assert (call.phone_number.as_e164, call.again_of) == ("+919876543210", cast.finished)


def test_typing_replaces_the_masked_number_as_a_whole(
    page: Page, dialler: User, cast: Cast, live_server: Any
) -> None:
    log_in(page.context, dialler, live_server.url)
    page.goto(f"{ADD}?again={cast.finished.pk}")
    page.locator("#id_phone_number").focus()
    page.keyboard.type("98123 45678")

    expect(page.locator("#number-verdict")).to_contain_text("India, +91 98123 45678")
    page.locator("#id_phone_number").fill("+91 •••")
    expect(page.locator("#number-verdict")).to_contain_text("not a telephone number")


def test_who_may_is_shown_the_number_and_that_is_logged(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    page.goto(f"{ADD}?again={cast.finished.pk}")
    assert SECRET not in page.content()
    page.locator("#id_person_name").fill("Asha Rao-Menon")
    with page.expect_navigation():
        page.locator("#show-number").click()

    expect(page.locator("#id_phone_number")).to_have_value(FULL)
    expect(page.locator("#id_person_name")).to_have_value("Asha Rao-Menon")
    assert SECRET not in page.url
    assert Disclosure.objects.get().call == cast.finished


def test_somebody_called_lately_is_filled_in_by_one_press(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    CallLog.objects.filter(pk=cast.rejected.pk).update(phone_number="+919812345678")
    page.goto(f"{ADD}?template={cast.template.pk}")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("group", name="Called lately:").get_by_role("button").first.click()

    expect(page.locator("#id_person_name")).to_have_value("Divya Pillai")
    expect(page.locator("#place-button")).to_have_text("Call Divya Pillai, +91 ••••• •678")
    assert page.evaluate("window.sameDocument === true")
    page.locator("[name=value_appointment_date]").fill("Monday at ten")
    page.locator("#place-button").click()

    page.wait_for_url("**/change/")
    assert CallLog.objects.latest("pk").phone_number.as_e164 == "+919812345678"


def test_somebody_called_lately_without_scripts(chromium: Browser, cast: Cast, live_server: Any) -> None:
    with chromium.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        context.set_default_timeout(PATIENCE)
        log_in(context, cast.boss, live_server.url)
        page = context.new_page()
        page.goto(ADD)
        page.get_by_role("group", name="Called lately:").get_by_role("button").first.click()

        expect(page.locator("#id_person_name")).to_have_value("Divya Pillai")
        expect(page.locator("#place-button")).to_have_text(f"Call Divya Pillai, {MASKED}")
