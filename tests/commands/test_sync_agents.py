from typing import Any

import pytest

from calls.models import Agent
from osvi_simulator.agents import AGENTS
from osvi_simulator.server import SimulatorServer
from tests.commands.running import run
from tests.osvi.http_server import Answer, ScriptedServer, hang_up, reply

pytestmark = pytest.mark.django_db


def test_it_tells_what_changed(simulator: SimulatorServer) -> None:
    first, second, third = AGENTS
    Agent.objects.create(agent_uuid=first.agent_id, name="Old name")
    Agent.objects.create(agent_uuid=second.agent_id, name=second.name, is_active=False)
    Agent.objects.create(agent_uuid="agent_gone", name="Gone")

    ended = run("sync_agents", "--json")

    assert ended.code == 0
    assert ended.json == {
        "added": [third.name],
        "renamed": [first.name],
        "gone": ["Gone"],
        "back": [second.name],
        "total": 3,
        "errors": {},
    }
    assert Agent.objects.usable().count() == 3


def test_it_tells_it_to_a_person(simulator: SimulatorServer) -> None:
    assert AGENTS[0].name in run("sync_agents").out
    assert "3 active, nothing changed." in run("sync_agents").out


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(401, {"success": False, "error": "Invalid API token"}), 3),
        (reply(403, {"success": False, "error": "Not yours"}), 3),
        (reply(200, {"success": False, "error": "No"}), 3),
        (reply(500, {}), 4),
        (reply(429, {}), 4),
        (reply(200, raw=b"<html>"), 4),
        (hang_up, 4),
    ],
)
def test_a_failure_has_its_exit_code_and_changes_nothing(
    answer: Answer, code: int, osvi: ScriptedServer, agent: Agent
) -> None:
    osvi.script(answer)

    ended = run("sync_agents", "--json")

    assert ended.code == code
    assert ended.json["errors"]["osvi"][0] in ended.err
    assert Agent.objects.usable().count() == 1


def test_an_osvi_that_cannot_be_reached_is_told(point_at: Any, agent: Agent) -> None:
    ended = run("sync_agents")

    assert ended.code == 4
    assert "could not be reached" in ended.err
    assert ended.out == ""
