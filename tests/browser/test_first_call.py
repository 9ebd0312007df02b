"""A person who never saw the console calls a given name and number with a given template, from Home."""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from calls.models import CallLog
from osvi_simulator.server import SimulatorServer
from tests.browser.conftest import PATIENCE
from tests.support.processes import Worker

pytestmark = [
    pytest.mark.browser,
    pytest.mark.looks,
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
]

PASSWORD = "demo"
MOST_CLICKS, MOST_SECONDS = 10, 60
# What people need for each, in seconds: the keystroke-level model of Card, Moran and Newell, for an average
# typist. A click is found, thought about, pointed at and pressed.
KEY, CLICK = 0.28, 1.35 + 1.1 + 0.2


@dataclass
class Newcomer:
    """Somebody who only clicks what can be seen and types into what was clicked, and is counted."""

    page: Page
    clicks: int = 0
    keys: int = 0
    began: float = field(default_factory=time.monotonic)

    def click(self, seen: Locator) -> None:
        seen.click()
        self.clicks += 1

    def type(self, label: str, text: str) -> None:
        self.click(self.page.get_by_role("textbox", name=label, exact=True))
        self.page.keyboard.type(text)
        self.keys += len(text)

    @property
    def seconds(self) -> float:
        """What the machine took, and what a person takes in addition."""
        return time.monotonic() - self.began + self.clicks * CLICK + self.keys * KEY


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("Appointment reminder", {"Appointment date": "Tuesday", "Appointment time": "10:30"}),
        (
            "EMI payment reminder",
            {"Amount due": "4,500", "Loan last digits": "8812", "Due date": "5 December"},
        ),
    ],
)
def test_the_first_call_takes_ten_clicks_and_a_minute_at_most(
    page: Page,
    simulator: SimulatorServer,
    worker: Worker,
    settings: Any,
    template: str,
    values: dict[str, str],
) -> None:
    settings.CONSOLE_ENVIRONMENT = "simulator"
    call_command("load_demo", password=PASSWORD, verbosity=0)
    page.goto(reverse("admin:index"))
    page.get_by_label("Username").fill("demo")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{reverse('admin:index')}")

    newcomer = Newcomer(page)
    newcomer.click(page.get_by_role("main").get_by_role("link", name="Place a call"))
    page.wait_for_url("**/add/")
    newcomer.click(page.get_by_role("combobox", name="Template"))
    newcomer.click(page.get_by_role("option", name=template))
    page.wait_for_url("**kept=1**")
    newcomer.type("Number", "98450 12340")
    newcomer.type("Name", "Leela Das")
    for label, value in values.items():
        newcomer.type(label, value)
    newcomer.click(page.get_by_role("button", name="Call Leela Das, +91 98450 12340"))
    page.wait_for_url("**/change/")
    expect(page.locator("h1")).to_have_text("Leela Das")

    assert newcomer.clicks <= MOST_CLICKS
    assert newcomer.seconds < MOST_SECONDS
    call = CallLog.objects.latest("pk")
    assert (call.person_name, str(call.template)) == ("Leela Das", template)
    expect(page.locator("#call-badge")).to_have_text("Answered", timeout=PATIENCE)
