"""From a file to a checked list in the browser: upload, columns, moving progress, verdicts, corrections."""

import csv
import io
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from calls.choices import ContactVerdict, ListStatus
from calls.models import CallList, Contact
from calls.services import list_check, list_checking
from calls.spreadsheets.limits import MOST_ROWS
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.windows import PHONE, overflow, violations
from tests.support.processes import Worker

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

ADD = "/admin/calls/calllist/add/"
MANY = MOST_ROWS  # fewer are checked before the bar is seen to move
HEADINGS = "Mobile,Full name,When\n"
# 98765 43291 as it should be, one to be mended, a bad number, a number that stands there already, no value.
ROWS = HEADINGS + (
    "+919876543291,Asha Rao,Monday\n"
    "98765 43292,Ravi Iyer,Monday\n"
    "12,Lakshmi Menon,Monday\n"
    "9876543291,Asha again,Monday\n"
    "9876543295,Imran Shaikh,\n"
)


@pytest.fixture
def shared_files(settings: Any, tmp_path: Path) -> Path:
    """The folder in which the live server keeps files."""
    settings.DATA_DIR = tmp_path
    return tmp_path


def upload(page: Page, cast: Cast, content: str, name: str = "Monday.csv") -> None:
    page.goto(ADD)
    page.get_by_label("Template").select_option(str(cast.template.pk))
    choose_file(page.get_by_label("File with the people"), content, name)
    page.get_by_role("button", name="Upload").click()


def choose_file(field: Locator, content: str, name: str) -> None:
    field.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content.encode()})


def choose_columns(page: Page) -> CallList:
    """Say what the columns mean and have the rows checked; return the list."""
    page.locator("#id_column_2").select_option("value:appointment_date")
    page.get_by_role("button", name="Check the rows").click()
    expect(page.locator("#list-checking")).to_be_visible()
    return CallList.objects.latest("pk")


def checked_list(page: Page, cast: Cast, content: str = ROWS) -> CallList:
    """Bring a file to the page of its checked list."""
    upload(page, cast, content)
    call_list = choose_columns(page)
    list_check.check(call_list.pk)
    expect(page.get_by_role("heading", name="will be called")).to_be_visible(timeout=PATIENCE)
    return call_list


