"""Text from strangers in a real browser: no script of theirs runs, nothing of theirs becomes part of a page."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.cast import Cast, make_cast
from tests.browser.windows import log_in
from tests.promises.hostile import MARK, make_hostile
from tests.promises.walk import make_rows, patterns

pytestmark = [
    pytest.mark.browser,
    pytest.mark.looks,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
]

# What broke out: a script that ran, an element or an attribute with the mark in its name.
BROKE_OUT = """mark => [
  ...(window[mark] === undefined ? [] : ["a script ran"]),
  ...[...document.querySelectorAll("*")].flatMap((element) => [
    ...(element.localName.includes(mark) ? [element.localName] : []),
    ...element.getAttributeNames().filter((name) => name.includes(mark) || name.startsWith("on")),
  ]),
]"""


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = make_rows(make_cast(many_calls=1))
    make_hostile(cast)
    return cast


def addresses(cast: Cast) -> list[str]:
    """Return the addresses that show a page to somebody who may do everything: of each kind that with most on it.

    What all of them hold is read without a browser in tests/promises; scripts are the same on all of a kind.
    """
    client = Client()
    client.force_login(cast.boss)
    found: list[str] = []
    for pattern in patterns():
        # Parts that a page brings in later are no pages of their own.
        if pattern.name in {"logout", "view_on_site"} or pattern.name.endswith("live"):
            continue
        sizes: dict[str, int] = {}
        for address in pattern.paths():
            answer: Any = client.get(address)
            is_page = (
                "text/html" in answer.headers["Content-Type"] and "Content-Disposition" not in answer.headers
            )
            if answer.status_code == 200 and is_page:
                sizes[address] = len(answer.content)
        if sizes:
            found.append(max(sizes, key=lambda address: sizes[address]))
    return found


def test_no_page_runs_a_strangers_script(page: Page, cast: Cast, live_server: Any) -> None:
    log_in(page.context, cast.boss, live_server.url)
    walked = addresses(cast)
    assert reverse("admin:calls_calllog_change", args=[cast.finished.pk]) in walked

    for address in walked:
        page.goto(address)
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
        assert page.evaluate(BROKE_OUT, MARK) == [], address


def test_what_a_page_brings_in_later_is_text_too(page: Page, cast: Cast, live_server: Any) -> None:
    log_in(page.context, cast.boss, live_server.url)
    page.goto(f"{reverse('admin:calls_calllog_add')}?again={cast.finished.pk}")

    with page.expect_response(lambda answer: "/add/live/" in answer.url):
        page.locator("#id_person_name").fill(f"<img {MARK} src=x onerror='window.{MARK}=1'>")

    page.wait_for_function("() => document.body.textContent.includes('onerror=')")
    assert page.evaluate(BROKE_OUT, MARK) == []


def test_the_check_finds_what_breaks_out(page: Page, cast: Cast) -> None:
    page.goto(reverse("admin:login"))
    assert page.evaluate(BROKE_OUT, MARK) == []

    page.locator("h1").evaluate("(heading, mark) => { heading.innerHTML = `<b ${mark}a=1>x</b>`; }", MARK)

    assert page.evaluate(BROKE_OUT, MARK) == [f"{MARK}a"]
