"""Exports in the browser: from the filtered list to the file, and what is said when it fails."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from calls.choices import CallStatus, ExportFormat, ExportStatus
from calls.models import CallExport, CallLog
from calls.services import export_writing, exports
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.windows import violations
from tests.support.processes import Worker
from tests.support.spreadsheets import read_csv, read_xlsx

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/calls/calllog/"


@pytest.fixture
def shared_files(settings: Any, tmp_path: Path) -> Path:
    """The folder in which the live server looks for files."""
    settings.DATA_DIR = tmp_path
    return tmp_path


def download(page: Page, button: Any) -> tuple[str, bytes]:
    """Press what gives a file; return its name and content."""
    with page.expect_download() as file:
        button.click()
    return file.value.suggested_filename, Path(file.value.path()).read_bytes()


def test_a_filtered_list_is_downloaded_at_once(boss_page: Page, cast: Cast, shared_files: Path) -> None:
    page = boss_page
    page.goto(f"{LIST}?outcome=picked&q=Asha")
    page.get_by_role("link", name="Export…").click()
    expect(page.get_by_role("heading", name="1 call")).to_be_visible()
    expect(page.locator("#export-words")).to_contain_text("Answered")
    page.get_by_label("Full telephone numbers").check()
    page.get_by_label("Summaries and answers").check()

    name, content = download(page, page.get_by_role("button", name="Export"))
    assert name.endswith(".xlsx")
    row = read_xlsx(content)[0]
    assert (row["Person"], row["Number"]) == ("Asha Rao", "+91 98765 43210")
    assert row["Summary"] == "Asha comes on Monday at ten."

    page.get_by_label("CSV, for other programs").check()
    page.get_by_label("Full telephone numbers").uncheck()
    name, content = download(page, page.get_by_role("button", name="Export"))
    assert name.endswith(".csv")
    assert "43210" not in content.decode()
    assert [row["Person"] for row in read_csv(content)] == ["Asha Rao"]


@pytest.mark.worker
def test_a_large_export_moves_is_announced_and_is_downloaded(
    boss_page: Page, cast: Cast, settings: Any, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Worker and web share a folder, as they do outside of tests.
    settings.DATA_DIR = worker.environment["DATA_DIR"]
    monkeypatch.setattr(exports, "DIRECT_ROWS", 20)
    page = boss_page
    page.goto(f"{LIST}?outcome=not_picked")
    page.get_by_role("link", name="Export…").click()
    expect(page.get_by_role("heading", name="More than 20 calls")).to_be_visible()
    page.get_by_role("button", name="Export").click()

    page.wait_for_url("**/export/*-*/")
    expect(page.locator("#export-state")).to_have_text("The export is ready", timeout=PATIENCE)
    name, content = download(page, page.get_by_role("link", name="Download"))
    assert name.endswith(".xlsx")
    assert len(read_xlsx(content)) == CallLog.objects.filter(outcome="not_picked").count()
    # Whoever watched it needs no notice.
    page.goto("/admin/")
    expect(page.locator("#export-notices")).to_have_count(0)


def test_the_bar_moves_without_a_reload_and_the_notice_goes_once_seen(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    export = CallExport.objects.create(
        by=cast.boss, format=ExportFormat.CSV, status=ExportStatus.RUNNING, total=100, done=10
    )
    page = boss_page
    page.goto(f"{LIST}export/{export.reference}/")
    page.evaluate("window.sameDocument = true")
    bar = page.locator("#export-progress")
    expect(bar).to_have_attribute("value", "10")
    assert violations(page) == []

    CallExport.objects.update(done=60)
    expect(bar).to_have_attribute("value", "60", timeout=PATIENCE)
    expect(page.locator("#export-done")).to_have_text("60 of 100 calls written")
    assert page.evaluate("window.sameDocument === true")

    # Its owner goes elsewhere; meanwhile it is written.
    page.goto("/admin/")
    CallExport.objects.update(status=ExportStatus.WAITING, done=0)
    export_writing.write(export.pk)
    page.goto(LIST)
    expect(page.get_by_role("status").filter(has_text="Your export is ready.")).to_be_visible()
    page.get_by_role("link", name="Open the export").click()
    _name, content = download(page, page.get_by_role("link", name="Download"))
    assert len(read_csv(content)) == CallLog.objects.count()
    page.goto(LIST)
    expect(page.locator("#export-notices")).to_have_count(0)


def test_a_failure_is_said_and_tried_again(boss_page: Page, cast: Cast, shared_files: Path) -> None:
    boss = User.objects.get(pk=cast.boss.pk)
    export = CallExport.objects.create(by=boss, format=ExportFormat.CSV, query="nonsense=1")
    page = boss_page
    page.goto(f"{LIST}export/{export.reference}/")
    export_writing.write(export.pk)

    expect(page.locator("#export-state")).to_have_text("The export failed", timeout=PATIENCE)
    expect(page.locator("#export-live")).to_contain_text("These filters cannot be read.")
    assert violations(page) == []

    CallExport.objects.update(query=f"status={CallStatus.QUEUED}")
    page.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("#export-state")).to_have_text("The export is about to begin")
    export_writing.write(export.pk)
    expect(page.locator("#export-state")).to_have_text("The export is ready", timeout=PATIENCE)
    _name, content = download(page, page.get_by_role("link", name="Download"))
    assert [row["Person"] for row in read_csv(content)] == ["Imran Shaikh"]
