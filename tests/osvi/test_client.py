"""The client over real HTTP."""

import json
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from calls.osvi import transport
from calls.osvi.client import OsviClient, get_client
from calls.osvi.contract import CallRequest
from calls.osvi.endpoints import LONGEST_RETRY_AFTER
from calls.osvi.errors import (
    AgentRejected,
    NotFound,
    NothingSent,
    OsviError,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TokenRejected,
    Unavailable,
)
from calls.osvi.outcomes import NewsSource, Turn
from tests.osvi.http_server import (
    Answer,
    ScriptedServer,
    cut_off,
    hang_up,
    reply,
    reset,
    serve,
    stay_silent,
    trickle,
)
from tests.payloads import load, names

TOKEN = "tok-0123456789ab"
REQUEST = CallRequest(
    agent_uuid="agent_one", phone_number="9876543210", country_code="IN", person_name="John Doe"
)
ACCEPTED = reply(200, {"success": True, "data": {"call_id": "call_abc123xyz"}})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serve() as scripted:
        yield scripted


def client_for(url: str) -> OsviClient:
    return OsviClient(url, TOKEN, connect_timeout=1.0, read_timeout=0.4)


@pytest.fixture
def client(server: ScriptedServer) -> OsviClient:
    return client_for(server.url)


def failure_of_placing(client: OsviClient) -> OsviError:
    with pytest.raises(OsviError) as caught:
        client.place_call(REQUEST)
    assert TOKEN not in f"{caught.value} {caught.value.evidence}"
    return caught.value


# --- Placing ----------------------------------------------------------------------------------


def test_it_sends_the_contract_body_once_with_the_token(server, client):
    server.script(ACCEPTED)
    placed = client.place_call(REQUEST)
    assert placed.call_id == "call_abc123xyz"
    assert placed.evidence["status"] == 200
    assert placed.evidence["elapsed_ms"] >= 0
    [received] = server.received
    assert (received.method, received.path) == ("POST", "/v1/call")
    assert received.headers["API-Token"] == TOKEN
    assert received.headers["Content-Type"] == "application/json"
    assert json.loads(received.body) == REQUEST.body()


@pytest.mark.parametrize("name", ["place/200_v1", "place/200_oldest_edition"])
def test_it_reads_the_call_id_of_both_editions(server, client, name):
    server.script(reply(200, load(name)))
    assert client.place_call(REQUEST).call_id == "call_abc123xyz"


def test_a_201_with_a_call_id_is_accepted(server, client):
    server.script(reply(201, load("place/200_v1")))
    assert client.place_call(REQUEST).call_id == "call_abc123xyz"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (422, Rejected),
        (401, TokenRejected),
        (403, AgentRejected),
        (404, AgentRejected),
        (429, RateLimited),
        (409, OutcomeUnknown),
        (302, OutcomeUnknown),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (503, OutcomeUnknown),
    ],
)
def test_each_status_has_its_type(server, client, status, kind):
    server.script(reply(status, {"success": False, "error": "The vendor's own words"}))
    error = failure_of_placing(client)
    assert type(error) is kind
    assert error.status == error.evidence["status"] == status
    assert "vendor's own words" in error.evidence["body"]
    assert len(server.received) == 1


@pytest.mark.parametrize("name", names("errors"))
def test_every_error_envelope_shows_the_vendors_words(server, client, name):
    body = load(name)
    server.script(reply(400, body))
    error = body.get("error")
    words = error["message"] if isinstance(error, dict) else error or body.get("message")
    assert str(failure_of_placing(client)).endswith(words or "; ".join(body["errors"]))


def test_a_refusal_without_json_shows_the_status(server, client):
    server.script(reply(400, raw=b"<html>no</html>"))
    error = failure_of_placing(client)
    assert type(error) is Rejected
    assert str(error).endswith("HTTP 400")


def test_a_refusal_whose_body_breaks_off_is_still_a_refusal(server, client):
    server.script(cut_off(403, b'{"succ'))
    assert type(failure_of_placing(client)) is AgentRejected


def test_a_200_that_says_no_is_a_refusal(server, client):
    server.script(reply(200, load("place/200_success_false")))
    error = failure_of_placing(client)
    assert type(error) is Rejected
    assert str(error).endswith("No trunk is connected")


def test_a_200_that_says_no_but_names_a_call_is_a_call(server, client):
    server.script(reply(200, {"success": False, "data": {"call_id": "call_1"}}))
    assert client.place_call(REQUEST).call_id == "call_1"


@pytest.mark.parametrize(
    "answer",
    [
        hang_up,
        reset,
        stay_silent,
        trickle,
        cut_off(200, b'{"success": true, "data": {"call_id": "call_1"}}'),
        reply(200, raw=b"<html>welcome</html>"),
        reply(200, raw=b""),
        reply(200, raw=b"\xff\xfe\x00"),
        reply(200, raw=b"[" * 200_000),
        reply(200, []),
        reply(200, {"success": True}),
        reply(200, {"success": True, "data": {"call_id": ""}}),
        reply(200, {"success": True, "data": ["call_1"]}),
        reply(200, {"data": {"call_id": "x" * 300}}),
        reply(307, raw=b"", Location="/v1/call"),
    ],
)
def test_a_lost_or_unreadable_answer_is_unknown_and_never_repeated(server, client, answer: Answer):
    server.script(answer, ACCEPTED)
    error = failure_of_placing(client)
    assert type(error) is OutcomeUnknown
    assert "ringing" in str(error)
    assert len(server.received) == 1


