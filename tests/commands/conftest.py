from collections.abc import Iterator
from typing import Any

import pytest

from calls.models import Agent
from calls.osvi.client import get_client
from osvi_simulator.agents import AGENTS
from osvi_simulator.server import SimulatorServer
from tests.commands.vendor import TOKEN, VendorServer, vendor_server
from tests.osvi.http_server import ScriptedServer, serve

# Port 9 discards: nobody listens there, so no delivery reaches a console that happens to run on this machine.
PUBLIC_BASE_URL = "http://127.0.0.1:9"


@pytest.fixture
def point_at(settings: Any) -> Iterator[Any]:
    """A function that points the console at an OSVI address."""
    settings.PUBLIC_BASE_URL = PUBLIC_BASE_URL
    settings.OSVI_API_TOKEN = TOKEN
    settings.OSVI_CONNECT_TIMEOUT = 2.0
    settings.OSVI_READ_TIMEOUT = 5.0

    def point(url: str) -> None:
        settings.OSVI_API_URL = url
        get_client.cache_clear()

    point("http://127.0.0.1:9")
    yield point
    get_client.cache_clear()


@pytest.fixture
def osvi(point_at: Any) -> Iterator[ScriptedServer]:
    """A server whose every answer the test writes out."""
    with serve() as server:
        point_at(server.url)
        yield server


@pytest.fixture
def vendor(point_at: Any) -> Iterator[VendorServer]:
    with vendor_server() as server:
        point_at(server.url)
        yield server


@pytest.fixture
def simulator(point_at: Any, settings: Any) -> Iterator[SimulatorServer]:
    settings.CALL_FIRST_POLL = 0.1
    with SimulatorServer(token=TOKEN, speed=20) as server:
        point_at(server.url)
        yield server


@pytest.fixture
def agent(db: None) -> Agent:
    return Agent.objects.create(agent_uuid=AGENTS[0].agent_id, name=AGENTS[0].name)
