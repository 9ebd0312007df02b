"""How long the server takes for each page with 100,000 calls in its history, and how many questions it asks.

`BENCH_CALLS` makes the history shorter or longer. A page slower than LIMIT_MS is marked. A page is added by one
line in `pages`; the filters of the list are found by themselves.
"""

import os
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from benchmarks.history_rows import EVERYWHERE, ONCE, fill
from calls.admin import call_tabs
from calls.choices import CallStatus
from calls.models import CallLog, CallTemplate

CALLS = int(os.environ.get("BENCH_CALLS", "100000"))
TIMES = 20
LIMIT_MS = 300
LIST = "calls_calllog_changelist"
# Pages name their static files; that these were collected is not measured here.
STATIC = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@dataclass(frozen=True)
class Page:
    """One page as a person asks for it, by POST if something is `sent`."""

    name: str
    path: str
    sent: dict[str, str] | None = None

    def ask(self, client: Client) -> None:
        """Raise RuntimeError if the page does not come."""
        answer = client.get(self.path) if self.sent is None else client.post(self.path, self.sent)
        if answer.status_code != 200:
            raise RuntimeError(f"It answers {answer.status_code}.")


def pages(boss: Any) -> Iterator[Page]:
    """Yield every page to be measured; those that this console does not have are left out."""
    call = CallLog.objects.filter(status=CallStatus.FINISHED, outcome="picked").latest("pk")
    template = CallTemplate.objects.latest("pk")
    number = str(call.phone_number.as_e164)
    yield from named("Home", "index")
    yield from named("Home, its live part", "home_live")
    yield from named("call page", "calls_calllog_change", call.pk)
    yield from named("calls", LIST)
    yield from named("calls, page 20", LIST, query="?p=20")
    for words, term in {
        "a name": "asha rao",
        "the beginning of a name": "lak",
        "a name in Hindi": "शर्मा",
        "a whole number": number[3:],
        "the beginning of a number": number[3:8],
        "an OSVI id": call.call_id,
        "the beginning of an OSVI id": call.call_id[:-3],
        "our reference": str(call.reference)[:8],
        "a word said in every call": EVERYWHERE,
        "a word said in one call": ONCE,
        "two words, one in every call": f"{EVERYWHERE} {ONCE}",
        "two letters": "th",
        "a word that nobody said": "qqqqqq",
    }.items():
        yield from named(f"calls, search: {words}", LIST, query=f"?q={term.replace('+', '%2B')}")
        yield from named(f"search everywhere: {words}", "search", sent={"q": term})
    yield from named(
        "calls, search and filter", LIST, query=f"?q={EVERYWHERE}&status={CallStatus.UNCONFIRMED}"
    )
    for tab in call_tabs.TABS:
        yield from named(f"calls, tab: {tab.label}", LIST, query=f"?tab={tab.key}")
    yield from _filters(boss)
    yield from named("agents", "calls_agent_changelist")
    yield from named("agent", "calls_agent_change", template.agent_id)
    yield from named("templates", "calls_calltemplate_changelist")
    yield from named("template", "calls_calltemplate_change", template.pk)
    yield from named("place a call", "calls_calllog_add")
    yield from named("deliveries", "calls_webhookdelivery_changelist")


def named(
    name: str, address: str, *args: object, query: str = "", sent: dict[str, str] | None = None
) -> Iterator[Page]:
    """Yield the page of the admin at this address, or nothing if the console does not have it."""
    try:
        yield Page(name, reverse(f"admin:{address}", args=args) + query, sent)
    except NoReverseMatch:
        return


def _filters(boss: Any) -> Iterator[Page]:
    """Yield the list of calls under every choice of every filter that it offers."""
    screen = admin.site.get_model_admin(CallLog)
    request = RequestFactory().get(reverse(f"admin:{LIST}"))
    request.user = boss
    changes = screen.get_changelist_instance(request)
    for number, of_list in enumerate(changes.filter_specs):
        for choice in list(of_list.choices(changes))[1:]:
            name = f"calls, filter {number + 1}, {of_list.title}: {choice['display']}"
            yield from named(name, LIST, query=str(choice["query_string"]))


def measure(page: Page, client: Client) -> tuple[float, int]:
    """Return the median time in milliseconds and the number of questions to the database."""
    page.ask(client)
    with CaptureQueriesContext(connection) as queries:
        page.ask(client)
    asked = len(queries)
    times = []
    for _time in range(TIMES):
        started = time.perf_counter()
        page.ask(client)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times), asked


def report(found: Iterable[Page], boss: Any) -> None:
    """Print how long each page takes for `boss`, and how many questions it asks; slow ones are marked."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(boss)
    with override_settings(STORAGES=STATIC):
        for page in found:
            try:
                median, queries = measure(page, client)
            except Exception as error:  # the other pages are still to be measured
                print(f"    - {page.name}: FAILED: {error!r}", flush=True)
            else:
                slow = f"  SLOWER THAN {LIMIT_MS} ms" if median > LIMIT_MS else ""
                print(f"    - {page.name}: {median:.0f} ms, {queries} queries{slow}", flush=True)


def main() -> None:
    started = time.monotonic()
    fill(CALLS)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"- history of {CALLS} calls, written in {time.monotonic() - started:.0f} s; median of {TIMES}:")
    boss = get_user_model().objects.create_superuser("boss of the history")
    report(pages(boss), boss)


if __name__ == "__main__":
    main()
