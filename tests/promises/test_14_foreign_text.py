"""Promise 14: text from outside is shown as text everywhere, and does nothing in spreadsheets."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from calls.choices import CallStatus, Verdict
from calls.models import Agent, CallLog, Transcript, WebhookDelivery
from calls.osvi.client import OsviClient
from calls.services.agents import sync_agents
from calls.services.deliveries import apply
from tests.browser.cast import Cast
from tests.osvi.http_server import ScriptedServer, reply
from tests.promises.hostile import FORMULA, HOSTILE, LONG, MARK, TEXT, make_hostile, read
from tests.promises.walk import make_rows, patterns
from tests.support.spreadsheets import content_of

# What pages say depends on no database.
pytestmark = [pytest.mark.django_db, pytest.mark.looks]

PAGES = [pattern for pattern in patterns() if pattern.name not in {"logout", "view_on_site"}]
# What begins a formula in a spreadsheet.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture
def rows(client: Client) -> Cast:
    cast = make_rows()
    make_hostile(cast)
    client.force_login(cast.boss)
    return cast


def born_on(client: Client, address: str, data: dict[str, Any] | None = None) -> list[str]:
    """Return elements, attributes and scripts on a page that were made from hostile text."""
    answer: Any = client.post(address, data, follow=True) if data else client.get(address, follow=True)
    if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
        return []
    return read(answer.content.decode()).born


def test_every_page_shows_it_as_text(rows: Cast, client: Client, subtests: pytest.Subtests) -> None:
    seen = set()
    for pattern in PAGES:
        for address in pattern.paths():
            with subtests.test(address=address):
                assert born_on(client, address) == []
                answer: Any = client.get(address)
                if not answer.streaming and MARK in answer.content.decode("utf-8", "replace"):
                    seen.add(pattern.name)

    # The walk means something only where the text is.
    assert {
        "index",
        "calls_calllog_changelist",
        "calls_calllog_change",
        "calls_webhookdelivery_change",
    } <= seen
    assert {"calls_calltemplate_change", "calls_agent_change", "calls_calllog_add"} <= seen
    assert {"calls_calllist_changelist", "calls_calllist_change", "calls_calllist_people"} <= seen
    assert {"calls_calllist_preview", "calls_calllist_person", "calls_calllist_edit_person"} <= seen


def test_every_page_of_consequences_shows_it_as_text(
    rows: Cast, client: Client, subtests: pytest.Subtests
) -> None:
    for name in ("calllog", "calltemplate", "agent", "webhookdelivery"):
        page = reverse(f"admin:calls_{name}_changelist")
        shown = client.get(page)
        chosen = [str(pk) for pk in shown.context["cl"].queryset.values_list("pk", flat=True)]
        for action, _words in shown.context["action_form"].fields["action"].choices:
            if action:
                with subtests.test(page, action=action):
                    data = {"action": action, "index": "0", "_selected_action": chosen}
                    assert born_on(client, page, data) == []


@pytest.mark.parametrize("query", [HOSTILE, f"%22%3E%3C{MARK}%3E", TEXT, LONG * 20])
def test_what_stands_in_an_address_is_shown_as_text(query: str, rows: Cast, client: Client) -> None:
    for name in ("calls_calllog_changelist", "calls_calltemplate_changelist", "calls_agent_changelist"):
        for parameter in ("q", "status", "e", "_changelist_filters"):
            answer = client.get(reverse(f"admin:{name}"), {parameter: query}, follow=True)
            assert answer.status_code < 500
            assert read(answer.content.decode()).born == []
    answer = client.get(reverse("admin:login"), {"next": query})
    assert read(answer.content.decode()).born == []


@pytest.mark.parametrize("typed", [TEXT, FORMULA, "\x00", "\ud800", f"{{{{ {MARK} }}}}"])
def test_what_was_typed_comes_back_as_text(typed: str, rows: Cast, client: Client) -> None:
    """Refused or taken, but never a breach and never a fault."""
    names = (
        "phone_number",
        "person_name",
        "greeting",
        "prompt",
        "country",
        "agent",
        "scheduled_for",
        "template",
    )
    data = {name: typed.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for name in names}

    for address in (reverse("admin:calls_calllog_add"), reverse("admin:calls_calltemplate_add")):
        answer = client.post(address, data)
        assert answer.status_code < 500
        assert read(answer.content.decode()).born == []


def test_the_page_is_under_the_content_policy(rows: Cast, client: Client) -> None:
    for name in ("index", "calls_calllog_changelist", "calls_calllog_add"):
        policy = client.get(reverse(f"admin:{name}")).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy


# --- By the doors through which it comes ---------------------------------------------------------------


@pytest.mark.parametrize("words", [TEXT, FORMULA, LONG * 500, "\\u0000", "\\ud800", "\\u202eabc"])
def test_a_delivery_brings_it_in(words: str, rows: Cast, client: Client) -> None:
    call = rows.under_way
    CallLog.objects.filter(pk=call.pk).update(outcome="")
    escaped = words if words.startswith("\\u") else json.dumps(words)[1:-1]
    body = (
        '{"call_status": "picked", "summary": "%s", "tag": "%s", "chat": [{"role": "user", "content": "%s"}],'
        ' "extracted_data": {"%s": "%s"}, "call_ended_by": "%s"}'
    ) % ((escaped,) * 6)

    address = reverse("webhooks:call", args=[call.webhook_token])
    answer = client.post(address, body.encode(), content_type="application/json", headers={"X-Note": TEXT})
    assert answer.status_code == 200
    for delivery in WebhookDelivery.objects.filter(verdict=Verdict.RECEIVED):
        assert apply(delivery.pk) == Verdict.APPLIED

    call.refresh_from_db()
    assert call.status == CallStatus.FINISHED
    assert "\x00" not in call.summary
    delivery = WebhookDelivery.objects.latest("pk")
    for page in (
        reverse("admin:calls_calllog_change", args=[call.pk]),
        reverse("admin:calls_webhookdelivery_change", args=[delivery.pk]),
        reverse("admin:calls_calllog_changelist"),
    ):
        assert client.get(page).status_code == 200
        assert born_on(client, page) == []


def test_an_agents_name_brings_it_in(
    rows: Cast, client: Client, osvi: ScriptedServer, osvi_client: OsviClient
) -> None:
    osvi.script(reply(200, {"data": [{"agent_id": f"agent_{MARK}", "name": TEXT[:200], "status": "active"}]}))

    sync_agents(client=osvi_client)

    agent = Agent.objects.get(agent_uuid=f"agent_{MARK}")
    for page in (
        reverse("admin:calls_agent_changelist"),
        reverse("admin:calls_agent_change", args=[agent.pk]),
        reverse("admin:calls_calllog_add"),
    ):
        assert MARK in client.get(page).content.decode()
        assert born_on(client, page) == []


def test_braces_in_a_name_are_no_placeholders(rows: Cast, client: Client) -> None:
    braces = "{{ appointment_date }} {% now 'Y' %}"
    CallLog.objects.filter(pk=rows.finished.pk).update(person_name=braces)
    Transcript.objects.filter(call=rows.finished).update(
        turns=[{"speaker": "person", "text": braces}], text=braces
    )

    page = read(client.get(reverse("admin:calls_calllog_change", args=[rows.finished.pk])).content.decode())

    assert any(braces in words for words in page.shown)


# --- Spreadsheets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_cell_of_an_export_is_a_formula(
    kind: str, rows: Cast, client: Client, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    CallLog.objects.update(person_name=FORMULA, tag="@SUM(A1)", ended_by="+1", summary="-2+3\r\n=1")
    Agent.objects.update(name="\t=1+1")
    wanted = {"format": kind, "full_numbers": "on", "with_conversation": "on"}

    answer = client.post(reverse("admin:calls_calllog_export"), wanted)

    assert answer.status_code == 200
    content = content_of(answer)
    assert formulas(content) == []
    assert "HYPERLINK(" in (content.decode() if kind == "csv" else words_of_book(content))


def formulas(content: bytes) -> list[str]:
    """Return the cells of a CSV or XLSX file that a spreadsheet would reckon with."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
            return [name for name in sheets if b"<f>" in book.read(name) or b"<f " in book.read(name)]
    cells = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    return [cell for row in cells for cell in row if cell.startswith(FORMULA_SIGNS)]


def words_of_book(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


def test_the_check_of_files_finds_formulas() -> None:
    assert formulas(b"a,=1+1\r\n") == ["=1+1"]
    assert formulas(b"\xef\xbb\xbfname\r\n'=1+1\r\n") == []


# --- The check itself ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{HOSTILE}</p>",
        f"<{MARK}-element>",
        f'<p title="" {MARK}a=1>',
        '<a href="javascript:alert(1)">',
        '<p onclick="x()">',
        f"<!-- {MARK} -->",
        f"<script>let words = '{MARK}';</script>",
    ],
)
def test_the_check_finds_what_broke_out(page: str) -> None:
    assert read(page).born


def test_the_check_lets_text_pass() -> None:
    assert read(f"<p title='&quot; {MARK}a=1'>&lt;script {MARK}&gt;</p>").born == []
