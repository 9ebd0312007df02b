from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.models import Agent, ConsoleState
from calls.osvi.client import get_client
from calls.services import sending
from osvi_simulator.server import SimulatorServer
from tests.commands.running import Ended, run
from tests.osvi.http_server import ScriptedServer, reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def healthy(simulator: SimulatorServer) -> SimulatorServer:
    sending.note_worker_alive()
    return simulator


def wrong(ended: Ended) -> dict[str, str]:
    """Return name → sentence and advice of what is wrong; the exit code must say the same."""
    found = {
        check["name"]: f"{check['sentence']} {check['what_to_do']}"
        for check in ended.json["checks"]
        if not check["ok"]
    }
    assert ended.json["ok"] is (not found)
    assert ended.code == (1 if found else 0)
    return found


def test_all_is_well(healthy: SimulatorServer) -> None:
    ended = run("check_osvi", "--json")

    assert wrong(ended) == {}
    assert ended.err == ""
    assert [check["name"] for check in ended.json["checks"]] == [
        "token",
        "public address",
        "queue",
        "database",
        "worker",
        "sending",
    ]


def test_it_changes_nothing(healthy: SimulatorServer) -> None:
    run("check_osvi")

    assert not Agent.objects.exists()
    assert [(request.method, request.path) for request in healthy.journal.requests] == [
        ("GET", "/v1/active_agents")
    ]


def test_it_tells_a_person_what_to_do(point_at: Any) -> None:
    ended = run("check_osvi")

    assert ended.code == 1
    assert "ok     queue: " in ended.out
    assert "WRONG  worker: No worker has given a sign of life so far." in ended.out
    assert "→ Start it with `manage.py run_huey`" in ended.out
    assert "Not in order: token, worker." in ended.err


def test_a_missing_token(healthy: SimulatorServer, settings: Any) -> None:
    settings.OSVI_API_TOKEN = ""

    assert "OSVI_API_TOKEN is not set." in wrong(run("check_osvi", "--json"))["token"]


def test_a_wrong_token(healthy: SimulatorServer) -> None:
    healthy.configure(token="another-token-00")

    assert "Correct OSVI_API_TOKEN" in wrong(run("check_osvi", "--json"))["token"]


@pytest.mark.parametrize("url", ["http://", "https:///v1"])
def test_an_osvi_address_without_a_host(url: str, healthy: SimulatorServer, point_at: Any) -> None:
    point_at(url)

    assert "OSVI_API_URL has no host." in wrong(run("check_osvi", "--json"))["token"]


def test_an_osvi_that_cannot_be_reached(healthy: SimulatorServer, point_at: Any) -> None:
    point_at("http://127.0.0.1:9")

    assert "Check OSVI_API_URL (http://127.0.0.1:9)" in wrong(run("check_osvi", "--json"))["token"]


def test_an_account_without_agents(osvi: ScriptedServer) -> None:
    sending.note_worker_alive()
    osvi.script(reply(200, []))

    assert "no active agent" in wrong(run("check_osvi", "--json"))["token"]


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("https://calls.example.org", ""),
        ("http://calls.example.org", "unencrypted"),
        ("https://localhost", "cannot reach"),
        ("https://127.0.0.1:8000", "cannot reach"),
        ("https://[::1]", "cannot reach"),
        ("https://192.168.1.5", "cannot reach"),
        ("https://10.0.0.1", "cannot reach"),
        ("https://169.254.0.1", "cannot reach"),
        ("https://intranet", "cannot reach"),
        ("https://console.local", "cannot reach"),
        ("ftp://calls.example.org", "no web address"),
        ("https://", "no web address"),
    ],
)
def test_the_public_address_with_the_real_osvi(address: str, problem: str, settings: Any, db: None) -> None:
    settings.OSVI_API_URL = "https://api.osvi.ai"
    # Without a token nothing is asked.
    settings.OSVI_API_TOKEN = ""
    settings.PUBLIC_BASE_URL = address
    get_client.cache_clear()

    found = wrong(run("check_osvi", "--json")).get("public address", "")

    assert problem in found
    assert bool(found) == bool(problem)


def test_a_silent_worker(healthy: SimulatorServer) -> None:
    ConsoleState.objects.update(worker_seen_at=timezone.now() - timedelta(hours=1))

    assert "since 20" in wrong(run("check_osvi", "--json"))["worker"]


def test_paused_sending(healthy: SimulatorServer) -> None:
    sending.pause("OSVI does not accept the API token.")

    assert "OSVI does not accept the API token." in wrong(run("check_osvi", "--json"))["sending"]
