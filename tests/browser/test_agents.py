"""Agents in a browser: a sync says what changed, and what went wrong."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from calls.osvi.client import get_client
from osvi_simulator.agents import AGENTS
from osvi_simulator.server import SimulatorServer
from tests.browser.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

LIST = reverse("admin:calls_agent_changelist")


def test_a_sync_says_what_changed(boss_page: Page, cast: Cast, simulator: SimulatorServer) -> None:
    boss_page.goto(LIST)

    boss_page.get_by_role("button", name="Sync agents from OSVI").click()

    said = boss_page.locator(".messagelist")
    expect(said).to_contain_text(AGENTS[0].name)
    expect(said).to_contain_text("Gone from OSVI, now not active: Front desk.")
    boss_page.get_by_role("link", name="Front desk").click()
    expect(boss_page.locator("#agent-templates")).to_contain_text("Appointment reminder")
    expect(boss_page.locator(".alert--warning")).to_contain_text("no new call can use it")


def test_it_says_when_osvi_cannot_be_reached(boss_page: Page, settings: Any) -> None:
    settings.OSVI_API_URL = "http://127.0.0.1:9"
    get_client.cache_clear()
    boss_page.goto(LIST)

    boss_page.get_by_role("button", name="Sync agents from OSVI").click()

    expect(boss_page.locator(".messagelist")).to_contain_text("The agents could not be read from OSVI.")
    get_client.cache_clear()
