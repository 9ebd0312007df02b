"""Browser windows that write down every complaint, and what may be asked of the page in them."""

from collections.abc import Sequence
from typing import Any, cast

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page
from playwright.sync_api import ViewportSize as Size

DESKTOP = Size(width=1366, height=768)
PHONE = Size(width=390, height=844)
# WCAG 2.2, levels A and AA.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Those of them that judge colours, all that a theme changes.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# The first rows of a table show all that the others could; axe takes a second for forty of them.
_MORE_ROWS = "tbody tr:nth-child(n+13)"

# Until colours have got where they go: a change of theme is a transition. What turns for ever is not waited for.
_SETTLED = """() => Promise.allSettled(
  document.getAnimations()
    .filter((animation) => animation.effect.getComputedTiming().endTime !== Infinity)
    .map((animation) => animation.finished)
)"""

# Elements that reach beyond the edge of the screen, apart from those that scroll in a box of their own.
_OVERFLOW = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const boxed = (element) => {
    for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== "visible") return true;
    }
    return false;
  };
  const outside = [...document.body.querySelectorAll("*")].filter((element) => {
    const area = element.getBoundingClientRect();
    return area.width && (area.right > root.clientWidth + 1 || area.left < -1) && !boxed(element);
  });
  const name = (element) => `${element.tagName.toLowerCase()}#${element.id}.${element.className}`;
  return [`page ${root.scrollWidth} of ${root.clientWidth}`, ...outside.slice(0, 5).map(name)];
}"""


def listen(page: Page, complaints: list[str]) -> None:
    """Write down every console error or warning, script error and breach of the content policy."""

    def note(message: ConsoleMessage) -> None:
        # Chromium reports breaches of the content policy as console errors.
        if message.type in {"error", "warning"}:
            complaints.append(f"{message.type}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))


def log_in(context: BrowserContext, person: User, address: str) -> None:
    """Give the browser a session of this person, without the pages of logging in."""
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])


def violations(page: Page, only: Sequence[str] = (), without: Sequence[str] = ()) -> list[str]:
    """Return what axe finds wrong with the page as it stands, one line for each rule and element.

    `only` names rules of axe; without any, all of RULES are asked about, but those named by `without`. axe is brought
    in through the browser's debugger, so the page stays under its content policy.
    """
    page.evaluate(_SETTLED)
    asked = {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": RULES}
    # Preloading would put copies of imported stylesheets into the page, which the policy refuses.
    options = {
        "runOnly": asked,
        "rules": {rule: {"enabled": False} for rule in without},
        "resultTypes": ["violations"],
        "preload": False,
    }
    found = Axe().run(page, context={"exclude": [[_MORE_ROWS]]}, options=options)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    """Return what makes the page scroll sideways; nothing when it does not."""
    return cast("list[str]", page.evaluate(_OVERFLOW))


def style(page: Page, selector: str, *names: str) -> dict[str, Any]:
    """Return the computed values of these properties of the first element."""
    script = "(element, names) => Object.fromEntries(names.map(n => [n, getComputedStyle(element)[n]]))"
    return cast("dict[str, Any]", page.locator(selector).first.evaluate(script, list(names)))
