"""Do not call in the browser: from a call, from a proposal, from a file, and lifted again."""

from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from calls.choices import CallStatus, SuppressionStatus
from calls.models import DoNotCall
from calls.services import do_not_call
from tests.browser.cast import NUMBER, OTHER_NUMBER, Cast

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

LIST = reverse("admin:calls_donotcall_changelist")


def test_from_a_call_to_the_list(boss_page: Page, cast: Cast) -> None:
    DoNotCall.objects.filter(pk=cast.proposed.pk).update(status=SuppressionStatus.DISMISSED)
    page = boss_page
    page.goto(reverse("admin:calls_calllog_change", args=[cast.unconfirmed.pk]))

    page.get_by_role("link", name="Do not call again").click()
    expect(page.get_by_label("Reason")).to_have_value("Asked not to be called again.")
    page.get_by_label("Reason").fill("Was very clear about it.")
    page.get_by_role("button", name="Do not call again").click()

    expect(page.locator("#call-suppressed")).to_contain_text("Was very clear about it.")
    page.get_by_role("link", name="Do not call", exact=True).click()
    row = page.locator("#result_list tr", has_text="Was very clear about it.")
    expect(row).to_contain_text("•210")
    expect(row).to_contain_text("All agents")
    # What waited for the number was taken back.
    cast.queued.refresh_from_db()
    assert cast.queued.status == CallStatus.BLOCKED


def test_a_proposal_is_read_and_accepted(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    page.goto(reverse("admin:index"))

    page.get_by_role("link", name="1 person may have asked not to be called.").click()
    proposal = page.locator(".do-not-call-proposal")
    expect(proposal).to_contain_text("She asked not to be called again.")
    expect(proposal.get_by_role("link", name="Call of Asha Rao")).to_be_visible()
    proposal.get_by_role("button", name="Do not call any more").click()

    expect(page.locator(".messagelist")).to_contain_text("This number is not called any more.")
    expect(page.locator("#changelist")).to_contain_text("Nothing is to be decided")
    assert do_not_call.entries([NUMBER], cast.agent.pk, timezone.now())[NUMBER].pk == cast.proposed.pk


def test_a_proposal_is_turned_down(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    page.goto(reverse("admin:calls_calllog_change", args=[cast.finished.pk]))

    page.locator("#call-proposal").get_by_role("button", name="Not meant so").click()

    expect(page.locator(".messagelist")).to_contain_text("Turned down.")
    expect(page.locator("#call-proposal")).to_have_count(0)


def test_a_file_is_imported_and_exported(boss_page: Page, cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("number,reason\n98765 43298,Moved away\n12,\n")
    page = boss_page
    page.goto(LIST)
    page.get_by_role("link", name="Import").click()

    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Import").click()

    expect(page.get_by_role("status")).to_contain_text("1 number was entered.")
    expect(page.locator("#left-out")).to_have_text("Rows that were left out")
    expect(page.locator("td.numeric")).to_have_text("3")
    page.get_by_role("link", name="To the list", exact=True).click()
    expect(page.locator("#result_list")).to_contain_text("Moved away")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export with full numbers").click()
    content = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "+919876543298" in content
    assert OTHER_NUMBER in content


def test_an_entry_is_lifted_with_a_reason(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    page.goto(LIST)
    page.get_by_label("Search do-not-call entries").fill("98123 45670")
    page.keyboard.press("Enter")
    page.locator("#result_list a").click()
    expect(page.locator("#main")).to_contain_text("Wrote a letter.")
    expect(page.locator("#main")).to_contain_text("OSVI could not be reached.")

    page.get_by_role("button", name="Lift").click()
    expect(page.locator(".errorlist")).to_have_text("Please say why.")
    page.get_by_label("Reason").fill("Rang us and took it back.")
    page.get_by_role("button", name="Lift").click()

    expect(page.locator(".messagelist")).to_contain_text("Lifted.")
    expect(page.locator("#main")).to_contain_text("Rang us and took it back.")
    assert do_not_call.entries([OTHER_NUMBER], cast.agent.pk, timezone.now()) == {}


def test_a_number_is_entered_by_keyboard(boss_page: Page, cast: Cast) -> None:
    page = boss_page
    page.goto(LIST)
    page.get_by_role("link", name="Enter a number").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Telephone number").focus()
    page.keyboard.type("98765 43288")
    page.get_by_label("Reason").focus()
    page.keyboard.type("Wrote an e-mail")
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist")).to_contain_text("This number is not called any more.")
    expect(page.locator("h1")).to_have_text("+91 ••••• •288")
