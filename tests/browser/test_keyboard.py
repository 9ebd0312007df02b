"""Everything by keyboard alone: log in, place a call, watch it end, review it; the menu on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from calls.models import CallTemplate
from osvi_simulator.agents import AGENTS
from osvi_simulator.server import SimulatorServer
from tests.browser.cast import PASSWORD, Cast
from tests.browser.conftest import PATIENCE
from tests.browser.windows import PHONE
from tests.support.processes import Worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# More presses than any page has places to stop at.
MOST_STOPS = 120
_STOP = """selector => {
  const at = document.activeElement;
  const look = getComputedStyle(at);
  const outlined = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0;
  return {
    name: `${at.tagName.toLowerCase()}#${at.id} ${at.textContent.trim().slice(0, 30)}`,
    reached: at.matches(selector),
    nowhere: at === document.body,
    visible: outlined || look.boxShadow !== "none",
  };
}"""


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press the key until `selector` has the focus. Every stop on the way must show where the focus is."""
    stops = []
    for _press in range(MOST_STOPS):
        page.keyboard.press(key)
        stop = page.evaluate(_STOP, selector)
        stops.append(stop["name"])
        # From the last stop the focus leaves the page once before it comes back.
        assert stop["visible"] or stop["nowhere"], f"no visible focus on {stop['name']}"
        if stop["reached"]:
            return
    pytest.fail(f"{selector} was not reached by {key}: {stops}")


def press_enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.fixture
def template(cast: Cast) -> CallTemplate:
    """A template whose agent the simulator knows."""
    agent = cast.agent
    agent.agent_uuid, agent.name = AGENTS[0].agent_id, AGENTS[0].name
    agent.save()
    return cast.template


@pytest.mark.worker
def test_a_call_is_placed_watched_and_reviewed(
    page: Page, template: CallTemplate, simulator: SimulatorServer, worker: Worker
) -> None:
    page.goto(reverse("admin:index"))
    expect(page.locator("#id_username")).to_be_focused()
    page.keyboard.type("boss")
    tab_to(page, "#id_password")
    page.keyboard.type(PASSWORD)
    press_enter(page)

    tab_to(page, ".sidebar__primary")
    press_enter(page)
    place_call(page, template)

    page.wait_for_url("**/change/")
    expect(page.locator("#call-badge")).to_have_text("Answered", timeout=PATIENCE)
    expect(page.locator(".turn").first).to_be_visible(timeout=PATIENCE)
    tab_to(page, "#call-prompt > summary")
    page.keyboard.press("Enter")
    expect(page.locator("#call-prompt")).to_have_attribute("open", "")

    tab_to(page, f".breadcrumbs a[href='{reverse('admin:calls_calllog_changelist')}']", key="Shift+Tab")
    press_enter(page)
    find_call(page)


def place_call(page: Page, template: CallTemplate) -> None:
    """Fill in and send the form."""
    tab_to(page, "#id_template")
    page.keyboard.type(template.name)
    press_enter(page)
    tab_to(page, "#id_phone_number")
    page.keyboard.type("98765 43219")
    tab_to(page, "#id_person_name")
    page.keyboard.type("Kiran Bedi")
    tab_to(page, "[name=value_appointment_date]")
    page.keyboard.type("Monday at ten")
    tab_to(page, "#place-button")
    page.keyboard.press("Enter")


def find_call(page: Page) -> None:
    """Search the list and filter it."""
    rows = page.locator("#result_list tbody tr")
    page.keyboard.press("/")
    expect(page.locator("#searchbar")).to_be_focused()
    page.keyboard.type("Kiran")
    press_enter(page)
    expect(rows).to_have_count(1)

    tab_to(page, ".filter-panel > summary")
    page.keyboard.press("Enter")
    tab_to(page, "#changelist-filter a[href*='status=finished']")
    press_enter(page)
    assert "status=finished" in page.url
    expect(rows).to_have_count(1)
    tab_to(page, "#result_list tbody a.person")
    press_enter(page)
    expect(page.locator("h1")).to_contain_text("Kiran Bedi")


def test_the_first_stop_skips_the_navigation(boss_page: Page) -> None:
    boss_page.goto(reverse("admin:calls_calllog_changelist"))

    tab_to(boss_page, ".skip-to-content-link")
    expect(boss_page.locator(".skip-to-content-link")).to_be_in_viewport()
    boss_page.keyboard.press("Enter")
    boss_page.keyboard.press("Tab")

    inside = "document.querySelector('#main, #content-start').contains(document.activeElement)"
    assert boss_page.evaluate(inside)


def test_the_menu_of_a_phone_opens_and_closes(boss_page: Page) -> None:
    boss_page.set_viewport_size(PHONE)
    boss_page.goto(reverse("admin:index"))
    opener, sidebar = boss_page.locator("#sidebar-toggle"), boss_page.locator("#sidebar")
    expect(sidebar).not_to_be_in_viewport()

    tab_to(boss_page, "#sidebar-toggle")
    for close in ("Escape", "Enter"):
        boss_page.keyboard.press("Enter")
        expect(boss_page.locator("#sidebar-close")).to_be_focused()
        expect(opener).to_have_attribute("aria-expanded", "true")
        expect(sidebar).to_be_in_viewport()
        # What lies behind the menu is out of reach.
        boss_page.keyboard.press("Tab")
        assert boss_page.evaluate("document.getElementById('sidebar').contains(document.activeElement)")
        boss_page.keyboard.press("Shift+Tab")

        boss_page.keyboard.press(close)
        expect(opener).to_be_focused()
        expect(opener).to_have_attribute("aria-expanded", "false")
        expect(sidebar).not_to_be_in_viewport()


def test_the_account_menu_closes_by_escape(boss_page: Page) -> None:
    boss_page.goto(reverse("admin:index"))
    tab_to(boss_page, "#user-menu > summary")
    boss_page.keyboard.press("Enter")
    tab_to(boss_page, ".theme-toggle")
    boss_page.keyboard.press("Escape")
    expect(boss_page.locator("#user-menu > summary")).to_be_focused()
    expect(boss_page.locator(".theme-toggle")).not_to_be_visible()
