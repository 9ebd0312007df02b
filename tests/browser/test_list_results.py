"""Results of a list, its file, handing a list over, and notices, as people meet them in the browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from calls.choices import ListStatus, UploadStatus
from calls.models import Agent, CallList, CampaignUpload
from osvi_simulator.agents import AGENTS
from osvi_simulator.server import SimulatorServer
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.lists import add_person, make_finished_list, make_handed_over_list, make_list, make_notice
from tests.support.processes import Worker
from tests.support.spreadsheets import read_csv

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]


def page_of(call_list: CallList, name: str) -> str:
    return f"/admin/calls/calllist/{call_list.pk}/{name}/"


def test_results_add_up_and_are_taken_along(
    boss_page: Page, cast: Cast, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    call_list = make_finished_list(cast)
    page = boss_page
    page.goto(page_of(call_list, "results"))

    counts = [int(cell) for cell in page.locator("#results-counts td").all_inner_texts()]
    assert sum(counts[:-1]) == counts[-1] == call_list.contacts.count()
    expect(page.locator(".key-facts")).to_contain_text("40 %")
    expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()
    expect(page.get_by_role("table").filter(has_text="yes")).to_contain_text("3")

    page.get_by_label("With full telephone numbers").check()
    with page.expect_download() as file:
        page.get_by_role("button", name="Download CSV").click()
    rows = read_csv(Path(file.value.path()).read_bytes())
    assert len(rows) == call_list.contacts.count()
    assert rows[0]["confirmed"] == "no"

    page.get_by_role("link", name="All calls of this list").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(18)


def test_two_lists_are_compared(boss_page: Page, cast: Cast) -> None:
    make_finished_list(cast, name="Last week")
    call_list = make_finished_list(cast)
    page = boss_page
    page.goto(page_of(call_list, "results"))

    expect(page.locator("#list-before")).to_contain_text("Last week")
    page.get_by_role("link", name="See its results").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Last week")


@pytest.mark.worker
def test_a_list_is_handed_over_to_a_campaign(
    boss_page: Page, cast: Cast, simulator: SimulatorServer, worker: Worker
) -> None:
    Agent.objects.filter(pk=cast.agent.pk).update(agent_uuid=AGENTS[0].agent_id)
    call_list = make_list(cast, ListStatus.CHECKED)
    for _person in range(3):
        add_person(call_list)
    page = boss_page
    page.goto(page_of(call_list, "hand-over"))
    page.get_by_label("Number of the campaign").fill("7")
    page.get_by_label("OSVI may ring these people at once").check()
    page.get_by_role("button", name="Hand over 3 people").click()
    # The browser asks for what is missing.
    assert page.locator("#id_understood").evaluate("field => !field.validity.valid")
    page.locator("#id_understood").check()
    page.get_by_role("button", name="Hand over 3 people").click()

    expect(page.locator("#part-1")).to_contain_text("Accepted", timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Campaign “Policy renewals” at OSVI")).to_be_visible(
        timeout=PATIENCE
    )


def test_a_part_that_may_have_arrived_is_decided_by_a_person(
    boss_page: Page, cast: Cast, simulator: SimulatorServer
) -> None:
    call_list = make_handed_over_list(cast, UploadStatus.UNCONFIRMED)
    page = boss_page
    page.goto(page_of(call_list, "hand-over"))
    expect(page.locator("#part-1")).to_contain_text("It may have arrived.")
    page.get_by_role("button", name="OSVI has it").click()

    expect(page.locator("#part-1")).to_contain_text("Accepted")
    assert CampaignUpload.objects.get().status == UploadStatus.ACCEPTED


def test_a_notice_leads_to_its_list_and_goes_away(boss_page: Page, cast: Cast) -> None:
    notice = make_notice(cast)
    page = boss_page
    page.goto("/admin/")
    page.locator("#list-notices").get_by_role("button", name="Open the list").click()

    page.wait_for_url(f"**/calllist/{notice.call_list_id}/**")
    page.goto("/admin/")
    expect(page.locator("#list-notices")).to_have_count(0)
