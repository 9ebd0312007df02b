"""The guard of all browser tests: what the content policy forbids is stopped, and is written down."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]

# What a stranger's words would do to the page if they got into it as markup.
BREACHES = {
    "inline script": """() => {
      const script = document.createElement("script");
      script.textContent = "window.breached = true";
      document.body.append(script);
    }""",
    "script of another host": """() => {
      const script = document.createElement("script");
      script.src = "https://elsewhere.invalid/x.js";
      document.body.append(script);
    }""",
    "event handler": """() => {
      document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.breached = true'>");
    }""",
    "inline style": """() => {
      document.body.insertAdjacentHTML("beforeend", "<p style='position: fixed'>x</p>");
    }""",
    "picture of another host": """() => {
      document.body.insertAdjacentHTML("beforeend", "<img src='https://elsewhere.invalid/x.png'>");
    }""",
    "request to another host": """() => {
      fetch("https://elsewhere.invalid/").catch(() => null);
    }""",
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_stopped_and_written_down(page: Page, complaints: list[str], breach: str) -> None:
    page.goto(reverse("admin:login"))
    assert complaints == []

    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate(BREACHES[breach])

    assert page.evaluate("window.breached") is None
    assert any("Content Security Policy" in words for words in complaints)
    # Expected here; anywhere else it fails the test.
    complaints.clear()


def test_an_error_of_a_script_is_written_down(page: Page, complaints: list[str]) -> None:
    page.goto(reverse("admin:login"))

    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('broken'); })")

    assert complaints == ["script: broken"]
    complaints.clear()


def test_the_policy_allows_nothing_inline_and_no_other_host(page: Page, live_server: Any) -> None:
    answer = page.goto(reverse("admin:login"))

    assert answer is not None
    directives = dict(
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    assert directives["default-src"] == "'none'"
    allowed = {source for sources in directives.values() for source in sources.split()}
    assert allowed <= {"'none'", "'self'", "data:"}
    assert directives["script-src"] == directives["style-src"] == "'self'"