def test_a_time_out_names_the_seconds(server, client):
    server.script(stay_silent)
    assert str(failure_of_placing(client)) == (
        "OSVI did not answer within 0.4 seconds. The call may be ringing."
    )


def test_a_huge_answer_is_not_read_to_its_end(server, client, monkeypatch):
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 100_000)
    body = b'{"data": {"call_id": "call_1"}, "x": "' + b"x" * 2_000_000 + b'"}'
    server.script(reply(200, raw=body))
    error = failure_of_placing(client)
    assert type(error) is OutcomeUnknown
    assert len(error.evidence["body"]) == transport.EXCERPT_CHARACTERS


def test_a_refused_connection_sent_nothing():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = failure_of_placing(client_for(f"http://127.0.0.1:{port}"))
    assert type(error) is NothingSent
    assert "refused" in error.evidence["failure"]


def test_a_name_that_does_not_resolve_sent_nothing():
    assert type(failure_of_placing(client_for("http://osvi.invalid"))) is NothingSent


def test_a_connection_that_cannot_be_opened_in_time_sent_nothing():
    # A full accept queue that nobody empties: further connection attempts get no answer.
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = OsviClient(url, TOKEN, connect_timeout=0.3, read_timeout=0.3)
        assert type(failure_of_placing(client)) is NothingSent


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("nonsense", TOKEN),
        ("ftp://127.0.0.1", TOKEN),
        ("http://127.0.0.1:1", f"{TOKEN}\n"),
        ("http://", TOKEN),
    ],
)
def test_settings_that_make_no_request_sent_nothing(url, token):
    client = OsviClient(url, token, connect_timeout=0.3, read_timeout=0.3)
    assert type(failure_of_placing(client)) is NothingSent


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("999999", LONGEST_RETRY_AFTER),
        ("inf", LONGEST_RETRY_AFTER),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0),
    ],
)
def test_retry_after(server, client, header, seconds):
    server.script(reply(429, {"error": "slow down"}, Retry_After=header))
    error = failure_of_placing(client)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_retry_after_as_a_date(server, client):
    moment = datetime.now(UTC) + timedelta(seconds=120)
    server.script(reply(429, None, Retry_After=format_datetime(moment, usegmt=True)))
    error = failure_of_placing(client)
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert 110 <= error.retry_after <= 120


def test_evidence_and_words_hold_no_token_and_no_link(server, client):
    link = "https://recordings.example.com/a.mp4?X-Amz-Signature=secret"
    server.script(reply(400, {"error": f"Token {TOKEN} may not use {link}\u0000", "url": link}))
    error = failure_of_placing(client)
    assert "Amz" not in f"{error} {error.evidence}"
    assert "\x00" not in f"{error} {error.evidence}"
    assert "[link removed]" in str(error)


def test_the_token_is_not_in_the_repr_nor_in_the_frames_of_an_error(client, server):
    server.script(hang_up)
    assert TOKEN not in repr(client)
    assert repr(client) == f"OsviClient('{server.url}')"
    with pytest.raises(OutcomeUnknown) as caught:
        client.place_call(REQUEST)
    assert caught.value.__suppress_context__
    ours = [frame for frame in traceback.walk_tb(caught.tb) if frame[0].f_code.co_filename != __file__]
    assert ours
    assert all(TOKEN not in repr(frame.f_locals) for frame, _ in ours)


def test_data_that_json_cannot_hold_is_refused_before_anything_is_sent(server, client):
    server.script(ACCEPTED)
    request = REQUEST.model_copy(update={"additional_data": {"x": float("nan")}})
    with pytest.raises(Rejected, match="was not sent"):
        client.place_call(request)
    assert server.received == []


# --- Connections ------------------------------------------------------------------------------


def test_a_busy_thread_keeps_its_connection(server, client):
    server.script(ACCEPTED)
    client.place_call(REQUEST)
    client.place_call(REQUEST)
    assert len({received.connection for received in server.received}) == 1


def test_a_rested_connection_is_not_used_again(server, client, monkeypatch):
    server.script(ACCEPTED)
    client.place_call(REQUEST)
    monkeypatch.setattr(transport, "IDLE_SECONDS", -1.0)
    client.place_call(REQUEST)
    assert len({received.connection for received in server.received}) == 2


def test_each_thread_has_its_own_connection(server, client):
    server.script(ACCEPTED)
    client.place_call(REQUEST)
    thread = threading.Thread(target=client.place_call, args=(REQUEST,))
    thread.start()
    thread.join()
    assert len({received.connection for received in server.received}) == 2


