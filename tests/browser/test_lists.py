"""Call lists in the browser: the steps before the start, a list that runs, and what can be done with it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from calls.choices import CallStatus, ContactStatus, ListStatus
from calls.models import CallList, CallTemplate
from osvi_simulator.agents import AGENTS
from osvi_simulator.server import SimulatorServer
from tests.browser.cast import Cast, call_contact, make_contact, make_list
from tests.browser.conftest import PATIENCE
from tests.browser.test_keyboard import press_enter, tab_to
from tests.browser.windows import DESKTOP, PHONE, log_in, overflow
from tests.support.processes import Worker, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

OWN = "+919811155555"


@pytest.fixture
def template(cast: Cast) -> CallTemplate:
    """A template whose agent the simulator knows."""
    agent = cast.agent
    agent.agent_uuid, agent.name = AGENTS[0].agent_id, AGENTS[0].name
    agent.save()
    cast.template.record_version(None)
    return cast.template


def new_list(cast: Cast, people: int, status: ListStatus = ListStatus.CHECKED, **fields: Any) -> CallList:
    """Return a list of so many people with numbers of their own."""
    call_list = make_list(cast.boss, cast.template, status, name="May reminders", **fields)
    for number in range(people):
        make_contact(call_list, phone_number=f"+9198{number:06}55")
    CallList.objects.filter(pk=call_list.pk).update(total=people, done=people)
    return call_list


def address(name: str, call_list: CallList) -> str:
    return reverse(f"admin:calls_calllist_{name}", args=[call_list.pk])


def status_of(call_list: CallList) -> str:
    call_list.refresh_from_db()
    return call_list.status


# --- From the check to the end ----------------------------------------------------------------


@pytest.mark.worker
def test_a_list_is_looked_over_tested_started_and_runs_to_its_end(
    boss_page: Page, cast: Cast, template: CallTemplate, simulator: SimulatorServer, worker: Worker
) -> None:
    page, call_list = boss_page, new_list(cast, people=4)

    page.goto(reverse("admin:calls_calllist_changelist"))
    page.get_by_role("link", name="May reminders").click()
    expect(page.locator("#check-title")).to_have_text("4 people will be called")

    page.get_by_role("link", name="Next: Preview").click()
    expect(page.locator(".heard__person")).to_have_count(3)
    page.get_by_role("link", name="Next people").click()
    page.get_by_role("link", name="Ring my phone with this").click()

    expect(page.locator("#test-title")).to_be_visible()
    page.get_by_label("My telephone").fill("98111 55555")
    page.locator("#test-button").click()
    expect(page.get_by_text("Your telephone, +91 ••••• •555, rings soon.")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    expect(page.locator("#list-tests .badge").first).to_have_text("Answered", timeout=PATIENCE)
    assert page.evaluate("window.sameDocument === true")
    assert simulator.rings(OWN) == 1

    page.get_by_role("link", name="Next: Dry run").click()
    expect(page.locator("#dry-title")).to_have_text("What would happen to 4 people")
    page.get_by_label("Calls per minute").fill("60")
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("link", name="Next: Start").click()

    expect(page.get_by_label("Calls per minute")).to_have_value("60")
    page.get_by_role("button", name="Call 4 people").click()
    expect(page.get_by_text("The list has started.")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    expect(page.locator("#list-badge")).to_have_text("Finished", timeout=2 * PATIENCE)
    expect(page.locator("#progress-title")).to_have_text("100 % done")
    # It stops looking when all is known.
    expect(page.locator("#list-live[hx-get]")).to_have_count(0, timeout=PATIENCE)
    assert page.evaluate("window.sameDocument === true")

    assert [
        simulator.rings(number) for number in call_list.contacts.values_list("phone_number", flat=True)
    ] == [
        1,
        1,
        1,
        1,
    ]


@pytest.mark.worker
def test_a_running_list_is_paused_resumed_and_cancelled(
    boss_page: Page, cast: Cast, template: CallTemplate, simulator: SimulatorServer, worker: Worker
) -> None:
    page, call_list = boss_page, new_list(cast, people=40, pace_per_minute=60, at_once=4)
    page.goto(address("launch", call_list))
    page.get_by_role("button", name="Call 40 people").click()
    expect(page.locator("#progress-reached")).to_be_visible(timeout=PATIENCE)

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused.", exact=False).first).to_be_visible()
    expect(
        page.get_by_text("on its way", exact=False).or_(page.get_by_text("on their way")).first
    ).to_be_visible()
    expect(page.locator("#list-badge")).to_have_text("Paused")
    # Calls that were on their way end; nobody else is called.
    wait_until(
        lambda: not call_list.contacts.filter(status=ContactStatus.CALLING).exists(),
        seconds=60,
        what="the calls under way to end",
    )
    called = call_list.contacts.filter(status=ContactStatus.DONE).count()
    expect(page.locator("#list-calling")).to_contain_text("Nobody.", timeout=PATIENCE)

    page.get_by_role("link", name="Resume").click()
    expect(page.locator(".confirm")).to_contain_text("still to be called")
    assert call_list.contacts.filter(status=ContactStatus.DONE).count() == called
    page.get_by_role("button", name="Resume calling").click()
    expect(page.locator("#list-badge")).to_have_text("Running")

    page.get_by_role("link", name="Cancel list").click()
    page.get_by_role("button", name="Cancel the list for good").click()
    expect(page.locator("#list-badge")).to_have_text("Cancelled")
    expect(page.get_by_role("link", name="New list of those not reached")).to_be_visible()


# --- What changes by itself -------------------------------------------------------------------


def test_the_page_of_a_running_list_follows_without_a_reload(boss_page: Page, cast: Cast) -> None:
    call_list = new_list(cast, people=3, status=ListStatus.RUNNING)
    boss_page.goto(address("change", call_list))
    expect(boss_page.locator("#list-calling")).to_contain_text("Nobody at this moment.")
    boss_page.evaluate("window.sameDocument = true")
    boss_page.locator("#pause-button").focus()

    call_contact(call_list.contacts.get(row=2), CallStatus.ACCEPTED)

    expect(boss_page.locator("#list-calling")).to_contain_text("Person in row 2", timeout=PATIENCE)
    expect(boss_page.locator("#progress-calling")).to_contain_text("1")
    assert boss_page.evaluate("window.sameDocument === true")
    # The focus stays on the button that somebody is about to press.
    assert boss_page.evaluate("document.activeElement.id") == "pause-button"


def test_the_check_shows_how_far_it_is_and_then_what_it_found(boss_page: Page, cast: Cast) -> None:
    call_list = new_list(cast, people=3, status=ListStatus.CHECKING)
    boss_page.goto(address("change", call_list))
    expect(boss_page.locator("#list-checking")).to_contain_text("3 of 3 rows checked")

    CallList.objects.filter(pk=call_list.pk).update(status=ListStatus.CHECKED)

    expect(boss_page.locator("#check-title")).to_have_text("3 people will be called", timeout=PATIENCE)


def test_the_start_says_what_will_happen_while_somebody_types(boss_page: Page, cast: Cast) -> None:
    call_list = new_list(cast, people=3)
    boss_page.goto(address("launch", call_list))
    rate = boss_page.locator("#launch-dry dd").nth(1)

    boss_page.get_by_label("Calls per minute").fill("2")
    expect(rate).to_have_text("2", timeout=PATIENCE)
    boss_page.get_by_label("Calls per minute").fill("")
    expect(boss_page.locator("#launch-dry")).to_contain_text("as soon as pace and time can be understood")
    expect(boss_page.get_by_label("Calls per minute")).to_be_focused()
    assert status_of(call_list) == ListStatus.CHECKED


def test_what_belongs_to_a_choice_shows_when_it_is_made(boss_page: Page, cast: Cast) -> None:
    boss_page.goto(address("launch", new_list(cast, people=3)))
    for choice, field in (
        ("later", "#id_start_at"),
        ("console", "#id_times_busy"),
        ("osvi", "#id_retry_max_attempts"),
    ):
        expect(boss_page.locator(field)).to_be_hidden()
        boss_page.locator(f"[value={choice}]").check()
        expect(boss_page.locator(field)).to_be_visible()
    expect(boss_page.locator("#id_times_busy")).to_be_hidden()
    expect(boss_page.get_by_role("button", name="Call 3 people at the time chosen")).to_be_visible()


def test_a_refused_start_keeps_what_was_typed_and_leads_to_the_field(boss_page: Page, cast: Cast) -> None:
    call_list = new_list(cast, people=3)
    boss_page.goto(address("launch", call_list))
    boss_page.locator("[value=console]").check()
    boss_page.locator("#id_minutes_busy").fill("")
    boss_page.locator("#id_at_once").fill("3")
    boss_page.locator("#launch-button").click()

    boss_page.locator("#problems a").click()

    expect(boss_page.locator("#id_minutes_busy")).to_be_focused()
    expect(boss_page.locator("#id_at_once")).to_have_value("3")
    assert status_of(call_list) == ListStatus.CHECKED


# --- People -----------------------------------------------------------------------------------


def test_people_are_narrowed_found_edited_and_taken_out(boss_page: Page, cast: Cast) -> None:
    page, call_list = boss_page, new_list(cast, people=3)
    page.goto(address("change", call_list))
    page.locator("#found-ready a").click()
    expect(page.locator("#people tbody tr")).to_have_count(3)

    page.get_by_label("Search people").fill("row 3")
    page.keyboard.press("Enter")
    expect(page.locator("#people tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Person in row 3").click()

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name").fill("Asha Rao")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Asha Rao")).to_be_visible()
    expect(page.locator("#person-words")).to_contain_text("Asha Rao")
    expect(page.locator("#list-history")).to_contain_text("The row was changed.")

    page.get_by_role("link", name="Take out").click()
    page.get_by_role("button", name="Take out").click()
    expect(page.get_by_text("Asha Rao is not called.")).to_be_visible()
    page.goto(address("change", call_list))
    expect(page.locator("#check-title")).to_have_text("2 people will be called")


def test_somebody_is_added_while_the_list_runs(boss_page: Page, cast: Cast) -> None:
    call_list = new_list(cast, people=1, status=ListStatus.RUNNING)
    boss_page.goto(address("change", call_list))
    boss_page.get_by_role("link", name="Add a person").click()
    boss_page.get_by_label("Number").fill("98222 33344")
    boss_page.get_by_label("Name").fill("Ravi Iyer")
    boss_page.get_by_label("Appointment date").fill("Friday")
    boss_page.get_by_role("button", name="Add to the list").click()

    expect(boss_page.get_by_role("heading", name="Ravi Iyer")).to_be_visible()
    assert call_list.contacts.get(phone_number="+919822233344").status == ContactStatus.WAITING


# --- By keyboard, on a phone, without scripts -------------------------------------------------


def test_the_steps_are_walked_by_keyboard(boss_page: Page, cast: Cast) -> None:
    page, call_list = boss_page, new_list(cast, people=2)
    page.goto(address("change", call_list))
    for name in ("preview", "test", "dry-run", "start"):
        tab_to(page, "#next-step")
        press_enter(page)
        assert f"/{name}/" in page.url
    tab_to(page, "#id_pace_per_minute")
    page.keyboard.type("12")
    tab_to(page, "[name=when]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#id_start_at")
    tab_to(page, "[name=when]", key="Shift+Tab")
    page.keyboard.press("ArrowUp")
    tab_to(page, "#launch-button")
    press_enter(page)

    assert status_of(call_list) == ListStatus.RUNNING
    tab_to(page, "#pause-button")
    press_enter(page)
    assert status_of(call_list) == ListStatus.PAUSED


@pytest.fixture
def plain_page(chromium: Browser, live_server: Any, cast: Cast) -> Iterator[Page]:
    """A phone whose browser runs no scripts, in which the boss is logged in."""
    context = chromium.new_context(base_url=live_server.url, viewport=PHONE, java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    log_in(context, cast.boss, live_server.url)
    yield context.new_page()
    context.close()


def test_a_list_is_started_on_a_phone_without_scripts(plain_page: Page, cast: Cast) -> None:
    page, call_list = plain_page, new_list(cast, people=2)
    page.goto(address("change", call_list))
    for name in ("Preview", "Test call", "Dry run", "Start"):
        page.get_by_role("link", name=f"Next: {name}").click()
    page.get_by_role("button", name="Call 2 people").click()
    page.get_by_role("button", name="Pause").click()

    expect(page.locator("#list-badge")).to_have_text("Paused")
    assert status_of(call_list) == ListStatus.PAUSED


def test_long_words_do_not_push_a_page_sideways(boss_page: Page, cast: Cast) -> None:
    call_list = new_list(cast, people=1, status=ListStatus.RUNNING)
    CallList.objects.filter(pk=call_list.pk).update(name="W" * 120, file_name="x" * 200)
    contact = call_list.contacts.get()
    contact.person_name, contact.values = "N" * 200, {"appointment_date": "d" * 300}
    contact.save()

    for size in (PHONE, DESKTOP):
        boss_page.set_viewport_size(size)
        for name in ("change", "people"):
            boss_page.goto(address(name, call_list))
            assert overflow(boss_page) == []
        boss_page.goto(reverse("admin:calls_calllist_person", args=[contact.pk]))
        assert overflow(boss_page) == []
        boss_page.goto(reverse("admin:calls_calllist_changelist"))
        assert overflow(boss_page) == []
