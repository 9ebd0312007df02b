"""A simulator at fifty times the speed, a receiver of webhooks, and a caller that places calls at it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from osvi_simulator.agents import AGENTS
from osvi_simulator.options import DEFAULT_TOKEN
from osvi_simulator.server import SimulatorServer

DEADLINE = 10  # seconds until a test gives up waiting


@dataclass
class Received:
    method: str
    path: str
    content_type: str | None
    body: bytes


@dataclass
class Receiver:
    """Answers every webhook with 200 and keeps it."""

    url: str
    deliveries: list[Received] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, number: int) -> list[Received]:
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.deliveries) >= number, timeout=DEADLINE)
            assert arrived, f"{len(self.deliveries)} of {number} webhooks came"
            return list(self.deliveries)


@dataclass
class Caller:
    simulator: SimulatorServer
    token: str = DEFAULT_TOKEN

    def request(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        headers = {"API-Token": self.token} | kwargs.pop("headers", {})
        return requests.request(
            method,
            self.simulator.url + path,
            headers=headers,
            timeout=kwargs.pop("timeout", DEADLINE),
            **kwargs,
        )

    def place(self, digits: str = "50", *, timeout: float = DEADLINE, **fields: Any) -> requests.Response:
        body = {
            "agent_uuid": AGENTS[0].agent_id,
            "phone_number": f"98765432{digits}",
            "country_code": "IN",
            **fields,
        }
        return self.request("POST", "/v1/call", json=body, timeout=timeout)

    def detail(self, call_id: str) -> dict[str, Any]:
        answer = self.request("GET", f"/v1/call/{call_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def until(self, call_id: str, status: str) -> dict[str, Any]:
        """Ask until the call has this status."""
        deadline = time.monotonic() + DEADLINE
        while (call := self.detail(call_id))["status"] != status:
            assert time.monotonic() < deadline, call
        return call


@pytest.fixture(scope="package")
def running() -> Iterator[SimulatorServer]:
    with SimulatorServer(speed=50) as server:
        yield server


@pytest.fixture
def simulator(running: SimulatorServer) -> SimulatorServer:
    running.journal.clear()
    return running


@pytest.fixture
def caller(simulator: SimulatorServer) -> Caller:
    return Caller(simulator)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with kept.changed:
                kept.deliveries.append(Received(self.command, self.path, self.headers["Content-Type"], body))
                kept.changed.notify_all()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """The test reads `deliveries`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield kept
        server.shutdown()
