"""Calling hours in the browser: read the list, enter hours for a country, change the shipped ones."""

from datetime import time

import pytest
from playwright.sync_api import Page, expect

from calls.models import CallingRule

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]


def test_a_country_gets_its_hours(boss_page: Page) -> None:
    boss_page.goto("/admin/")
    boss_page.get_by_role("link", name="Calling hours").click()
    expect(boss_page.get_by_text("This is not legal advice")).to_be_visible()
    expect(boss_page.get_by_text("Every day 10:00–19:00").first).to_be_visible()
    boss_page.locator(".object-tools a").click()

    boss_page.locator("#id_country").select_option("DE")
    boss_page.locator("#id_windows-0-weekday").select_option("0")
    boss_page.locator("#id_windows-0-opens").fill("10:00")
    boss_page.locator("#id_windows-0-closes").fill("19:30")
    boss_page.locator("#windows-group .add-row a").click()
    boss_page.locator("#id_windows-1-weekday").select_option("1")
    boss_page.locator("#id_windows-1-opens").fill("10:00")
    boss_page.locator("#id_windows-1-closes").fill("19:30")
    boss_page.locator("#id_source").fill("Our counsel, letter of May")
    boss_page.locator("input[name=_save]").click()

    boss_page.wait_for_url("**/callingrule/")
    expect(boss_page.get_by_text("Monday–Tuesday 10:00–19:30")).to_be_visible()
    rule = CallingRule.objects.get(country="DE")
    assert [window.closes for window in rule.windows.all()] == [time(19, 30)] * 2


def test_hours_are_not_changed_without_saying_who_says_so(boss_page: Page) -> None:
    rule = CallingRule.objects.get(country="IN", purpose="")
    boss_page.goto(f"/admin/calls/callingrule/{rule.pk}/change/")
    boss_page.locator("#id_windows-0-closes").fill("18:00")
    boss_page.locator("#id_source").fill("")
    boss_page.locator("#id_source").evaluate("field => { field.form.noValidate = true; }")
    boss_page.locator("input[name=_save]").click()
    expect(boss_page.get_by_text("Please say where these hours come from.")).to_be_visible()

    boss_page.locator("#id_source").fill("Our counsel")
    boss_page.locator("input[name=_save]").click()

    boss_page.wait_for_url("**/callingrule/")
    rule.refresh_from_db()
    assert (rule.is_preset, rule.source, rule.windows.get(weekday=0).closes) == (
        False,
        "Our counsel",
        time(18),
    )
