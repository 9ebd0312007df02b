"""Every page of the console: no violation of WCAG 2.2 AA in either theme, nothing sideways, no complaint."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page

from calls.choices import ExportFormat, ExportStatus, ListStatus, UploadStatus
from calls.models import CallExport
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.browser.lists import make_finished_list, make_handed_over_list, make_ready_list
from tests.browser.windows import COLOUR_RULES, DESKTOP, PHONE, Size, listen, log_in, overflow, violations

# Eighty pages and more in one test: its time limit is its own.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.looks,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(1_200),
]


@dataclass(frozen=True, kw_only=True)
class Screen:
    """One page in one state. `path` is its address, `reach` brings it from there into the state."""

    name: str
    path: Callable[[Cast], str]
    reach: Callable[[Page], object] | None = None
    anonymous: bool = False
    # Also examined by axe at the size of a telephone.
    on_phones: bool = False
    # The browser writes down that the page answered "not found".
    complains: bool = False


Show = Callable[[Screen, Size], AbstractContextManager[Page]]


def at(name: str, *pick: str, query: str = "") -> Callable[[Cast], str]:
    """Return a function from the cast to the address `name` of the row played by `pick`."""
    return lambda cast: reverse(f"admin:{name}", args=[getattr(cast, part).pk for part in pick]) + query


def send_as_it_stands(field: str) -> Callable[[Page], object]:
    """Return a function that sends the form of `field`, past the browser's own checks, and awaits the answer."""

    def send(page: Page) -> None:
        with page.expect_navigation():
            page.locator(field).evaluate(
                "field => { field.form.noValidate = true; field.form.requestSubmit(); }"
            )

    return send


def place_badly(page: Page) -> None:
    page.locator("#id_phone_number").fill("12")
    with page.expect_navigation():
        page.locator("#place-button").click()


def clear_source(page: Page) -> None:
    page.locator("#id_source").fill("")
    send_as_it_stands("#id_source")(page)


def look_for_a_template(page: Page) -> None:
    page.locator("input#id_template").click()
    page.keyboard.type("r")
    page.locator("#picker-list").wait_for()


def ring_a_bad_number_of_mine(page: Page) -> None:
    page.locator("#own-phone-button").click()
    page.locator("#id_test_number").fill("12")
    with page.expect_navigation():
        page.locator("#own-phone-button").click()


def open_all(selector: str) -> Callable[[Page], object]:
    """Return a function that unfolds what matches."""
    return lambda page: page.locator(selector).evaluate_all("all => all.forEach(one => { one.open = true; })")


def choose_action(action: str) -> Callable[[Page], object]:
    """Return a function that runs an action of a list on all its rows, up to the page of consequences."""

    def run(page: Page) -> None:
        page.locator("#action-toggle").check()
        page.locator("select[name=action]").select_option(action)
        with page.expect_navigation():
            page.locator("button[name=index]").click()

    return run


def export_page(**fields: Any) -> Callable[[Cast], str]:
    """Return a function from the cast to the page of a new export of the boss."""

    def path(cast: Cast) -> str:
        export = CallExport.objects.create(by=cast.boss, format=ExportFormat.CSV, **fields)
        return reverse("admin:calls_calllog_export_page", args=[export.reference])

    return path


def of_list(status: ListStatus, name: str = "change", query: str = "") -> Callable[[Cast], str]:
    """Return a function from the cast to a screen of its list in this state."""
    return lambda cast: reverse(f"admin:calls_calllist_{name}", args=[cast.lists[status].pk]) + query


def start_badly(page: Page) -> None:
    """Choose everything that brings more fields, and leave them empty."""
    page.locator("[name=when][value=later]").check()
    page.locator("[name=retry_owner][value=console]").check()
    page.locator("#id_minutes_busy").fill("")
    page.locator("#id_pace_per_minute").fill("0")
    with page.expect_navigation():
        page.locator("#launch-button").click()


def open_drawer(page: Page) -> None:
    """On a small screen, open the menu and the account's menu in it."""
    if page.locator("#sidebar-toggle").is_visible():
        page.locator("#sidebar-toggle").click()
    page.locator("#user-menu > summary").click()


