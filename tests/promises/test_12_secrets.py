"""Promise 12: no token, secret, presigned link or full number in logs, errors, history, or pages of those without."""

import io
import json
import logging
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from calls.choices import CallStatus, Verdict, WebhookRoute
from calls.models import CallEvent, CallLog, ConsoleState, Disclosure, WebhookDelivery
from calls.services import reconcile
from calls.services.deliveries import apply
from calls.services.dispatch import dispatch
from osvi_console import urls as console_urls
from osvi_console.redaction import RedactingFormatter
from tests.browser.cast import Cast
from tests.osvi.http_server import ScriptedServer, hang_up, reply
from tests.promises.walk import Pattern, has_number, make_rows, patterns, person, person_with_all_but
from tests.support.spreadsheets import content_of

# What pages say depends on no database.
pytestmark = [pytest.mark.django_db, pytest.mark.looks]

NATIONAL = "9876543210"
WRITTEN = (
    "+919876543210",
    "919876543210",
    "9876543210",
    "098765 43210",
    "+91 98765 43210",
    "+91 98765-43210",
    "+91 (98765) 43210",
    "98765 43210",
    "98765.43210",
)
SECRET = "webhook-secret-5e1f"
SIGNATURE = "f00dfeed5ca1ab1e"
LINK = f"https://bucket.example/recordings/1.mp4?X-Amz-Expires=60&X-Amz-Signature={SIGNATURE}"
# What only people who may read the conversation see.
SPOKEN = ("Asha comes on Monday at ten.", "Yes, I will be there.")
# Only technical details, for those who may see them, hold what came as it came.
RAW_BODY = json.dumps(
    {"call_status": "picked", "phone_number": "9876543210", "recording_url": LINK, "note": "as-it-came"}
).encode()

# Where those who may reveal numbers find one without asking for it: as it came, as it is to be rung, and on paper.
IN_FULL_FOR_THOSE_WHO_MAY = frozenset(
    {
        *("calls_calllog_add", "calls_webhookdelivery_change", "calls_calllog_technical"),
        *("calls_calllog_evidence", "calls_calllog_export_file"),
    }
)


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.OSVI_WEBHOOK_SECRETS = [SECRET, "another-secret-77"]


