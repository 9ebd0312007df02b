"""The flow staff live by: log in, place a call with a template, watch what comes of it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from calls.choices import CallStatus
from calls.models import Agent, CallLog, CallTemplate, DataPoint
from osvi_simulator.agents import AGENTS
from osvi_simulator.server import SimulatorServer
from tests.browser.conftest import PATIENCE
from tests.support.processes import Worker

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"


@pytest.fixture
def boss(transactional_db: None) -> User:
    return User.objects.create_superuser("boss", password=PASSWORD)


@pytest.fixture
def template(transactional_db: None) -> CallTemplate:
    agent = Agent.objects.create(agent_uuid=AGENTS[0].agent_id, name=AGENTS[0].name)
    template = CallTemplate.objects.create(
        name="Appointment reminder",
        agent=agent,
        country="IN",
        greeting="Hello {{ person_name | there }}, your appointment is on {{ appointment_date }}.",
        prompt="Confirm the appointment on {{ appointment_date }}.",
    )
    DataPoint.objects.create(
        template=template, key="confirmed", description="Ask whether they come.", output_format="yes or no"
    )
    template.record_version(None)
    return template


def log_in(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_a_call_is_placed_and_its_outcome_appears_without_a_reload(
    page: Page, boss: User, template: CallTemplate, simulator: SimulatorServer, worker: Worker
) -> None:
    log_in(page)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Place a call").click()
    page.goto(f"{page.url}?template={template.pk}")
    page.locator("#id_phone_number").fill("98765 43210")
    page.locator("#id_person_name").fill("Asha Rao")
    page.locator("[name=value_appointment_date]").fill("Monday at ten")
    page.locator("#place-button").click()

    page.wait_for_url("**/change/")
    # A reload would forget both.
    page.evaluate("window.sameDocument = true")
    page.locator("#call-prompt > summary").click()

    expect(page.locator("#call-badge")).to_have_text("Answered", timeout=PATIENCE)
    expect(page.locator("#call-answers")).to_contain_text("Confirmed")
    expect(page.locator("#call-answers tbody tr").first.locator("td")).not_to_contain_text("Not yet")
    expect(page.locator("#call-summary")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".turn").first).to_contain_text("Monday at ten", timeout=PATIENCE)
    # It stops looking when all is known.
    expect(page.locator("#call-live[hx-get]")).to_have_count(0, timeout=PATIENCE)

    assert page.evaluate("window.sameDocument === true")
    assert page.locator("#call-prompt").evaluate("block => block.open")
    assert simulator.rings("+919876543210") == 1
    assert CallLog.objects.get().status == CallStatus.FINISHED


def test_the_page_says_when_the_console_cannot_be_reached_and_recovers(
    page: Page, boss: User, template: CallTemplate, complaints: list[str], live_server: Any
) -> None:
    call = CallLog.objects.create(
        agent=template.agent, phone_number="+919876543210", country="IN", status=CallStatus.ACCEPTED
    )
    log_in(page)
    page.goto(f"/admin/calls/calllog/{call.pk}/change/")
    trouble = page.locator("#live-trouble")

    page.route("**/live/", lambda route: route.abort())
    expect(trouble).to_have_text("Cannot reach the console, trying again…", timeout=PATIENCE)
    page.unroute("**/live/")
    expect(trouble).to_have_text("", timeout=PATIENCE)

    # The browser and htmx write down each request that failed, and nothing else is wrong.
    assert complaints
    assert all("net::ERR_FAILED" in words or "error: htmx:" in words for words in complaints), complaints
    complaints.clear()