def test_a_forked_process_does_not_share_the_connection(server, client, monkeypatch):
    server.script(ACCEPTED)
    client.place_call(REQUEST)
    monkeypatch.setattr("calls.osvi.transport.os.getpid", lambda: -1)
    client.place_call(REQUEST)
    assert len({received.connection for received in server.received}) == 2


def test_a_trickling_answer_ends_at_the_read_time_limit(server, client):
    server.script(trickle)
    started = time.monotonic()
    failure_of_placing(client)
    assert time.monotonic() - started < 2


# --- Reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapped", [False, True])
def test_active_agents(server, client, wrapped):
    agents = load("get/active_agents")
    server.script(reply(200, {"success": True, "data": agents} if wrapped else agents))
    found = client.active_agents()
    assert [(agent.agent_id, agent.name, agent.status) for agent in found] == [
        ("agent_IsZ3Q6Sf_60Eh26XQMGbz-R_og", "Reminders", "active"),
        ("agent_two", "Feedback", "active"),
    ]
    assert server.received[0].path == "/v1/active_agents"


def test_agents_without_an_id_and_strange_items_are_left_out(server, client):
    server.script(reply(200, [{"name": "x"}, None, 3, {"agent_id": "agent_a", "name": None}]))
    assert [agent.agent_id for agent in client.active_agents()] == ["agent_a"]


def test_list_calls(server, client):
    server.script(reply(200, load("get/calls")))
    page = client.list_calls(agent_uuid="agent_one", phone_number="+919876543210", page=2)
    assert page.total_pages == 3
    assert [outcome.status for outcome in page.outcomes] == ["picked", "not_picked"]
    assert server.received[0].path == (
        "/v1/calls?agent_uuid=agent_one&phone_number=%2B919876543210&page=2&per_page=100"
    )


def test_list_calls_tolerates_a_bare_array_and_strange_items(server, client):
    server.script(reply(200, [{"call_id": "call_1"}, None, "x"]))
    page = client.list_calls()
    assert [outcome.call_id for outcome in page.outcomes] == ["call_1"]
    assert page.total_pages == 1


def test_get_call_quotes_the_id(server, client):
    server.script(reply(200, load("get/call")))
    outcome = client.get_call("a/../b?c")
    assert outcome.source is NewsSource.POLL
    assert outcome.summary == "The appointment was confirmed."
    assert server.received[0].path == "/v1/call/a%2F..%2Fb%3Fc"


def test_get_transcript(server, client):
    server.script(reply(200, load("get/transcript")), reply(200, load("get/transcript_empty")))
    turns, raw = client.get_transcript("call_1")
    assert turns == (
        Turn("agent", "Hello, this is a reminder.", "2026-06-01T10:00:13+05:30"),
        Turn("person", "Yes, I will come."),
    )
    assert raw == load("get/transcript")["data"]["transcript"]
    assert client.get_transcript("call_1") == ((), [])
    assert server.received[0].path == "/v1/call/call_1/transcript"


def test_get_recording_hides_its_link(server, client):
    server.script(reply(200, load("get/recording")))
    recording = client.get_recording("call_1")
    assert recording.url.startswith("https://recordings.example.com/a.mp4?")
    assert recording.expires_in_seconds == 900
    assert "recordings" not in repr(recording)


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "https://", "http://[bad"])
def test_a_recording_without_a_web_address_is_none(server, client, url):
    server.script(reply(200, {"success": True, "data": {"recording_url": url}}))
    with pytest.raises(NotFound):
        client.get_recording("call_1")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(401, load("errors/401_error")), TokenRejected),
        (reply(403, load("errors/403_error")), Rejected),
        (reply(404, load("get/404_not_found")), NotFound),
        (reply(422, load("errors/422_errors_list")), Rejected),
        (reply(429, {"error": "slow"}), RateLimited),
        (reply(500, {"error": "oops"}), Unavailable),
        (reply(302, raw=b"", Location="/elsewhere"), Unavailable),
        (reply(200, raw=b"<html>"), Unavailable),
        (reply(200, {"success": False, "error": "no"}), Rejected),
        (reply(200, {"success": True, "data": [1]}), Unavailable),
        (reply(200, 5), Unavailable),
        (cut_off(200, b"{}"), Unavailable),
        (stay_silent, Unavailable),
        (hang_up, Unavailable),
        (reset, Unavailable),
    ],
)
def test_failures_of_reading(server, client, answer, kind):
    server.script(answer)
    with pytest.raises(OsviError) as caught:
        client.get_call("call_1")
    assert type(caught.value) is kind
    assert len(server.received) == 1


def test_reading_from_a_closed_port_sent_nothing():
    with pytest.raises(NothingSent):
        client_for("http://127.0.0.1:1").active_agents()


def test_get_client_reads_the_settings(settings, server):
    settings.OSVI_API_URL, settings.OSVI_API_TOKEN = server.url, TOKEN
    server.script(ACCEPTED)
    get_client.cache_clear()
    try:
        assert get_client() is get_client()
        get_client().place_call(REQUEST)
    finally:
        get_client.cache_clear()
    assert server.received[0].headers["API-Token"] == TOKEN