@pytest.fixture
def rows() -> Cast:
    cast = make_rows()
    WebhookDelivery.objects.filter(pk=cast.stray.pk).update(body=RAW_BODY, body_size=len(RAW_BODY))
    return cast


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger says, at every level, through the formatter that the settings name."""
    formatter: Any = django_settings.LOGGING["formatters"]["line"]  # type: ignore[index]
    assert formatter["()"] == f"{RedactingFormatter.__module__}.{RedactingFormatter.__qualname__}"
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(RedactingFormatter(formatter["format"]))
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in list(root.manager.loggerDict))]
    levels = {logger: logger.level for logger in loggers}
    separate = [root, *(logger for logger in loggers if not logger.propagate and logger is not root)]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    for logger in separate:
        logger.addHandler(handler)
    yield handler.stream
    for logger in separate:
        logger.removeHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)


def secrets_of_the_console() -> list[str]:
    tokens = [call.webhook_token for call in CallLog.objects.all()]
    return [django_settings.OSVI_API_TOKEN, *django_settings.OSVI_WEBHOOK_SECRETS, *tokens, SIGNATURE]


def leaks(text: str, *more: str) -> list[str]:
    """Return what a text gives away."""
    found = [secret for secret in (*secrets_of_the_console(), *more) if secret in text]
    return [*found, *([NATIONAL] if has_number(text, NATIONAL) else [])]


def history() -> str:
    """Return everything that is kept about what happened, as one text."""
    kept = [
        *CallEvent.objects.values_list("why", "evidence"),
        *CallLog.objects.values_list("status_reason", "ended_reason"),
        *ConsoleState.objects.values_list("sending_paused_reason"),
        *WebhookDelivery.objects.values_list("error", "headers", "matched_by"),
        *LogEntry.objects.values_list("object_repr", "change_message"),
    ]
    return json.dumps(kept, ensure_ascii=False)


@pytest.mark.parametrize("written", WRITTEN)
def test_a_number_is_recognised_in_every_written_form(written: str) -> None:
    assert has_number(f"<p>Call {written} now</p>", NATIONAL)
    assert has_number(f"<a href='tel:{written.replace(' ', '%20')}'>", NATIONAL)
    assert has_number("<b>98765</b>&nbsp;43210", NATIONAL)
    assert not has_number("<p>+91 ••••• •210 at 98765</p><p>4321</p>", NATIONAL)


# --- Log lines and history, while things really happen --------------------------------------------------


def place(client: Client, cast: Cast, **fields: str) -> None:
    """Place a call through the page, with a number as people write it."""
    boss = cast.boss
    client.force_login(boss)
    page = client.get(reverse("admin:calls_calllog_add"))
    data = {
        "form_token": str(page.context["form"]["form_token"].value()),
        "agent": str(cast.agent.pk),
        "phone_number": "098765 43210",
        "country": "IN",
        "person_name": "Asha Rao",
        "call_again": "on",
        "confirm_duplicate": "on",
    }
    client.post(reverse("admin:calls_calllog_add"), data | fields)


REFUSAL = f"number +91 98765 43210 (9876543210) is blocked, see {LINK}, token {{token}}"


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, {"success": True, "data": {"call_id": "c-1", "phone_number": "+919876543210"}}),
        reply(400, {"success": False, "error": REFUSAL.format(token="token-for-tests0"), "details": None}),
        reply(401, {"success": False, "error": "API-Token token-for-tests0 is wrong"}),
        reply(403, {"success": False, "error": "919876543210 may not use the agent"}),
        reply(429, {"error": "slow down, +919876543210"}, Retry_After="5"),
        reply(500, raw=f"<h1>Error for +91-98765-43210 {LINK}</h1>".encode()),
        reply(200, raw=b"\x00 9876543210 not json"),
        hang_up,
    ],
    ids=["accepted", "refused", "token", "agent", "too-fast", "error", "unreadable", "no-answer"],
)
def test_sending_a_call(
    answer: Any,
    rows: Cast,
    osvi_settings: ScriptedServer,
    log: io.StringIO,
    settings: Any,
    transactional_db: None,
) -> None:
    settings.OSVI_API_TOKEN = "token-for-tests0"
    osvi_settings.script(answer)

    dispatch(rows.queued.pk)
    reconcile.reconcile(rows.under_way.pk, even_if_not_due=True)

    rows.queued.refresh_from_db()
    assert rows.queued.status != CallStatus.QUEUED or rows.queued.not_before
    assert leaks(log.getvalue()) == []
    assert leaks(history()) == []


def test_a_connection_that_cannot_be_opened(rows: Cast, log: io.StringIO, transactional_db: None) -> None:
    dispatch(rows.queued.pk)

    assert leaks(log.getvalue()) == []
    assert leaks(history()) == []


def deliver(client: Client, address: str, body: bytes, **headers: str) -> Any:
    return client.post(address, body, content_type="application/json", headers=headers)


def test_taking_deliveries(rows: Cast, client: Client, log: io.StringIO) -> None:
    call = rows.under_way
    own = reverse("webhooks:call", args=[call.webhook_token])
    agents = reverse("webhooks:agents")
    broken = json.dumps(
        {"call_status": "picked", "call_duration": {"a": "+919876543210"}, "recording_url": LINK}
    )
    for address, body, headers in (
        (own, RAW_BODY, {"Authorization": f"Bearer {SECRET}", "X-Original-Uri": own}),
        (own, broken.encode(), {}),
        (own, b"{" + RAW_BODY, {}),
        (own + "x/", RAW_BODY, {"X-Forwarded-Uri": own}),
        (f"{own}more/", RAW_BODY, {}),
        (own.rstrip("/"), RAW_BODY, {}),
        (agents, RAW_BODY, {"Authorization": "Bearer wrong-secret"}),
        (
            agents,
            RAW_BODY,
            {"Authorization": f"Bearer {SECRET}", "Referer": f"https://a.example/?token={SECRET}"},
        ),
        (agents, b"\xff\xfe", {"Authorization": f"Bearer {SECRET}"}),
    ):
        answer = deliver(client, address, body, **headers)
        assert leaks(answer.content.decode()) == [], address
    for delivery in WebhookDelivery.objects.filter(verdict=Verdict.RECEIVED):
        apply(delivery.pk)

    assert leaks(log.getvalue()) == []
    assert leaks(history()) == []


def test_a_delivery_that_breaks_while_it_is_applied(
    rows: Cast, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_over(*_args: Any, **_more: Any) -> None:
        raise RuntimeError(f"+91 98765 43210, {LINK}, {SECRET}, {rows.under_way.webhook_token}")

    monkeypatch.setattr("calls.services.deliveries.record_outcome", fall_over)
    delivery = WebhookDelivery.objects.create(
        route=WebhookRoute.CALL, call=rows.under_way, body=RAW_BODY, verdict=Verdict.RECEIVED
    )

    apply(delivery.pk)

    delivery.refresh_from_db()
    assert delivery.verdict == Verdict.FAILED
    assert "Traceback" in log.getvalue()
    assert leaks(log.getvalue()) == []
    assert leaks(history()) == []


def test_placing_and_playing(
    rows: Cast, client: Client, osvi_settings: ScriptedServer, log: io.StringIO
) -> None:
    osvi_settings.script(
        reply(200, {"success": True, "data": {"recording_url": LINK, "expires_in_seconds": 60}})
    )
    place(client, rows)
    place(client, rows, phone_number="98765 432101")
    client.post(reverse("admin:calls_calllog_recording", args=[rows.finished.pk]))
    client.get(reverse("admin:calls_calllog_recording", args=[rows.finished.pk]))

    assert leaks(log.getvalue()) == []
    assert leaks(history()) == []


def test_every_address_leaves_no_number_in_the_log(rows: Cast, client: Client, log: io.StringIO) -> None:
    """Looked at, and sent a form that is full of what must not be written down."""
    client.force_login(rows.boss)
    form = dict.fromkeys(("text", "q", "name", "phone_number", "corrected", "key"), f"+91 98765 43210 {LINK}")
    for pattern in PAGES:
        for address in pattern.paths():
            client.get(address)
            client.post(address, form)

    assert leaks(log.getvalue()) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_what_its_reader_may_see(
    kind: str, rows: Cast, client: Client, settings: Any, tmp_path: Path, log: io.StringIO
) -> None:
    settings.DATA_DIR = tmp_path
    wanted = {"format": kind, "full_numbers": "on", "with_conversation": "on"}
    for who, hidden in (
        (person_with_all_but("number-blind", "reveal_number"), [NATIONAL]),
        (person_with_all_but("deaf", "view_conversation"), [*SPOKEN, "Wants to come earlier."]),
    ):
        client.force_login(who)
        # What may not be had is refused; the same without it is given.
        for data in (wanted, {"format": kind}):
            answer: Any = client.post(reverse("admin:calls_calllog_export"), data)
            if "attachment" in answer.headers.get("Content-Disposition", ""):
                words = words_of(content_of(answer))
                assert [text for text in hidden if text in words or has_number(words, text)] == []
                assert leaks(words, SIGNATURE) in ([], [NATIONAL])
        assert "attachment" in answer.headers["Content-Disposition"]

    assert leaks(log.getvalue()) == []


def words_of(content: bytes) -> str:
    """Return all text of a CSV or XLSX file."""
    if not content.startswith(b"PK"):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


# --- Error pages ---------------------------------------------------------------------------------------


def _fall_over(request: HttpRequest, number: str) -> HttpResponse:
    call = CallLog.objects.order_by("pk").last()
    assert call is not None
    raise ValueError(f"{number} {call.webhook_token} {django_settings.OSVI_API_TOKEN} {LINK}")


def _refuse(request: HttpRequest, number: str) -> HttpResponse:
    raise PermissionDenied(f"{number} {django_settings.OSVI_API_TOKEN} {LINK}")


urlpatterns = [
    path("fall-over/<str:number>/", _fall_over),
    path("refuse/<str:number>/", _refuse),
    *console_urls.urlpatterns,
]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"/fall-over/+{NATIONAL}/", 500),
        (f"/refuse/+91{NATIONAL}/", 403),
        (f"/nothing/+91 98765 43210/?url={LINK}", 404),
        (f"/admin/calls/nothing/{NATIONAL}/", 404),
    ],
)
def test_error_pages_give_nothing_away(
    address: str, status: int, rows: Cast, settings: Any, log: io.StringIO
) -> None:
    settings.DEBUG = False
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(rows.boss)

    answer = client.get(address, follow=True)

    assert answer.status_code == status or "/admin/" in answer.request["PATH_INFO"]
    # The address itself stands in the browser's own bar; only what is more than that would be told.
    assert leaks(answer.content.decode().replace(address, "")) == []
    assert leaks(log.getvalue()) == []


def test_a_form_without_its_token_gives_nothing_away(rows: Cast, settings: Any, log: io.StringIO) -> None:
    settings.DEBUG = False
    client = Client(enforce_csrf_checks=True)
    client.force_login(rows.boss)

    answer = client.post(
        reverse("admin:calls_calllog_add"), {"phone_number": "+91 98765 43210", "prompt": LINK}
    )

    assert answer.status_code == 403
    assert leaks(answer.content.decode()) == []
    assert leaks(log.getvalue()) == []


# --- Pages ---------------------------------------------------------------------------------------------

PAGES = [pattern for pattern in patterns() if pattern.name not in {"logout", "jsi18n", "view_on_site"}]


def queries_of(pattern: Pattern) -> Iterator[str]:
    """Yield what may follow an address and changes what its page shows."""
    yield ""
    if pattern.name == "calls_calllog_add":
        for pk in CallLog.objects.values_list("pk", flat=True):
            yield f"?again={pk}"
    elif pattern.name.endswith("_changelist") or pattern.name in {
        "calls_webhookdelivery_change",
        "search",
        "search_live",
    }:
        yield "?q=Asha"


def leaking(client: Client, **leaks_in: Callable[[str], Any]) -> dict[str, dict[str, str]]:
    """Return, by what is looked for, the name and an address of every page in which it is found.

    The page is that to which one is led. All is looked for in one walk, for a walk takes half a minute.
    """
    found: dict[str, dict[str, str]] = {what: {} for what in leaks_in}
    for pattern in PAGES:
        for address in (f"{bare}{query}" for bare in pattern.paths() for query in queries_of(pattern)):
            # What was revealed on one page is revealed on others for an hour; here every page is the first.
            Disclosure.objects.all().delete()
            answer: Any = client.get(address, follow=True)
            where = " ".join(step for step, _status in answer.redirect_chain)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            page = f"{where} {answer.headers} {body.decode('utf-8', 'replace')}"
            for what, is_found_in in leaks_in.items():
                if is_found_in(page):
                    found[what][answer.resolver_match.url_name] = address
    return found


def shows_number(page: str) -> bool:
    return has_number(page, NATIONAL)


def number_in_an_address(page: str) -> bool:
    links = re.findall(r"(?:href|action|src|hx-get|hx-post)=\"([^\"]*)\"", page)
    return any(has_number(link, NATIONAL) for link in links)


def test_an_onlooker_sees_no_full_number(rows: Cast, client: Client) -> None:
    seeing = ("view_calllog", "view_webhookdelivery", "view_calltemplate", "view_agent")
    client.force_login(person("onlooker", *seeing))

    assert leaking(client, number=shows_number) == {"number": {}}


def test_nobody_sees_a_full_number_without_the_permission(rows: Cast, client: Client) -> None:
    client.force_login(person_with_all_but("everything-else", "reveal_number"))

    assert leaking(client, number=shows_number) == {"number": {}}


def test_those_who_may_do_everything_see_no_number_unasked_and_no_secret_at_all(
    rows: Cast, client: Client
) -> None:
    """Nor a number in an address: those end up in logs, histories and bookmarks."""
    client.force_login(rows.boss)
    secrets = [secret for secret in secrets_of_the_console() if secret != SIGNATURE]

    found = leaking(
        client,
        number=shows_number,
        number_in_an_address=number_in_an_address,
        secret=lambda page: any(secret in page for secret in secrets),
    )

    assert set(found.pop("number")) - IN_FULL_FOR_THOSE_WHO_MAY == set()
    assert found == {"number_in_an_address": {}, "secret": {}}


def test_no_page_shows_the_conversation_without_the_permission(rows: Cast, client: Client) -> None:
    client.force_login(person_with_all_but("deaf", "view_conversation", "view_technical", "play_recording"))

    said = (*SPOKEN, SIGNATURE, "as-it-came")
    assert leaking(client, said=lambda page: any(words in page for words in said)) == {"said": {}}


def test_no_page_of_consequences_shows_a_full_number(rows: Cast, client: Client) -> None:
    """Every action of every list, on all of its rows."""
    lists = [p for p in PAGES if p.name.startswith("calls_") and p.name.endswith("_changelist")]
    client.force_login(person_with_all_but("everything-else", "reveal_number"))
    tried, found = set(), set()

    for page in (address for pattern in lists for address in pattern.paths()):
        shown = client.get(page)
        chosen = [str(pk) for pk in shown.context["cl"].queryset.values_list("pk", flat=True)]
        for action in re.findall(r"<option value=\"(\w+)\"", _action_select(shown.content.decode())):
            answer = client.post(
                page, {"action": action, "index": "0", "_selected_action": chosen}, follow=True
            )
            tried.add(action)
            if has_number(answer.content.decode(), NATIONAL):
                found.add(action)

    assert {"call_again", "cancel_calls", "replay"} <= tried
    assert found == set()


def _action_select(page: str) -> str:
    found = re.search(r"<select name=\"action\".*?</select>", page, re.DOTALL)
    return found[0] if found else ""
