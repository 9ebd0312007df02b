"""`make screenshots`: photographs a running demo for the README.

Every page is taken on a desktop and a phone screen, in light and dark:
docs/images/<page>-<screen>-<look>.png.
A new page is one more line in PAGES.
"""

import argparse
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
SCREENS: dict[str, ViewportSize] = {
    "desktop": {"width": 1360, "height": 860},
    "phone": {"width": 390, "height": 844},
}
Look = Literal["light", "dark"]
LOOKS: tuple[Look, ...] = ("light", "dark")
ADMIN = "/admin/"


@dataclass(frozen=True)
class Shot:
    """A page to photograph; `prepare` brings it into the state wanted."""

    name: str
    path: str
    prepare: Callable[[Page], None] | None = None


def open_first_row(page: Page) -> None:
    """Follow the first link of a list, to the newest record."""
    page.locator("#result_list tbody a[href*='/change/']").first.click()
    page.wait_for_url("**/change/**")


def open_answered_call(page: Page) -> None:
    """Open the newest call that has a conversation."""
    page.goto(page.url.split("?")[0] + "?outcome=picked")
    if page.locator("#result_list tbody tr").count() == 0:
        page.goto(page.url.split("?")[0])
    open_first_row(page)


def search_template(page: Page) -> None:
    """Look for a template by typing, without taking one."""
    page.locator("input#id_template").click()
    page.keyboard.type("re")
    page.locator("#picker-list").wait_for()


def fill_in_call(page: Page) -> None:
    """Take a template and type what a person would type, without placing the call."""
    search_template(page)
    page.locator("#picker-list").get_by_text("Appointment reminder").click()
    page.wait_for_url("**kept=1**")
    page.fill("[name=phone_number]", "98765 04110")
    page.fill("[name=person_name]", "Asha Rao")
    page.fill("[name=value_appointment_date]", "Tuesday")
    page.fill("[name=value_appointment_time]", "10:30")
    page.locator("#place-button", has_text="Asha Rao").wait_for()
    page.locator("#preview-live", has_text="10:30").wait_for()
    # A ring around one field would only raise questions.
    page.locator("[name=value_appointment_time]").blur()
    page.locator("h1").first.scroll_into_view_if_needed()


NAMES = (
    "Asha Rao",
    "Ravi Iyer",
    "Lakshmi Menon",
    "Imran Shaikh",
    "Divya Pillai",
    "Arjun Nair",
    "Meena Joshi",
)
# How the simulator lets the calls of the list end, by the last two digits of the number.
ENDINGS = (0, 0, 0, 5, 11, 1, 2, 4, 0, 0, 1, 0)


def list_of_people() -> bytes:
    """Return a file of people, a few rows of it wrong. The simulator rings none of them."""
    first = 10_000 + secrets.randbelow(80_000)
    rows = ["Mobile,Full name,Appointment date,Appointment time"]
    rows += [
        f"98{first + number}0{ENDINGS[number % len(ENDINGS)]:02},{NAMES[number % len(NAMES)]},"
        f"Tuesday,{9 + number % 8}:30"
        for number in range(90)
    ]
    rows += ["12,Kiran Patel,Tuesday,9:30", rows[1], f"98{first}999,Sunita Das,Tuesday,"]
    return "\n".join(rows).encode()


def upload_list(page: Page) -> None:
    """Upload a list of people, up to the choice of columns."""
    page.get_by_label("Template").select_option(label="Appointment reminder")
    page.get_by_label("File with the people").set_input_files(
        {"name": "Tuesday.csv", "mimeType": "text/csv", "buffer": list_of_people()}
    )
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/columns/")


def check_list(page: Page) -> None:
    """Have the newest list checked."""
    page.locator("#result_list .list-name").first.click()
    if "/columns/" in page.url:
        page.get_by_role("button", name="Check the rows").click()
    page.locator("#check-title").wait_for()


def step_of_list(name: str) -> Callable[[Page], None]:
    """Return what leads to a step of the newest list."""

    def lead(page: Page) -> None:
        check_list(page)
        page.goto(page.url.replace("/change/", f"/{name}/"))

    return lead