def search_for(words: str) -> Callable[[Page], object]:
    """Return a function that opens the search over the page and searches for these words."""

    def search(page: Page) -> None:
        page.keyboard.press("Control+k")
        with page.expect_response("**/search/live/"):
            page.locator("#search-everywhere").fill(words)
        page.locator("#search-results .search-hit__detail").first.wait_for()

    return search


def search_on_page(page: Page, words: str) -> None:
    page.locator("#search-page-q").fill(words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def import_badly(page: Page) -> None:
    """Import a file of which a row is left out."""
    content = b"number,until\n9876543299,\n12,\n9876543298,soon\n"
    page.locator("#id_file").set_input_files({"name": "n.csv", "mimeType": "text/csv", "buffer": content})
    with page.expect_navigation():
        page.locator(".do-not-call-form button[type=submit]").click()


PAGES = (
    Screen(name="login", path=at("login"), anonymous=True, on_phones=True),
    Screen(name="login-refused", path=at("login"), anonymous=True, reach=send_as_it_stands("#id_username")),
    Screen(name="home", path=at("index"), on_phones=True),
    Screen(name="menus", path=at("index"), reach=open_drawer, on_phones=True),
    Screen(name="search-dialog", path=at("index"), reach=search_for("as"), on_phones=True),
    Screen(name="search", path=at("search"), reach=lambda page: search_on_page(page, "de"), on_phones=True),
    Screen(name="search-nothing", path=at("search"), reach=lambda page: search_on_page(page, "zzzz")),
    Screen(name="calls", path=at("calls_calllog_changelist"), on_phones=True),
    Screen(
        name="calls-filters",
        path=at("calls_calllog_changelist", query="?status=unconfirmed"),
        reach=open_all("details"),
        on_phones=True,
    ),
    Screen(
        name="calls-answers",
        path=lambda cast: (
            f"{reverse('admin:calls_calllog_changelist')}?template={cast.template.pk}&tab=answered"
        ),
        reach=open_all(".views-menu"),
        on_phones=True,
    ),
    Screen(
        name="calls-wrong-day",
        path=at("calls_calllog_changelist", query="?tab=attention&from=2026-02-31&q=asha"),
        on_phones=True,
    ),
    Screen(name="calls-tab-empty", path=at("calls_calllog_changelist", query="?tab=scheduled")),
    Screen(
        name="calls-follow-up",
        path=at("calls_calllog_changelist", query="?tab=attention"),
        reach=choose_action("assign_follow_up"),
        on_phones=True,
    ),
    Screen(
        name="calls-reviewed",
        path=at("calls_calllog_changelist", query="?q=asha"),
        reach=choose_action("mark_reviewed"),
    ),
    Screen(
        name="view-refused",
        path=at("calls_calllog_save_view", query="?tab=attention&q=rao"),
        reach=send_as_it_stands("#id_name"),
        on_phones=True,
    ),
    Screen(name="view-number", path=at("calls_calllog_save_view", query="?tab=attention&q=98765")),
    Screen(name="calls-none-found", path=at("calls_calllog_changelist", query="?q=zzzz")),
    Screen(
        name="calls-again",
        path=at("calls_calllog_changelist", query="?q=asha"),
        reach=choose_action("call_again"),
    ),
    Screen(
        name="calls-cancel",
        path=at("calls_calllog_changelist", query="?status=queued"),
        reach=choose_action("cancel_calls"),
    ),
    Screen(name="export", path=at("calls_calllog_export", query="?status=finished&q=Person"), on_phones=True),
    Screen(
        name="export-running",
        path=export_page(status=ExportStatus.RUNNING, total=100_000, done=30_000),
        on_phones=True,
    ),
    Screen(name="export-failed", path=export_page(status=ExportStatus.FAILED, error="The disk is full.")),
    Screen(
        name="list-results",
        path=lambda cast: reverse("admin:calls_calllist_results", args=[make_finished_list(cast).pk]),
        on_phones=True,
    ),
    Screen(
        name="list-hand-over",
        path=lambda cast: reverse("admin:calls_calllist_hand_over", args=[make_ready_list(cast).pk]),
        on_phones=True,
    ),
    Screen(
        name="list-handed-over",
        path=lambda cast: reverse(
            "admin:calls_calllist_hand_over",
            args=[make_handed_over_list(cast, UploadStatus.UNCONFIRMED).pk],
        ),
    ),
    Screen(name="list-upload", path=at("calls_calllist_add"), on_phones=True),
    Screen(name="list-upload-errors", path=at("calls_calllist_add"), reach=send_as_it_stands("#id_file")),
    Screen(
        name="list-correct",
        path=lambda cast: reverse("admin:calls_calllist_correct", args=[cast.lists[ListStatus.CHECKED].pk]),
    ),
    Screen(name="place", path=at("calls_calllog_add"), on_phones=True),
    Screen(
        name="place-template",
        path=lambda cast: f"{reverse('admin:calls_calllog_add')}?template={cast.template.pk}",
        reach=open_all("details"),
        on_phones=True,
    ),
    Screen(
        name="place-choosing",
        path=at("calls_calllog_add"),
        reach=look_for_a_template,
        on_phones=True,
    ),
    Screen(
        name="place-own-phone-refused",
        path=lambda cast: f"{reverse('admin:calls_calllog_add')}?template={cast.template.pk}",
        reach=ring_a_bad_number_of_mine,
        on_phones=True,
    ),
    Screen(
        name="place-refused",
        path=lambda cast: f"{reverse('admin:calls_calllog_add')}?template={cast.template.pk}",
        reach=place_badly,
        on_phones=True,
    ),
    Screen(
        name="place-again", path=lambda cast: f"{reverse('admin:calls_calllog_add')}?again={cast.finished.pk}"
    ),
    Screen(
        name="call-finished",
        path=at("calls_calllog_change", "finished"),
        reach=open_all("#main details"),
        on_phones=True,
    ),
    Screen(name="call-under-way", path=at("calls_calllog_change", "under_way")),
    Screen(name="call-unconfirmed", path=at("calls_calllog_change", "unconfirmed"), on_phones=True),
    Screen(name="call-queued", path=at("calls_calllog_change", "queued")),
    Screen(name="call-rejected", path=at("calls_calllog_change", "rejected")),
    Screen(name="templates", path=at("calls_calltemplate_changelist"), reach=open_all("#main details")),
    Screen(name="template-add", path=at("calls_calltemplate_add"), on_phones=True),
    Screen(
        name="template-change",
        path=at("calls_calltemplate_change", "template"),
        reach=open_all("#main details"),
        on_phones=True,
    ),
    Screen(
        name="template-versions",
        path=at("calls_calltemplate_versions", "template"),
        reach=open_all("#main details"),
        on_phones=True,
    ),
    Screen(
        name="template-refused", path=at("calls_calltemplate_add"), reach=send_as_it_stands("#id_greeting")
    ),
    Screen(name="template-history", path=at("calls_calltemplate_history", "template")),
    Screen(name="template-delete", path=at("calls_calltemplate_delete", "unused_template")),
    Screen(name="agents", path=at("calls_agent_changelist")),
    Screen(name="agent", path=at("calls_agent_change", "agent")),
    Screen(
        name="call-do-not-call",
        path=at("calls_calllog_do_not_call", "under_way"),
        reach=send_as_it_stands("#id_reason"),
        on_phones=True,
    ),
    Screen(
        name="do-not-call",
        path=at("calls_donotcall_changelist"),
        reach=open_all("#main details"),
        on_phones=True,
    ),
    Screen(
        name="do-not-call-undecided",
        path=at("calls_donotcall_changelist", query="?tab=undecided"),
        on_phones=True,
    ),
    Screen(name="do-not-call-none", path=at("calls_donotcall_changelist", query="?tab=ended")),
    Screen(name="do-not-call-entry", path=at("calls_donotcall_change", "suppressed"), on_phones=True),
    Screen(name="do-not-call-proposal", path=at("calls_donotcall_change", "proposed"), on_phones=True),
    Screen(
        name="do-not-call-add",
        path=at("calls_donotcall_add"),
        reach=send_as_it_stands("#id_reason"),
        on_phones=True,
    ),
    Screen(name="do-not-call-import", path=at("calls_donotcall_import"), reach=import_badly, on_phones=True),
    Screen(
        name="deliveries",
        path=at("calls_webhookdelivery_changelist"),
        reach=open_all("#main details"),
        on_phones=True,
    ),
    Screen(
        name="deliveries-replay",
        path=at("calls_webhookdelivery_changelist"),
        reach=choose_action("replay"),
    ),
    Screen(
        name="delivery",
        path=at("calls_webhookdelivery_change", "applied"),
        reach=open_all("#main details"),
        on_phones=True,
    ),
    Screen(name="delivery-match", path=at("calls_webhookdelivery_change", "stray")),
    Screen(name="delivery-broken", path=at("calls_webhookdelivery_change", "broken", query="?q=Asha")),
    Screen(name="calling-hours", path=at("calls_callingrule_changelist"), on_phones=True),
    Screen(name="calling-hours-add", path=at("calls_callingrule_add")),
    Screen(name="calling-hours-change", path=at("calls_callingrule_change", "hours"), on_phones=True),
    Screen(
        name="calling-hours-refused",
        path=at("calls_callingrule_change", "hours"),
        reach=clear_source,
    ),
    Screen(name="calling-hours-delete", path=at("calls_callingrule_delete", "hours")),
    Screen(name="lists", path=at("calls_calllist_changelist"), on_phones=True),
    Screen(name="lists-tab-empty", path=at("calls_calllist_changelist", query="?state=paused&q=zzzz")),
    Screen(name="list-checking", path=of_list(ListStatus.CHECKING)),
    Screen(name="list-failed", path=of_list(ListStatus.FAILED)),
    Screen(name="list-check", path=of_list(ListStatus.CHECKED), on_phones=True),
    Screen(
        name="list-preview",
        path=of_list(ListStatus.CHECKED, "preview"),
        reach=open_all("#main details"),
        on_phones=True,
    ),
    Screen(name="list-preview-nobody", path=of_list(ListStatus.CHECKED, "preview", "?q=zzzz")),
    Screen(name="list-test", path=of_list(ListStatus.CHECKED, "test"), on_phones=True),
    Screen(
        name="list-test-refused",
        path=of_list(ListStatus.CHECKED, "test"),
        reach=send_as_it_stands("#id_test_number"),
    ),
    Screen(name="list-dry-run", path=of_list(ListStatus.CHECKED, "dry_run"), on_phones=True),
    Screen(name="list-start", path=of_list(ListStatus.CHECKED, "launch"), on_phones=True),
    Screen(
        name="list-start-refused",
        path=of_list(ListStatus.CHECKED, "launch"),
        reach=start_badly,
        on_phones=True,
    ),
    Screen(name="list-scheduled", path=of_list(ListStatus.SCHEDULED)),
    Screen(name="list-running", path=of_list(ListStatus.RUNNING), on_phones=True),
    Screen(name="list-paused", path=of_list(ListStatus.PAUSED), on_phones=True),
    Screen(name="list-finished", path=of_list(ListStatus.FINISHED)),
    Screen(name="list-given-to-osvi", path=of_list(ListStatus.HANDED_OVER)),
    Screen(name="list-cancel", path=of_list(ListStatus.RUNNING, "cancel")),
    Screen(name="list-people", path=of_list(ListStatus.RUNNING, "people"), on_phones=True),
    Screen(
        name="list-people-filter", path=of_list(ListStatus.RUNNING, "people", "?state=waiting&verdict=ready")
    ),
    Screen(name="list-person", path=at("calls_calllist_person", "person"), on_phones=True),
    Screen(name="list-person-edit", path=at("calls_calllist_edit_person", "person")),
    Screen(
        name="list-person-refused",
        path=of_list(ListStatus.RUNNING, "add_person"),
        reach=send_as_it_stands("#id_phone_number"),
        on_phones=True,
    ),
    Screen(name="users", path=at("auth_user_changelist"), reach=open_all("#main details")),
    Screen(name="user-add", path=at("auth_user_add")),
    Screen(name="user", path=at("auth_user_change", "colleague")),
    Screen(name="user-password", path=at("auth_user_password_change", "colleague")),
    Screen(name="groups", path=at("auth_group_changelist")),
    Screen(name="group-add", path=at("auth_group_add")),
    Screen(name="password", path=at("password_change")),
    Screen(name="password-refused", path=at("password_change"), reach=send_as_it_stands("#id_old_password")),
    Screen(name="not-found", path=lambda cast: "/admin/calls/nothing/", complains=True),
    Screen(
        name="no-such-call",
        path=lambda cast: reverse("admin:calls_calllog_change", args=[0]),
        complains=True,
    ),
)

ON_PHONES = [screen for screen in PAGES if screen.on_phones]


@pytest.fixture
def window(chromium: Browser, live_server: Any, cast: Cast) -> Iterator[BrowserContext]:
    """A window of somebody who may do everything. Still pictures: a fading colour has no certain contrast."""
    with chromium.new_context(base_url=live_server.url, reduced_motion="reduce") as context:
        context.set_default_timeout(PATIENCE)
        yield context


@pytest.fixture
def show(window: BrowserContext, cast: Cast, live_server: Any) -> Show:
    """Return a function that shows a screen. It fails if the browser complains about the page."""

    @contextmanager
    def shown(screen: Screen, size: Size) -> Iterator[Page]:
        complaints: list[str] = []
        window.clear_cookies()
        if not screen.anonymous:
            log_in(window, cast.boss, live_server.url)
        with window.new_page() as page:
            listen(page, complaints)
            page.set_viewport_size(size)
            answer = page.goto(screen.path(cast))
            assert answer is not None
            assert "unsafe" not in answer.headers["content-security-policy"]
            if screen.reach:
                screen.reach(page)
            yield page
        if screen.complains:
            complaints = [words for words in complaints if "404 (Not Found)" not in words]
        assert complaints == []

    return shown


def in_both_themes(page: Page) -> dict[str, list[str]]:
    """Return the violations by theme: of every rule in the light one, of those on colours in the dark one."""
    found = {}
    page.emulate_media(color_scheme="light")
    found["light"] = violations(page)
    page.emulate_media(color_scheme="dark")
    found["dark"] = violations(page, only=COLOUR_RULES)
    return {theme: what for theme, what in found.items() if what}


def sideways(page: Page) -> dict[str, list[str]]:
    """Return what makes the page scroll sideways, by size and direction of writing."""
    found = {}
    for direction, (place, size) in product(("ltr", "rtl"), {"phone": PHONE, "desktop": DESKTOP}.items()):
        page.set_viewport_size(size)
        page.evaluate("direction => { document.documentElement.dir = direction; }", direction)
        found[f"{place}, {direction}"] = overflow(page)
    return {where: what for where, what in found.items() if what}


def test_no_page_breaks_a_rule_of_wcag_or_scrolls_sideways(show: Show, subtests: pytest.Subtests) -> None:
    for screen in PAGES:
        with subtests.test(screen.name), show(screen, DESKTOP) as page:
            assert in_both_themes(page) == {}
            assert sideways(page) == {}


@pytest.mark.parametrize(
    "screens",
    [
        pytest.param(ON_PHONES[::3], id="sample"),
        pytest.param(ON_PHONES, id="all", marks=pytest.mark.campaign),
    ],
)
def test_no_page_breaks_a_rule_of_wcag_on_a_phone(
    screens: Sequence[Screen], show: Show, subtests: pytest.Subtests
) -> None:
    for screen in screens:
        with subtests.test(screen.name), show(screen, PHONE) as page:
            # Of colours a small screen has no others than a large one.
            assert violations(page, without=COLOUR_RULES) == []
            assert overflow(page) == []


def test_the_checks_find_what_is_wrong(page: Page) -> None:
    page.goto(reverse("admin:login"))
    assert violations(page) == []
    assert overflow(page) == []

    page.evaluate("document.querySelector('label[for=id_username]').remove()")
    # Room around the letters, which in some fonts reach beyond their line: axe does not judge those.
    looks = {"color": "#999", "background": "#888", "width": "200vw", "padding": "1rem"}
    page.locator("h1").evaluate("(heading, looks) => { Object.assign(heading.style, looks); }", looks)

    assert {line.split(":")[0] for line in violations(page)} == {"color-contrast", "label"}
    assert {line.split(":")[0] for line in violations(page, only=COLOUR_RULES)} == {"color-contrast"}
    assert {line.split(":")[0] for line in violations(page, without=COLOUR_RULES)} == {"label"}
    assert overflow(page)
