"""The editor of templates in a browser: preview while typing, rows by mouse and keyboard, versions, the archive."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from calls.models import CallTemplate
from tests.browser.cast import Cast
from tests.browser.test_keyboard import press_enter, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]


def open_page(page: Page, template: CallTemplate) -> None:
    page.goto(reverse("admin:calls_calltemplate_change", args=[template.pk]))


def keys(template: CallTemplate) -> list[str]:
    return [point.key for point in template.data_points.all()]


@pytest.fixture
def template(cast: Cast) -> CallTemplate:
    """A template with three data points."""
    for position, key in enumerate(("reason", "wish"), start=2):
        cast.template.data_points.create(position=position, key=key, description="Ask.")
    cast.template.record_version(cast.boss)
    return cast.template


def test_the_preview_follows_what_is_typed(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)
    preview = boss_page.locator("#template-preview")
    expect(preview.locator(".piece--missing").first).to_have_text("Appointment date")

    preview.get_by_label("Appointment date").fill("Monday")
    expect(boss_page.locator("#preview-greeting")).to_contain_text("your appointment is on Monday.")

    boss_page.locator("#id_greeting").fill("Hi {{ person_name | you }}, {{ place }}!")
    expect(preview.get_by_label("Place")).to_be_visible()
    expect(boss_page.locator("#greeting-length")).to_contain_text("9 /")
    boss_page.locator("#id_max_call_duration_seconds").fill("300")
    expect(preview).to_contain_text("Hang up after 5 min")


def test_a_text_that_cannot_be_read_is_explained_while_typing(
    boss_page: Page, template: CallTemplate
) -> None:
    open_page(boss_page, template)

    boss_page.locator("#id_greeting").fill("Hello {{ person_name }, how are you?")

    expect(boss_page.locator("#preview-greeting")).to_contain_text("is not closed by")


def test_a_placeholder_is_inserted_where_the_writer_is(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)
    boss_page.locator("#id_prompt").fill("Ask about .")
    boss_page.locator("#id_prompt").evaluate("text => text.setSelectionRange(10, 10)")

    boss_page.get_by_role("button", name="Insert “Appointment date”").click()

    expect(boss_page.locator("#id_prompt")).to_have_value("Ask about {{ appointment_date }}.")
    expect(boss_page.locator("#id_prompt")).to_be_focused()


def test_rows_are_moved_by_keyboard(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)
    boss_page.locator("#id_data_points-0-description").focus()
    boss_page.locator("#data_points-2 .row-tools [data-step='-1']").focus()

    boss_page.keyboard.press("Enter")
    boss_page.keyboard.press("Enter")

    expect(boss_page.locator("#row-status")).to_have_text("Moved to place 1")
    # At the top only the way down is left.
    expect(boss_page.locator("#data_points-2 .row-tools [data-step='1']")).to_be_focused()
    tab_to(boss_page, "input[name=_continue]")
    press_enter(boss_page)
    assert keys(template) == ["wish", "confirmed", "reason"]


def test_an_order_survives_a_save_that_is_refused(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)
    boss_page.locator("#data_points-2 .row-tools [data-step='-1']").click()
    boss_page.locator("#id_greeting").fill("Hello {{ person_name }")
    boss_page.locator("input[name=_continue]").click()
    expect(boss_page.locator(".errornote")).to_be_visible()

    boss_page.locator("#id_greeting").fill("Hello.")
    boss_page.locator("input[name=_continue]").click()

    expect(boss_page.locator(".messagelist")).to_be_visible()
    assert keys(template) == ["confirmed", "wish", "reason"]


def test_rows_are_dragged(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)
    handle = boss_page.locator("#data_points-0 .row-tools__drag")
    handle.scroll_into_view_if_needed()
    start, target = handle.bounding_box(), boss_page.locator("#data_points-2").bounding_box()
    assert start is not None
    assert target is not None

    boss_page.mouse.move(start["x"] + 5, start["y"] + 5)
    boss_page.mouse.down()
    boss_page.mouse.move(start["x"] + 5, target["y"] + target["height"] - 5, steps=8)
    boss_page.mouse.up()

    expect(boss_page.locator("#row-status")).to_have_text("Moved to place 3")
    boss_page.locator("input[name=_continue]").click()
    expect(boss_page.locator(".messagelist")).to_be_visible()
    assert keys(template) == ["reason", "wish", "confirmed"]


def test_a_name_that_is_there_twice_is_said_in_its_row(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)
    boss_page.locator("#id_data_points-2-key").fill("confirmed")

    boss_page.locator("input[name=_continue]").click()

    expect(boss_page.locator("#data_points-2 .errorlist")).to_contain_text(
        "Another row has this name already."
    )
    expect(boss_page.locator("#id_data_points-2-key")).to_have_value("confirmed")


def test_a_version_is_compared_and_used_again(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)
    boss_page.get_by_role("link", name="Versions").click()
    oldest = boss_page.locator("#version-1")
    expect(boss_page.locator("#version-2 ins").first).to_contain_text("Good day")
    expect(boss_page.locator("#version-2 del").first).to_contain_text("Hello")

    oldest.locator("summary").click()
    expect(oldest).to_contain_text("The template would change like this:")
    oldest.get_by_role("button", name="Use version 1 again").click()

    expect(boss_page.locator(".messagelist")).to_contain_text("Version 1 is used again, as version 4.")
    template.refresh_from_db()
    assert template.greeting.startswith("Hello")


def test_a_version_whose_agent_is_gone_is_refused_in_words(
    boss_page: Page, cast: Cast, template: CallTemplate
) -> None:
    cast.agent.is_active = False
    cast.agent.save()
    boss_page.goto(reverse("admin:calls_calltemplate_versions", args=[template.pk]))
    boss_page.locator("#version-1 summary").click()

    boss_page.get_by_role("button", name="Use version 1 again").click()

    expect(boss_page.locator(".messagelist")).to_contain_text("no longer active at OSVI")


def test_a_template_is_copied_and_archived(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)
    boss_page.get_by_role("button", name="Duplicate").click()
    expect(boss_page.locator("#id_name")).to_have_value("Copy of Appointment reminder")

    boss_page.get_by_role("button", name="Archive").click()
    expect(boss_page.get_by_role("button", name="Bring back")).to_be_visible()

    boss_page.goto(reverse("admin:calls_calltemplate_changelist"))
    expect(boss_page.locator("#result_list")).not_to_contain_text("Copy of")


def test_a_test_call_begins_from_the_page(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)

    boss_page.get_by_role("link", name="Test call").click()

    expect(boss_page.locator("#id_is_test")).to_be_checked()


def test_what_the_law_asks_for_is_missed_while_typing(boss_page: Page, template: CallTemplate) -> None:
    open_page(boss_page, template)
    missing = boss_page.locator("#disclosure-missing")
    expect(missing).to_have_count(0)

    boss_page.locator("#id_country").select_option("US")
    expect(missing).to_contain_text("FCC 24-17")
    boss_page.locator("#id_greeting").fill("Hello, I am the AI of City Dental.")
    expect(missing).to_have_count(0)
    boss_page.locator("#id_greeting").fill("Hello, I am Asha of City Dental.")
    expect(missing).to_have_count(1)
    boss_page.locator("#id_discloses_ai").check()
    expect(missing).to_have_count(0)
    boss_page.locator("#id_consent_basis").fill("Patients with an appointment")
    boss_page.locator("input[name=_save]").click()

    boss_page.wait_for_url("**/calltemplate/")
    template.refresh_from_db()
    assert (template.discloses_ai, template.consent_basis) == (True, "Patients with an appointment")