def start_list(page: Page) -> None:
    """Start the newest list and wait until some calls have ended."""
    step_of_list("start")(page)
    page.fill("[name=pace_per_minute]", "120")
    page.fill("[name=at_once]", "10")
    page.locator(".launch button[type=submit]").first.click()
    page.wait_for_url("**/change/")
    page.wait_for_timeout(20_000)


def results_of_list(page: Page) -> None:
    """Open the results of the newest list."""
    page.locator("#result_list .list-name").first.click()
    page.goto(page.url.replace("/change/", "/results/"))


LISTS = f"{ADMIN}calls/calllist/"
PAGES = (
    Shot("home", ADMIN),
    Shot("place-choosing", f"{ADMIN}calls/calllog/add/", search_template),
    Shot("place-a-call", f"{ADMIN}calls/calllog/add/", fill_in_call),
    Shot("calls", f"{ADMIN}calls/calllog/"),
    Shot("call", f"{ADMIN}calls/calllog/", open_answered_call),
    Shot("templates", f"{ADMIN}calls/calltemplate/"),
    Shot("template", f"{ADMIN}calls/calltemplate/", open_first_row),
    Shot("agents", f"{ADMIN}calls/agent/"),
    # In this order: each takes up the list where the one before left it.
    Shot("list-columns", f"{LISTS}add/", upload_list),
    Shot("list-check", LISTS, check_list),
    Shot("list-preview", LISTS, step_of_list("preview")),
    Shot("list-dry-run", LISTS, step_of_list("dry-run")),
    Shot("list-start", LISTS, step_of_list("start")),
    Shot("list-running", LISTS, start_list),
    Shot("list-results", LISTS, results_of_list),
    Shot("lists", LISTS),
    Shot("calling-hours", f"{ADMIN}calls/callingrule/"),
    Shot("do-not-call", f"{ADMIN}calls/donotcall/"),
)


def log_in(page: Page, base_url: str, user: str, password: str) -> None:
    page.goto(f"{base_url}{ADMIN}login/?next={ADMIN}")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.click("[type=submit]")
    page.wait_for_url(f"{base_url}{ADMIN}")


def take(browser: Browser, options: argparse.Namespace, screen: str, look: Look) -> list[Path]:
    """Photograph the chosen pages on one screen in one look. Returns the files written."""
    context = browser.new_context(
        viewport=SCREENS[screen],
        color_scheme=look,
        device_scale_factor=options.scale,
        reduced_motion="reduce",
        is_mobile=screen == "phone",
    )
    page = context.new_page()
    log_in(page, options.base_url, options.user, options.password)
    written = []
    for shot in PAGES:
        if options.only and shot.name not in options.only:
            continue
        answer = page.goto(f"{options.base_url}{shot.path}")
        if answer is None or not answer.ok:
            sys.exit(f"{shot.path} answered {answer.status if answer else 'nothing'}.")
        if shot.prepare:
            shot.prepare(page)
        page.wait_for_load_state("networkidle")
        file = options.out / f"{shot.name}-{screen}-{look}.png"
        page.screenshot(path=file, full_page=options.full_page)
        written.append(file)
    context.close()
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="demo")
    parser.add_argument("--password", default="demo")
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--only", nargs="*", choices=[shot.name for shot in PAGES], help="only these pages")
    parser.add_argument("--screens", nargs="*", choices=list(SCREENS), default=list(SCREENS))
    parser.add_argument("--looks", nargs="*", choices=LOOKS, default=list(LOOKS))
    parser.add_argument(
        "--scale", type=float, default=1.0, help="pixels of the picture per pixel of the screen"
    )
    parser.add_argument(
        "--full-page", action="store_true", help="the whole page, not only what fits the screen"
    )
    options = parser.parse_args()
    options.base_url = options.base_url.rstrip("/")
    options.out.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for screen in options.screens:
            for look in options.looks:
                for file in take(browser, options, screen, look):
                    sys.stdout.write(f"{file}\n")
        browser.close()


if __name__ == "__main__":
    main()
