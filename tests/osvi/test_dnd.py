"""OSVI's do-not-call list over real HTTP."""

import json
from datetime import UTC, datetime

import pytest

from calls.osvi.client import OsviClient
from calls.osvi.errors import (
    AgentRejected,
    NotFound,
    NothingSent,
    OsviError,
    RateLimited,
    Rejected,
    TokenRejected,
    Unavailable,
)
from tests.conftest import NUMBER, TOKEN
from tests.osvi.http_server import Answer, ScriptedServer, cut_off, hang_up, reply, reset, stay_silent
from tests.payloads import load

ENTERED = reply(201, {"success": True, "data": {"id": 12, "agent_uuid": "agent_one", "phone": NUMBER}})
REMOVED = reply(200, {"success": True, "message": "Phone removed from DND list"})
REFUSALS = [
    (reply(400, load("errors/400_error_details_null")), Rejected),
    (reply(401, load("errors/401_error")), TokenRejected),
    (reply(403, load("errors/403_error")), AgentRejected),
    (reply(409, {"success": False, "errors": ["Phone has already been taken"]}), Rejected),
    (reply(422, load("errors/422_errors_list")), Rejected),
    (reply(200, {"success": False, "error": "no"}), Rejected),
]
UNCERTAIN = [
    reply(200, raw=b"<html>welcome</html>"),
    cut_off(200, b'{"success"'),
    cut_off(200, b""),
    reply(302, raw=b"", Location="/elsewhere"),
    reply(408, raw=b""),
    reply(500, {"success": False, "error": "oops"}),
    reply(503, raw=b"<html>"),
    stay_silent,
    hang_up,
    reset,
]


@pytest.fixture
def client(osvi: ScriptedServer) -> OsviClient:
    return OsviClient(osvi.url, TOKEN, connect_timeout=1.0, read_timeout=0.4)


def change(client: OsviClient, method: str) -> None:
    if method == "POST":
        client.add_dnd("agent_one", NUMBER, "Asked not to be called")
    else:
        client.remove_dnd("agent_one", NUMBER)


def failure_of(client: OsviClient, method: str) -> OsviError:
    with pytest.raises(OsviError) as caught:
        change(client, method)
    assert NUMBER[3:] not in f"{caught.value} {caught.value.evidence}"
    return caught.value


def test_a_number_is_added(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(ENTERED)

    client.add_dnd("agent_one", NUMBER, "Asked not to be called")

    [received] = osvi.received
    assert (received.method, received.path) == ("POST", "/v1/dnd_numbers")
    assert (received.headers["API-Token"], received.headers["Content-Type"]) == (TOKEN, "application/json")
    assert json.loads(received.body) == {
        "agent_uuid": "agent_one",
        "phone": NUMBER,
        "reason": "Asked not to be called",
    }


def test_no_reason_is_not_sent(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(ENTERED)

    client.add_dnd("agent_one", NUMBER)

    assert json.loads(osvi.received[0].body) == {"agent_uuid": "agent_one", "phone": NUMBER}


def test_a_number_is_removed_by_parameters_whose_plus_arrives(
    osvi: ScriptedServer, client: OsviClient
) -> None:
    osvi.script(REMOVED)

    client.remove_dnd("agent_one", NUMBER)

    [received] = osvi.received
    assert (received.method, received.body) == ("DELETE", b"")
    assert received.path == f"/v1/dnd_numbers?agent_uuid=agent_one&phone=%2B{NUMBER[1:]}"


def test_a_number_that_is_gone_already_is_no_error(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(reply(404, load("get/404_not_found")))

    client.remove_dnd("agent_one", NUMBER)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("answer", [reply(200, []), reply(200, {}), reply(204, raw=b"")])
def test_every_2xx_that_does_not_deny_it_is_done(
    osvi: ScriptedServer, client: OsviClient, answer: Answer, method: str
) -> None:
    osvi.script(answer)

    change(client, method)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(("answer", "kind"), REFUSALS)
def test_a_refusal_is_final(
    osvi: ScriptedServer, client: OsviClient, answer: Answer, kind: type[OsviError], method: str
) -> None:
    osvi.script(answer)

    assert type(failure_of(client, method)) is kind


def test_an_unknown_agent_is_told_from_a_number_that_is_gone(
    osvi: ScriptedServer, client: OsviClient
) -> None:
    osvi.script(reply(404, load("get/404_not_found")))

    assert type(failure_of(client, "POST")) is AgentRejected


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("answer", UNCERTAIN)
def test_everything_else_may_be_sent_again_and_is_not_by_itself(
    osvi: ScriptedServer, client: OsviClient, answer: Answer, method: str
) -> None:
    osvi.script(answer)

    error = failure_of(client, method)

    assert type(error) is Unavailable
    assert "Nothing was changed" not in str(error)
    assert len(osvi.received) == 1


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_too_many_requests(osvi: ScriptedServer, client: OsviClient, method: str) -> None:
    osvi.script(reply(429, {"error": "slow down"}, Retry_After="7"))

    error = failure_of(client, method)

    assert isinstance(error, RateLimited)
    assert error.retry_after == 7


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_closed_port_sent_nothing(method: str) -> None:
    client = OsviClient("http://127.0.0.1:1", TOKEN, connect_timeout=1.0, read_timeout=0.4)

    assert type(failure_of(client, method)) is NothingSent


def test_a_number_in_the_vendors_words_is_masked(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(reply(422, {"success": False, "errors": [f"Phone {NUMBER} has already been taken"]}))

    assert str(failure_of(client, "POST")).endswith("Phone +…10 has already been taken")


def test_a_page_of_the_list(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(reply(200, load("get/dnd_numbers")))

    page = client.list_dnd("agent_one", search="+9198", page=2)

    assert [(entry.id, entry.phone, entry.reason) for entry in page.entries] == [
        ("12", NUMBER, "Asked not to be called"),
        ("11", "+919876543211", ""),
    ]
    assert page.entries[0].created_at == datetime(2026, 6, 1, 4, 30, tzinfo=UTC)
    assert page.total_pages == 3
    assert osvi.received[0].path == (
        "/v1/dnd_numbers?agent_uuid=agent_one&search=%2B9198&page=2&per_page=100"
    )
    assert NUMBER not in repr(page)


@pytest.mark.parametrize(
    "data", [[{"id": 1}, None, 7, {"phone": "x" * 300}, {"phone": NUMBER, "created_at": 5, "id": {}}]]
)
@pytest.mark.parametrize("wrapped", [True, False])
def test_strange_entries_are_left_out(
    osvi: ScriptedServer, client: OsviClient, data: list[object], wrapped: bool
) -> None:
    osvi.script(reply(200, {"data": data, "meta": {"total_pages": "many"}} if wrapped else data))

    page = client.list_dnd("agent_one")

    assert [(entry.id, entry.phone, entry.created_at) for entry in page.entries] == [("", NUMBER, None)]
    assert page.total_pages == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(401, load("errors/401_error")), TokenRejected),
        (reply(404, load("get/404_not_found")), NotFound),
        (reply(500, {"error": "oops"}), Unavailable),
        (reply(200, {"success": True, "data": {}}), Unavailable),
        (hang_up, Unavailable),
    ],
)
def test_failures_of_reading(
    osvi: ScriptedServer, client: OsviClient, answer: Answer, kind: type[OsviError]
) -> None:
    osvi.script(answer)

    with pytest.raises(OsviError) as caught:
        client.list_dnd("agent_one")

    assert type(caught.value) is kind
