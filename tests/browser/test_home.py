"""Home in a browser: what needs somebody leads to the calls, recent calls keep themselves fresh, a pause is seen."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from calls.choices import CallStatus
from calls.models import CallLog
from calls.services import sending
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

HOME = reverse("admin:index")


def test_what_needs_somebody_leads_to_those_calls(boss_page: Page, cast: Cast) -> None:
    boss_page.goto(HOME)

    boss_page.get_by_role("link", name="We don't know whether 1 call went out.").click()

    expect(boss_page.locator("#result_list tbody tr")).to_have_count(1)
    expect(boss_page.locator("#result_list")).to_contain_text("Lakshmi Menon")


def test_a_follow_up_that_is_due_leads_to_its_call(boss_page: Page, cast: Cast) -> None:
    boss_page.goto(HOME)

    boss_page.get_by_role("link", name="1 follow-up of yours is due.").click()

    expect(boss_page.locator("#result_list")).to_contain_text("Asha Rao")


def test_a_recent_call_changes_without_a_reload(boss_page: Page, cast: Cast) -> None:
    boss_page.goto(HOME)
    row = boss_page.locator(f"#recent-{cast.under_way.pk}")
    expect(row).to_contain_text("Under way")
    row.locator("a").focus()

    CallLog.objects.filter(pk=cast.under_way.pk).update(status=CallStatus.FINISHED, outcome="picked")

    expect(row).to_contain_text("Answered", timeout=PATIENCE)
    expect(row.locator("a")).to_be_focused()


def test_a_pause_is_told_and_ended_here(boss_page: Page, cast: Cast) -> None:
    sending.pause("The token is wrong.")
    boss_page.goto(HOME)
    expect(boss_page.locator(".alert--danger")).to_contain_text("The token is wrong.")

    boss_page.get_by_role("button", name="Resume sending").click()

    expect(boss_page.locator(".messagelist")).to_contain_text("Sending is resumed")
    expect(boss_page).to_have_url(f"{boss_page.url.split('/admin')[0]}{HOME}")
    assert not sending.is_paused()


def test_it_says_when_the_console_cannot_be_reached_and_recovers(
    boss_page: Page, cast: Cast, complaints: list[str]
) -> None:
    boss_page.goto(HOME)
    trouble = boss_page.locator("#live-trouble")

    boss_page.route("**/home/live/", lambda route: route.abort())
    expect(trouble).to_have_text("Cannot reach the console, trying again…", timeout=PATIENCE)
    boss_page.unroute("**/home/live/")
    expect(trouble).to_have_text("", timeout=PATIENCE)

    # The browser and htmx write down each request that failed, and nothing else is wrong.
    assert complaints
    assert all("net::ERR_FAILED" in words or "error: htmx:" in words for words in complaints), complaints
    complaints.clear()
