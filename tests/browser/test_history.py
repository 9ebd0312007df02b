"""The call history in the browser: tabs, filters, saved views, answers as columns, bulk actions, fresh rows."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from calls.admin import call_list
from calls.choices import CallStatus
from calls.models import CallLog, SavedView
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.windows import PHONE, overflow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = reverse("admin:calls_calllog_changelist")


def go(page: Page) -> Page:
    page.goto(LIST)
    return page


def tab(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator(".call-tabs").get_by_role("link", name=re.compile(f"^{name}")).click()


def rows(page: Page) -> Any:
    return page.locator("#result_list tbody tr")


def row(page: Page, call: CallLog) -> Any:
    return rows(page).filter(has_text=call.person_name)


def run_action(page: Page, action: str, *calls: CallLog) -> None:
    """Choose calls and an action, up to the page of consequences."""
    for call in calls:
        row(page, call).locator(".action-select").check()
    page.locator("select[name=action]").select_option(action)
    with page.expect_navigation():
        page.locator("button[name=index]").click()


# --- Tabs and filters -------------------------------------------------------------------------


def test_tabs_and_filters_narrow_the_list_together(boss_page: Page, cast: Cast) -> None:
    page = go(boss_page)
    tab(page, "Needs attention")
    # Unconfirmed, refused, and a follow-up that is due.
    expect(page.locator(".call-tabs [aria-current]")).to_contain_text("3")
    expect(rows(page)).to_have_count(3)

    page.locator(".filter-panel > summary").click()
    page.locator("#changelist-filter").get_by_role("link", name="Refused by OSVI").click()
    expect(rows(page)).to_have_count(1)
    expect(row(page, cast.rejected)).to_be_visible()
    assert "tab=attention" in page.url

    chip = page.locator(".call-chip")
    expect(chip).to_contain_text("Status: Refused by OSVI")
    with page.expect_navigation():
        chip.click()
    expect(rows(page)).to_have_count(3)
    assert "status" not in page.url


def test_any_two_days_can_be_chosen_and_a_wrong_day_says_so(boss_page: Page, cast: Cast) -> None:
    today = timezone.localdate()
    CallLog.objects.filter(pk=cast.rejected.pk).update(requested_at=timezone.now() - timedelta(days=9))
    page = go(boss_page)
    page.locator(".filter-panel > summary").click()

    page.get_by_label("From", exact=True).fill((today - timedelta(days=10)).isoformat())
    page.get_by_label("To", exact=True).fill((today - timedelta(days=8)).isoformat())
    with page.expect_navigation():
        page.get_by_role("button", name="Show these days").click()
    expect(rows(page)).to_have_count(1)
    expect(page.locator(".call-chip")).to_contain_text("Date:")

    page.goto(f"{LIST}?from=2026-02-31&tab=attention")
    expect(page.locator(".call-problem")).to_contain_text("“2026-02-31” is not a day")
    expect(rows(page)).to_have_count(3)


# --- Saved views ------------------------------------------------------------------------------


def test_a_view_is_saved_chosen_renamed_and_deleted(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    page.goto(f"{LIST}?tab=attention&status=rejected")
    page.locator(".call-chips").get_by_role("link", name="Save this view").click()
    page.get_by_label("Name").fill("Refused ones")
    page.get_by_label("Shared with everybody").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Save view").click()
    expect(page.locator(".messagelist")).to_contain_text("“Refused ones” was saved")
    expect(page.locator(".views-menu > summary")).to_contain_text("Refused ones")

    go(page)
    page.locator(".views-menu > summary").click()
    with page.expect_navigation():
        page.locator(".views-menu").get_by_role("link", name="Refused ones").first.click()
    expect(rows(page)).to_have_count(1)

    page.locator(".views-menu > summary").click()
    page.get_by_role("link", name="Change the view Refused ones").click()
    page.get_by_label("Name").fill("Refused")
    with page.expect_navigation():
        page.get_by_role("button", name="Save view").click()
    page.locator(".views-menu > summary").click()
    page.get_by_role("link", name="Change the view Refused").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Delete this view").click()
    assert not SavedView.objects.exists()


def test_a_name_that_is_taken_stays_typed_and_a_number_is_not_saved(boss_page: Page, cast: Cast) -> None:
    SavedView.objects.create(name="Mine", owner=cast.boss, query="tab=review")
    page = boss_page
    page.goto(f"{LIST}?tab=attention&q=98765")
    page.locator(".call-chips").get_by_role("link", name="Save this view").click()
    expect(page.get_by_text("looks like a telephone number")).to_be_visible()

    page.get_by_role("link", name="Save without the search").click()
    page.get_by_label("Name").fill("Mine")
    with page.expect_navigation():
        page.get_by_role("button", name="Save view").click()
    name = page.get_by_label("Name")
    expect(name).to_have_value("Mine")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".errorlist")).to_contain_text("You have a view of this name already")
    assert SavedView.objects.count() == 1


# --- Answers ----------------------------------------------------------------------------------


def test_answers_are_columns_when_one_template_is_chosen(boss_page: Page, cast: Cast) -> None:
    page = go(boss_page)
    expect(page.locator("#result_list thead")).not_to_contain_text("Confirmed")
    page.locator(".filter-panel > summary").click()
    page.locator("#changelist-filter").get_by_role("link", name=cast.template.name).click()

    expect(page.locator("#result_list thead")).to_contain_text("Confirmed")
    tab(page, "Answered")
    expect(page.locator(".answer")).to_have_text("Confirmed yes")


# --- Bulk actions -----------------------------------------------------------------------------


def test_calls_are_marked_as_reviewed_and_that_is_undone(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    page.goto(f"{LIST}?agent={cast.agent.pk}")
    run_action(page, "mark_reviewed", cast.finished, cast.under_way)
    expect(page.get_by_text("1 is left out")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Mark 1 call as reviewed").click()
    assert f"agent={cast.agent.pk}" in page.url
    expect(row(page, cast.finished)).to_contain_text("Reviewed")

    page.get_by_role("link", name="Undo…").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Take back 1 mark").click()
    expect(row(page, cast.finished)).not_to_contain_text("Reviewed")


def test_a_follow_up_is_assigned_once_its_day_is_right(boss_page: Page, cast: Cast) -> None:
    page = go(boss_page)
    run_action(page, "assign_follow_up", cast.finished)
    page.get_by_label("Who follows up").select_option(label="colleague")
    day = page.get_by_label("Due on")
    day.fill("2020-01-01")
    button = page.get_by_role("button", name="Assign 1 follow-up")
    with page.expect_navigation():
        button.click()
    expect(page.locator(".errorlist")).to_contain_text("This day has passed")
    expect(page.get_by_label("Who follows up")).to_have_value(str(cast.colleague.pk))

    day.fill(timezone.localdate().isoformat())
    with page.expect_navigation():
        button.click()
    expect(row(page, cast.finished)).to_contain_text("Follow up:")
    tab(page, "Follow-up due")
    expect(rows(page)).to_have_count(1)


# --- Fresh rows -------------------------------------------------------------------------------


def test_rows_keep_fresh_and_leave_the_reader_alone(
    boss_page: Page, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_list, "LOOK_EVERY", 1)
    page = go(boss_page)
    row(page, cast.rejected).locator(".action-select").check()
    link = row(page, cast.unconfirmed).locator("a.person")
    link.focus()
    page.evaluate("window.scrollTo(0, 300)")
    tab_link = page.locator(".call-tabs a", has_text="Answered").first
    answered = CallLog.objects.filter(outcome="picked").count()
    expect(tab_link).to_contain_text(str(answered))

    CallLog.objects.filter(pk=cast.under_way.pk).update(
        status=CallStatus.FINISHED, outcome="picked", duration_seconds=61
    )

    expect(row(page, cast.under_way)).to_contain_text("1 min 1 s", timeout=PATIENCE)
    expect(tab_link).to_contain_text(str(answered + 1))
    expect(row(page, cast.rejected).locator(".action-select")).to_be_checked()
    expect(page.locator(".action-counter")).to_contain_text("1 of 50")
    expect(link).to_be_focused()
    assert page.evaluate("window.scrollY") == 300

    # Nothing else may change by itself, so the list stops looking.
    CallLog.objects.filter(pk=cast.queued.pk).update(status=CallStatus.CANCELLED)
    expect(row(page, cast.queued)).to_contain_text("Cancelled", timeout=PATIENCE)
    expect(page.locator("#calls-live[hx-get]")).to_have_count(0)


def test_the_list_says_when_the_console_cannot_be_reached_and_recovers(
    boss_page: Page, cast: Cast, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_list, "LOOK_EVERY", 1)
    page = go(boss_page)
    trouble = page.locator("#live-trouble")

    page.route("**/live/*", lambda route: route.abort())
    expect(trouble).to_have_text("Cannot reach the console, trying again…", timeout=PATIENCE)
    page.unroute("**/live/*")
    expect(trouble).to_have_text("", timeout=PATIENCE)

    # The browser and htmx write down each request that failed, and nothing else is wrong.
    assert complaints
    assert all("net::ERR_FAILED" in words or "error: htmx:" in words for words in complaints), complaints
    complaints.clear()


# --- On a telephone ---------------------------------------------------------------------------


def test_on_a_telephone_rows_are_cards_that_can_be_read_and_used(boss_page: Page, cast: Cast) -> None:
    boss_page.set_viewport_size(PHONE)
    page = boss_page
    page.goto(f"{LIST}?template={cast.template.pk}&tab=answered")

    card = row(page, cast.finished)
    for words in (cast.finished.person_name, "Answered", "1 min 12 s", "Confirmed yes"):
        expect(card).to_contain_text(words)
    inside = card.locator("td:visible").evaluate_all(
        "cells => cells.every(cell => cell.getBoundingClientRect().right <= innerWidth)"
    )
    assert inside
    assert overflow(page) == []
    run_action(page, "mark_reviewed", cast.finished)
    expect(page.get_by_role("button", name="Mark 1 call as reviewed")).to_be_visible()