def downloaded(page: Page) -> list[list[str]]:
    with page.expect_download() as file:
        page.get_by_role("link", name="Download the rows").click()
    text = Path(file.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


# --- Upload and columns -----------------------------------------------------------------------


def test_a_file_becomes_a_list_with_a_verdict_for_each_row(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    page = boss_page
    upload(page, cast, ROWS)
    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    expect(page.get_by_role("heading", name="Monday", exact=True)).to_be_visible()
    assert page.locator("#id_column_0").input_value() == "number"
    assert page.locator("#id_column_1").input_value() == "name"
    expect(page.locator("#columns-form")).to_contain_text("Lakshmi Menon")
    expect(page.locator("#missing-columns")).to_contain_text("“appointment_date”")
    assert violations(page) == []

    call_list = choose_columns(page)
    list_check.check(call_list.pk)

    # The page looks for itself, and becomes the page of the checked list.
    expect(page.get_by_role("heading", name="2 people will be called")).to_be_visible(timeout=PATIENCE)
    for words in ("Ready", "Mended", "Twice in this list", "Not a telephone number", "A value is missing"):
        expect(page.locator("#content")).to_contain_text(words)
    assert violations(page) == []


def test_columns_that_cannot_be_used_are_said_and_nothing_chosen_is_lost(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    page = boss_page
    upload(page, cast, ROWS)
    page.locator("#id_column_1").select_option("")
    page.get_by_role("button", name="Check the rows").click()

    expect(page.locator("#problems")).to_contain_text("No column is chosen for “appointment_date”.")
    assert page.locator("#id_column_0").input_value() == "number"
    assert page.locator("#id_column_1").input_value() == ""
    assert violations(page) == []


def test_a_file_without_headings_is_read_from_its_first_row(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    page = boss_page
    upload(page, cast, "+919876543291,Asha Rao,Monday\n+919876543292,Ravi Iyer,Monday\n")
    expect(page.get_by_label("The first row holds headings")).not_to_be_checked()
    expect(page.locator("#columns-form")).to_contain_text("Asha Rao")
    call_list = choose_columns(page)
    list_check.check(call_list.pk)

    expect(page.get_by_role("heading", name="2 people will be called")).to_be_visible(timeout=PATIENCE)


def test_a_bad_file_is_refused_in_words_and_the_template_stays(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    page = boss_page
    upload(page, cast, "Mobile,Name\n=1+1,Asha\n")

    expect(page.locator(".field--error")).to_contain_text("Cell A2 holds a formula.")
    assert page.get_by_label("Template").input_value() == str(cast.template.pk)
    assert not CallList.objects.filter(name="Monday").exists()
    assert violations(page) == []


def test_a_second_press_sends_no_second_file(boss_page: Page, cast: Cast, shared_files: Path) -> None:
    page = boss_page
    before = CallList.objects.count()
    page.goto(ADD)
    page.get_by_label("Template").select_option(str(cast.template.pk))
    choose_file(page.get_by_label("File with the people"), ROWS, "Monday.csv")
    page.get_by_role("button", name="Upload").dblclick()

    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    assert CallList.objects.count() == before + 1


def test_the_sample_of_a_template_is_uploaded_as_it_is(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    page = boss_page
    page.goto(ADD)
    page.get_by_text("Sample files to fill in").click()
    with page.expect_download() as file:
        page.get_by_role("link", name="Appointment reminder").click()
    upload(page, cast, Path(file.value.path()).read_text(encoding="utf-8"), "sample.csv")

    expect(page.locator("#missing-columns")).to_have_count(0)
    page.get_by_role("button", name="Check the rows").click()
    expect(page.locator("#list-checking")).to_be_visible()


def test_what_was_chosen_is_remembered_for_the_same_headings(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    page = boss_page
    checked_list(page, cast)

    upload(page, cast, "mobile,FULL NAME,when\n+919876543299,Divya,Friday\n", "Tuesday.csv")

    assert page.locator("#id_column_2").input_value() == "value:appointment_date"
    expect(page.locator("#missing-columns")).to_have_count(0)


def test_other_columns_can_be_chosen_after_the_check(boss_page: Page, cast: Cast, shared_files: Path) -> None:
    page = boss_page
    checked_list(page, cast)
    page.get_by_role("link", name="Choose other columns").click()
    expect(page.locator("#checked-already")).to_be_visible()
    page.locator("#id_column_1").select_option("")
    page.get_by_role("button", name="Check the rows").click()
    expect(page.locator("#list-checking")).to_be_visible()
    list_check.check(CallList.objects.latest("pk").pk)

    expect(page.get_by_role("heading", name="2 people will be called")).to_be_visible(timeout=PATIENCE)
    assert not Contact.objects.filter(call_list__name="Monday").exclude(person_name="").exists()


# --- Progress ---------------------------------------------------------------------------------


def test_the_bar_moves_with_each_portion_without_a_reload(
    boss_page: Page, cast: Cast, shared_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_checking, "ROWS", 10)
    page = boss_page
    upload(page, cast, HEADINGS + "".join(f"98111{row:05},P {row},Monday\n" for row in range(30)))
    call_list = choose_columns(page)
    page.evaluate("window.sameDocument = true")
    bar = page.locator("#list-checking progress")
    assert violations(page) == []
    store, seen = list_checking._store, []

    def stored_and_seen(mine: CallList, contacts: list[Contact]) -> None:
        store(mine, contacts)
        expect(bar).to_have_attribute("value", str(mine.done), timeout=PATIENCE)
        seen.append((page.locator("#list-checking").inner_text(), page.evaluate("window.sameDocument")))

    monkeypatch.setattr(list_checking, "_store", stored_and_seen)
    list_check.check(call_list.pk)

    assert [
        f"{done} of 30 rows checked" in text for done, (text, _same) in zip((10, 20, 30), seen, strict=True)
    ]
    assert all(same for _text, same in seen)
    expect(page.get_by_role("heading", name="30 people will be called")).to_be_visible(timeout=PATIENCE)


def test_without_scripts_a_reload_shows_how_far_it_is(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    upload(boss_page, cast, ROWS)
    choose_columns(boss_page)
    CallList.objects.filter(name="Monday").update(done=3, total=5)
    context = boss_page.context.browser
    assert context is not None
    plain = context.new_context(
        java_script_enabled=False, storage_state=boss_page.context.storage_state()
    ).new_page()
    plain.goto(boss_page.url)

    expect(plain.locator("#list-checking")).to_contain_text("3 of 5 rows checked")
    assert "Reload this page to see how far the check is." in plain.content()
    plain.context.close()


@pytest.mark.worker
@pytest.mark.timeout(300)
def test_a_worker_checks_a_long_list_while_the_bar_moves(
    boss_page: Page, cast: Cast, settings: Any, worker: Worker
) -> None:
    # Worker and web share a folder, as they do outside of tests.
    settings.DATA_DIR = worker.environment["DATA_DIR"]
    page = boss_page
    people = "".join(f"98{row:08},Person {row},Monday\n" for row in range(MANY - 5))
    upload(page, cast, ROWS + people)
    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    choose_columns(page)

    moved = """() => {
      const bar = document.querySelector("#list-checking progress");
      window.seen = window.seen || new Set();
      if (bar) window.seen.add(bar.value);
      return window.seen.size > 2;
    }"""
    page.wait_for_function(moved, timeout=2 * PATIENCE)
    heading = page.get_by_role("heading", name=f"{MANY - 3:,} people will be called")
    expect(heading).to_be_visible(timeout=6 * PATIENCE)
    call_list = CallList.objects.latest("pk")
    assert (call_list.status, call_list.done) == (ListStatus.CHECKED, MANY)
    assert sum(list_check.counts(call_list).values()) == MANY


# --- Corrections ------------------------------------------------------------------------------


def test_bad_rows_are_downloaded_corrected_and_uploaded_again(
    boss_page: Page, cast: Cast, shared_files: Path
) -> None:
    page = boss_page
    call_list = checked_list(page, cast)
    rows = downloaded(page)
    assert rows[0] == ["Mobile", "Full name", "When", "Row", "Reason"]
    assert rows[1][3:] == ["4", "The number has too few digits for India."]
    rows[1][0] = "98765 43299"
    new = ["98765 43300", "Divya Pillai", "Friday", "", ""]

    page.get_by_role("link", name="Upload corrections").click()
    choose_file(page.get_by_label("Corrected file"), as_csv([*rows, new]), "corrected.csv")
    assert violations(page) == []
    page.get_by_role("button", name="Upload corrections").press("Enter")

    expect(
        page.get_by_text("2 rows were corrected. 1 person was added. 1 still cannot be called.")
    ).to_be_visible()
    expect(page.get_by_role("heading", name="4 people will be called")).to_be_visible()
    expect(page.get_by_text("of 6 rows")).to_be_visible()
    assert call_list.contacts.get(row=4).verdict == ContactVerdict.FIXED
    assert [row[3] for row in downloaded(page)[1:]] == ["6"]


def test_another_file_is_no_correction(boss_page: Page, cast: Cast, shared_files: Path) -> None:
    page = boss_page
    checked_list(page, cast)
    page.get_by_role("link", name="Upload corrections").click()
    choose_file(page.get_by_label("Corrected file"), "Phone,Something\n9876543299,else\n", "other.csv")
    page.get_by_role("button", name="Upload corrections").click()

    expect(page.locator(".field--error")).to_contain_text("These are not the columns of this list.")
    assert violations(page) == []


# --- On a telephone ---------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_step_fits_a_telephone(
    boss_page: Page, cast: Cast, shared_files: Path, theme: Literal["light", "dark"]
) -> None:
    page = boss_page
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme=theme)

    def fits(shown: Locator) -> None:
        expect(shown).to_be_visible(timeout=PATIENCE)
        assert overflow(page) == []
        assert violations(page) == []

    page.goto(ADD)
    fits(page.get_by_label("File with the people"))
    remarks = "Remarks of everybody who was there " * 10
    upload(page, cast, f"Mobile,Full name,When,{remarks}\n98765 43291,A,Mo,x\n12,B,Mo,\n")
    fits(page.locator("#id_column_2"))
    call_list = choose_columns(page)
    fits(page.locator("#list-checking"))
    list_check.check(call_list.pk)
    fits(page.get_by_role("heading", name="1 person will be called"))
    page.get_by_role("link", name="Upload corrections").click()
    fits(page.get_by_label("Corrected file"))
