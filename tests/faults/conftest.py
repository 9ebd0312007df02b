"""What the fault tests share: a simulator over HTTP, an agent, calls by number, and the way to run time on."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from calls.choices import EventSource
from calls.models import Agent, CallLog
from calls.osvi.client import get_client
from calls.services.orders import CallOrder
from calls.services.place import place
from osvi_simulator.agents import AGENTS
from osvi_simulator.server import SimulatorServer
from tests.support.nudges import shared_queue
from tests.support.processes import Worker


@pytest.fixture
def simulator(settings) -> Iterator[SimulatorServer]:
    with SimulatorServer(speed=10, slow_seconds=4) as server:
        settings.OSVI_API_URL = server.url
        settings.OSVI_API_TOKEN = server.api.options.token
        get_client.cache_clear()
        yield server
    get_client.cache_clear()


@pytest.fixture
def agent(transactional_db) -> Agent:
    return Agent.objects.create(agent_uuid=AGENTS[0].agent_id, name=AGENTS[0].name)


@pytest.fixture
def ask_for_call(agent: Agent) -> Callable[..., CallLog]:
    """Place a call to +91 98765 and five more digits, leaving the nudge to the test."""

    def ask(last_digits: str, *, nudge_worker: bool = False, **order: Any) -> CallLog:
        call, _new = place(
            CallOrder(agent=agent, phone_number=f"98765{last_digits:0>5}", country="IN", **order),
            source=EventSource.COMMAND,
            nudge_worker=nudge_worker,
        )
        return call

    return ask


@pytest.fixture
def worker_settings(simulator: SimulatorServer, tmp_path) -> dict[str, Any]:
    """Environment of a worker that talks to the simulator and shares a queue file with this process."""
    return {
        "queue_url": f"sqlite:///{tmp_path / 'queue.sqlite3'}",
        "OSVI_API_URL": simulator.url,
        "OSVI_API_TOKEN": simulator.api.options.token,
        "OSVI_CONNECT_TIMEOUT": "2",
        "OSVI_READ_TIMEOUT": "2",
        "PUBLIC_BASE_URL": "http://127.0.0.1:9",
        "CALL_FIRST_POLL": "0.2",
        "CALL_FAILURES_BEFORE_PAUSE": "1000",
    }


@pytest.fixture
def web(live_server, worker_settings: dict[str, Any]) -> Iterator[str]:
    """Address of a web process that takes webhooks and nudges the workers through their queue."""
    worker_settings["PUBLIC_BASE_URL"] = live_server.url
    with shared_queue(worker_settings["queue_url"]):
        yield live_server.url


@pytest.fixture
def start_worker(worker_settings: dict[str, Any]) -> Iterator[Callable[..., Worker]]:
    started: list[Worker] = []

    def start(**changes: str) -> Worker:
        worker = Worker(**(worker_settings | changes)).start()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.stop()


def let_time_pass(seconds: float = 300) -> None:
    """Make everything that waits look `seconds` older, instead of sleeping."""
    gap = timedelta(seconds=seconds)
    CallLog.objects.filter(sent_at__isnull=False).update(sent_at=F("sent_at") - gap)
    CallLog.objects.filter(not_before__isnull=False).update(not_before=F("not_before") - gap)
    CallLog.objects.update(requested_at=F("requested_at") - gap)
    CallLog.objects.filter(next_poll_at__isnull=False).update(next_poll_at=timezone.now())


assert settings.QUEUE_URL == "memory://", "in this process nudges go nowhere: the tests decide who works"
