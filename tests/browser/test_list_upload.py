"""From a file to a checked list in the browser: upload, columns, moving progress, verdicts, corrections."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from calls.models import CallList
from calls.services import list_check
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.windows import PHONE, overflow
from tests.support.processes import Worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADD = "/admin/calls/calllist/add/"
ROWS = (
    "Mobile,Full name,When\n"
    "9876543210,Asha Rao,Monday\n"
    "98765 43211,Ravi Iyer,Monday\n"
    "12,Lakshmi Menon,Monday\n"
    "9876543210,Asha again,Monday\n"
    "9876543213,Imran Shaikh,\n"
)


@pytest.fixture
def shared_files(settings: Any, tmp_path: Path) -> Path:
    """The folder in which the live server keeps files."""
    settings.DATA_DIR = tmp_path
    return tmp_path


def upload(page: Page, cast: Cast, content: str, name: str = "Monday.csv") -> None:
    page.goto(ADD)
    page.get_by_label("Template").select_option(str(cast.template.pk))
    page.get_by_label("File with the people").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("button", name="Upload").click()


def choose_columns(page: Page) -> None:
    page.locator("#id_column_2").select_option("value:appointment_date")
    page.get_by_role("button", name="Check the rows").click()


@pytest.mark.worker
def test_a_file_becomes_a_checked_list_while_the_bar_moves(
    boss_page: Page, cast: Cast, settings: Any, worker: Worker
) -> None:
    # Worker and web share a folder, as they do outside of tests.
    settings.DATA_DIR = worker.environment["DATA_DIR"]
    page = boss_page
    many = "".join(f"98{number:08},Person {number},Monday\n" for number in range(8_000))
    upload(page, cast, ROWS + many)
    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    assert page.locator("#id_column_0").input_value() == "number"
    page.evaluate("window.seen = []")
    choose_columns(page)

    bar = page.locator("#list-checking progress")
    expect(bar).to_be_visible()
    page.wait_for_function(
        "() => { const bar = document.querySelector('#list-checking progress');"
        " window.seen = window.seen || []; if (bar) window.seen.push(bar.value);"
        " return new Set(window.seen).size > 2; }",
        timeout=PATIENCE,
    )
    expect(page.get_by_role("heading", name="people will be called")).to_be_visible(timeout=PATIENCE)
    for words in ("Twice in this list", "Not a telephone number", "A value is missing"):
        expect(page.locator("#content")).to_contain_text(words)


def test_a_bad_file_is_refused_in_words_and_the_template_stays(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    page = boss_page
    upload(page, cast, "Mobile,Name\n=1+1,Asha\n")

    expect(page.locator(".field--error")).to_contain_text("Cell A2 holds a formula.")
    assert page.get_by_label("Template").input_value() == str(cast.template.pk)


def test_columns_are_remembered_and_bad_rows_corrected(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    page = boss_page
    upload(page, cast, ROWS)
    choose_columns(page)
    expect(page.locator("#list-checking")).to_be_visible()
    call_list = CallList.objects.latest("pk")
    list_check.check(call_list.pk)
    expect(page.get_by_role("heading", name="1 person will be called")).to_be_visible(timeout=PATIENCE)

    with page.expect_download() as file:
        page.get_by_role("link", name="Download the rows").click()
    bad = Path(file.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("link", name="Upload corrections").click()
    page.get_by_label("Corrected file").set_input_files(
        {
            "name": "corrected.csv",
            "mimeType": "text/csv",
            "buffer": bad.replace("12,Lakshmi", "9876543299,Lakshmi").encode(),
        }
    )
    page.get_by_role("button", name="Upload corrections").click()
    expect(page.get_by_role("heading", name="2 people will be called")).to_be_visible()

    upload(page, cast, ROWS, "Tuesday.csv")
    assert page.locator("#id_column_2").input_value() == "value:appointment_date"


def test_a_telephone_is_wide_enough(boss_page: Page, cast: Cast, shared_files: Path) -> None:
    page = boss_page
    page.set_viewport_size(PHONE)
    upload(page, cast, ROWS)

    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    assert overflow(page) == []
