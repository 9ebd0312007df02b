"""The page of a call in a browser: review it, correct it, read it, and what a live page must not forget."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from calls.choices import CallStatus, Disclosed
from calls.models import CallLog, Disclosure
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.test_keyboard import press_enter, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]


def open_page(page: Page, call: CallLog) -> None:
    page.goto(reverse("admin:calls_calllog_change", args=[call.pk]))


def test_the_number_is_shown_on_request(boss_page: Page, cast: Cast) -> None:
    open_page(boss_page, cast.finished)
    number = boss_page.locator("#call-number")
    expect(number).to_have_text("+91 ••••• •210")

    boss_page.get_by_role("button", name="Show number").click()

    expect(number).to_have_text("+91 98765 43210")
    assert Disclosure.objects.filter(call=cast.finished, what=Disclosed.NUMBER).count() == 1


def test_a_review_by_keyboard_alone(boss_page: Page, cast: Cast) -> None:
    open_page(boss_page, cast.finished)

    tab_to(boss_page, "#correct-2 > summary")
    boss_page.keyboard.press("Enter")
    tab_to(boss_page, "#correct-value-2")
    boss_page.keyboard.press("Control+A")
    boss_page.keyboard.type("was not ill at all")
    tab_to(boss_page, "#correct-2 button")
    press_enter(boss_page)
    expect(boss_page.locator("#call-answers")).to_contain_text("was not ill at all")
    expect(boss_page.locator("#call-answers")).to_contain_text("corrected by Meera Nair")

    tab_to(boss_page, "#id_note_text")
    boss_page.keyboard.type("Rings back on Friday.")
    tab_to(boss_page, "#call-notes button")
    press_enter(boss_page)
    expect(boss_page.locator(".call-notes")).to_contain_text("Rings back on Friday.")

    tab_to(boss_page, "#follow-up-fold > summary")
    boss_page.keyboard.press("Enter")
    tab_to(boss_page, "#follow-up-fold button")
    press_enter(boss_page)
    expect(boss_page.locator("#follow-up")).to_contain_text("Meera Nair follows this up until")

    tab_to(boss_page, "#mark-reviewed")
    press_enter(boss_page)
    expect(boss_page.locator("#call-review")).to_contain_text("Reviewed by Meera Nair")
    call = CallLog.objects.get(pk=cast.finished.pk)
    assert call.reviewed_at is not None
    assert call.follow_up_on == timezone.localdate()


def test_what_is_refused_stays_typed_with_the_reason_beside_it(boss_page: Page, cast: Cast) -> None:
    open_page(boss_page, cast.finished)
    boss_page.locator("#follow-up-fold > summary").click()
    boss_page.locator("#id_follow_up_due").fill("2020-01-01")

    boss_page.locator("#follow-up-fold button").click()

    expect(boss_page.locator("#follow-up-fold")).to_have_attribute("open", "")
    expect(boss_page.locator("#follow-up-fold .errorlist")).to_contain_text("This day has passed.")
    expect(boss_page.locator("#id_follow_up_due")).to_have_value("2020-01-01")


def test_search_in_the_conversation(boss_page: Page, cast: Cast) -> None:
    open_page(boss_page, cast.finished)
    words, count = boss_page.locator("#transcript-words"), boss_page.locator("#transcript-count")
    marked = "[...CSS.highlights.get('found-current')].map(String)"

    words.fill("YOUR appointment")
    expect(count).to_have_text("1 / 1")
    assert boss_page.evaluate(marked) == ["your appointment"]

    words.fill("e")
    expect(count).to_contain_text("1 / ")
    words.press("Enter")
    expect(count).to_contain_text("2 / ")
    words.press("Shift+Enter")
    boss_page.locator("#transcript-previous").click()
    total = str(count.text_content()).split(" / ")[1]
    expect(count).to_have_text(f"{total} / {total}")

    words.fill("zebra")
    expect(count).to_have_text("Not found")


def test_the_conversation_is_copied(boss_page: Page, cast: Cast, live_server: Any) -> None:
    boss_page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    open_page(boss_page, cast.finished)

    boss_page.get_by_role("button", name="Copy").click()

    expect(boss_page.locator("#transcript-copy")).to_have_text("Copied")
    copied = boss_page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[1] == "Asha Rao: Yes, I will be there."


def test_a_turn_can_be_jumped_to(boss_page: Page, cast: Cast) -> None:
    open_page(boss_page, cast.finished)

    boss_page.locator("#turn-2 .turn__jump").click()

    assert boss_page.url.endswith("#turn-2")
    expect(boss_page.locator("#turn-2")).to_be_in_viewport()


def test_technical_details_come_when_they_are_unfolded(boss_page: Page, cast: Cast) -> None:
    open_page(boss_page, cast.finished)
    assert not Disclosure.objects.filter(what=Disclosed.TECHNICAL).exists()

    boss_page.locator("#call-technical > summary").click()

    expect(boss_page.locator("#call-technical-body")).to_contain_text("call-0001")
    expect(boss_page.locator("#call-technical-body")).to_contain_text("Meera Nair")
    assert Disclosure.objects.filter(what=Disclosed.TECHNICAL).count() == 1


def test_a_live_page_keeps_what_is_typed_and_where_the_reader_is(boss_page: Page, cast: Cast) -> None:
    call = cast.under_way
    open_page(boss_page, call)
    note = boss_page.locator("#id_note_text")
    note.fill("Half a sentence")
    boss_page.locator("#follow-up-fold > summary").click()
    boss_page.locator("#id_follow_up_due").fill("2031-02-03")
    note.focus()

    CallLog.objects.filter(pk=call.pk).update(
        status=CallStatus.FINISHED, outcome="picked", summary="They come.", next_poll_at=None
    )
    expect(boss_page.locator("#call-badge")).to_have_text("Answered", timeout=PATIENCE)

    expect(boss_page.locator("#call-summary")).to_contain_text("They come.")
    expect(note).to_have_value("Half a sentence")
    expect(note).to_be_focused()
    expect(boss_page.locator("#follow-up-fold")).to_have_attribute("open", "")
    expect(boss_page.locator("#id_follow_up_due")).to_have_value("2031-02-03")


def test_a_stray_message_is_matched(boss_page: Page, cast: Cast) -> None:
    open_page(boss_page, cast.unconfirmed)

    boss_page.locator("#call-strays").get_by_role("button", name="It is about this call").first.click()

    expect(boss_page.locator("#call-badge")).to_have_text("Answered")


def test_evidence_is_downloaded(boss_page: Page, cast: Cast) -> None:
    open_page(boss_page, cast.finished)

    with boss_page.expect_download() as download:
        boss_page.get_by_role("link", name="Download evidence").click()

    file = download.value.path().read_text()
    assert "Asha comes on Monday at ten." in file


def test_on_paper_there_is_the_call_and_nothing_to_press(boss_page: Page, cast: Cast) -> None:
    open_page(boss_page, cast.finished)
    boss_page.emulate_media(media="print")

    for selector in (
        ".sidebar",
        "#call-review form",
        ".call-correct",
        "#transcript-search",
        "#call-technical",
    ):
        expect(boss_page.locator(selector).first).to_be_hidden()
    expect(boss_page.locator(".turn").first).to_be_visible()
    expect(boss_page.locator("#call-prompt p")).to_be_visible()
