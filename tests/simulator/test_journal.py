"""The journal, the rings and the settings over HTTP."""

import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests

from osvi_simulator.options import DEFAULT_TOKEN
from osvi_simulator.server import SimulatorServer
from tests.simulator.conftest import Caller, Receiver

NUMBER = "+919876543250"


@pytest.fixture
def changeable() -> Iterator[Caller]:
    """A caller at a simulator whose settings the test may change."""
    with SimulatorServer(speed=50) as simulator:
        yield Caller(simulator)


def test_every_request_is_entered(caller: Caller):
    call_id = caller.place("50").json()["data"]["call_id"]
    caller.request("GET", f"/v1/call/{call_id}")
    caller.place("22", phone_number="12")
    caller.request("GET", "/v1/calls?page=1", headers={"API-Token": "wrong-token-0000"})
    entries = caller.request("GET", "/_simulator/journal").json()["requests"]
    assert [(entry["method"], entry["path"], entry["status"], entry["rang"]) for entry in entries] == [
        ("POST", "/v1/call", 200, True),
        ("GET", f"/v1/call/{call_id}", 200, False),
        ("POST", "/v1/call", 400, False),
        ("GET", "/v1/calls?page=1", 401, False),
    ]
    assert entries[0]["body"]["phone_number"] == "9876543250"
    assert entries[0]["token"].endswith(DEFAULT_TOKEN[-4:])
    assert DEFAULT_TOKEN not in str(entries)


def test_journal_of_one_number(caller: Caller):
    caller.place("50")
    caller.place("51")
    for phone in ("%2B919876543250", NUMBER):
        entries = caller.request("GET", f"/_simulator/journal?phone={phone}").json()["requests"]
        assert [entry["phone"] for entry in entries] == [NUMBER]


def test_rings_are_counted_per_number_and_cleared(caller: Caller):
    for digits in ("50", "50", "51", "31"):
        caller.place(digits)
    assert caller.request("GET", "/_simulator/rings").json() == {NUMBER: 2, "+919876543251": 1}
    assert caller.request("DELETE", "/_simulator/journal").status_code == 200
    assert caller.request("GET", "/_simulator/rings").json() == {}
    assert caller.request("GET", "/_simulator/journal").json() == {"requests": [], "webhooks": []}


def test_rings_are_exact_under_load(caller: Caller):
    def place_some() -> None:
        for _ in range(20):
            caller.place("50")

    threads = [threading.Thread(target=place_some) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert caller.simulator.rings(NUMBER) == 160
    assert sum(entry.rang for entry in caller.simulator.journal.requests) == 160


def test_webhooks_are_entered_with_the_answer(changeable: Caller, receiver: Receiver):
    changeable.place("50", webhook_url=receiver.url)
    receiver.wait_for(1)
    changeable.simulator.stop()
    [entry] = changeable.simulator.journal.webhooks
    assert (entry.phone, entry.status, entry.error, entry.url) == (NUMBER, 200, "", receiver.url)


def test_a_webhook_that_nobody_takes_is_entered_once(caller: Caller):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    caller.place("16", webhook_url=f"http://127.0.0.1:{port}/hook")
    [entry] = caller.simulator.journal.webhooks
    assert entry.status is None
    assert "ConnectionError" in entry.error


def set_up(caller: Caller, **settings: object) -> requests.Response:
    return caller.request("POST", "/_simulator/settings", json=settings)


def test_down_and_up_again(changeable: Caller):
    assert set_up(changeable, down=True).status_code == 200
    assert changeable.place("50").status_code == 503
    assert changeable.simulator.rings(NUMBER) == 0
    set_up(changeable, down=False)
    assert changeable.place("50").status_code == 200


def test_the_token_can_change(changeable: Caller):
    assert "another-token-00" not in set_up(changeable, token="another-token-00").text
    assert changeable.place("50").status_code == 401
    changeable.token = "another-token-00"
    assert changeable.place("50").status_code == 200


def test_latency_holds_the_answer_back_but_not_the_ring(changeable: Caller):
    set_up(changeable, latency_ms=5000)
    with pytest.raises(requests.ReadTimeout):
        changeable.place("50", timeout=0.3)
    assert changeable.simulator.rings(NUMBER) == 1


@pytest.mark.parametrize("settings", [{"unknown": 1}, {"speed": 0}, {"latency_ms": -1}, {"down": "yes"}])
def test_a_wrong_setting_changes_nothing(settings: dict[str, object], caller: Caller):
    before = caller.simulator.api.options
    assert set_up(caller, **settings).status_code == 400
    assert caller.simulator.api.options == before


def test_settings_not_named_stay(changeable: Caller):
    changeable.simulator.configure(slow_seconds=3)
    assert set_up(changeable, latency_ms=1).json()["data"] == {
        "speed": 50,
        "latency_ms": 1,
        "slow_seconds": 3,
        "down": False,
    }


def test_an_answer_held_back_is_never_given_once_the_simulator_stops():
    simulator = SimulatorServer(slow_seconds=60)
    simulator.start()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(Caller(simulator).place, "23")
        while simulator.rings("+919876543223") == 0:
            assert not answer.done()
        simulator.stop()
        assert isinstance(answer.exception(timeout=5), requests.ConnectionError)


def test_a_connection_serves_many_requests_and_ends_with_the_simulator():
    with SimulatorServer() as simulator:
        connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=10)
        for _ in range(3):
            connection.request("GET", "/v1/active_agents", headers={"API-Token": DEFAULT_TOKEN})
            assert connection.getresponse().read().startswith(b"[")
            kept = connection.sock
        assert kept is connection.sock
    assert kept.recv(1) == b""
    connection.close()
