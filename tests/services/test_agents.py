"""Sync agents."""

import pytest

from calls.models import Agent
from calls.osvi.client import OsviClient
from calls.osvi.errors import OsviError
from calls.services.agents import sync_agents
from tests.osvi.http_server import ScriptedServer, reply
from tests.services.together import together

pytestmark = pytest.mark.django_db


def listing(*agents: tuple[str, str | None]) -> list[dict[str, str | None]]:
    return [{"agent_id": agent_id, "name": name, "status": "active"} for agent_id, name in agents]


def test_it_adds_renames_retires_and_brings_back(osvi: ScriptedServer, osvi_client: OsviClient) -> None:
    Agent.objects.create(agent_uuid="agent_old_name", name="Old")
    Agent.objects.create(agent_uuid="agent_gone", name="Gone")
    Agent.objects.create(agent_uuid="agent_back", name="Back", is_active=False)
    Agent.objects.create(agent_uuid="agent_long_gone", name="Long gone", is_active=False)
    osvi.script(
        reply(200, listing(("agent_new", "New"), ("agent_old_name", "Newer"), ("agent_back", "Back")))
    )

    result = sync_agents(osvi_client)

    assert (result.added, result.renamed, result.gone, result.back) == (
        ["New"],
        ["Newer"],
        ["Gone"],
        ["Back"],
    )
    assert result.total == 3
    assert dict(Agent.objects.values_list("agent_uuid", "is_active")) == {
        "agent_new": True,
        "agent_old_name": True,
        "agent_back": True,
        "agent_gone": False,
        "agent_long_gone": False,
    }
    assert Agent.objects.filter(last_seen_at__isnull=False).count() == 3
    again = sync_agents(osvi_client)
    assert (again.added, again.renamed, again.gone, again.back, again.total) == ([], [], [], [], 3)


def test_odd_listings(osvi: ScriptedServer, osvi_client: OsviClient) -> None:
    """Listed twice, without a name, with an endless one, with an id that cannot be one."""
    osvi.script(
        reply(200, listing(("agent_a", "A"), ("agent_a", "B"), ("agent_b", None), ("agent_c", "n" * 5_000)))
    )

    sync_agents(osvi_client)

    names = dict(Agent.objects.values_list("agent_uuid", "name"))
    assert names == {"agent_a": "A", "agent_b": "agent_b", "agent_c": "n" * 255}


@pytest.mark.parametrize("status", [401, 500])
def test_when_osvi_cannot_be_read_nothing_changes(osvi, osvi_client, status: int) -> None:
    Agent.objects.create(agent_uuid="agent_a", name="A")
    osvi.script(reply(status, {"error": "no"}))

    with pytest.raises(OsviError):
        sync_agents(osvi_client)

    assert Agent.objects.get().is_active


@pytest.mark.django_db(transaction=True)
def test_two_at_once(osvi: ScriptedServer, osvi_client: OsviClient, queue) -> None:
    osvi.script(reply(200, listing(("agent_a", "A"), ("agent_b", "B"))))

    results = together(*[lambda: sync_agents(osvi_client)] * 3)

    assert [result.total for result in results] == [2, 2, 2]
    assert sum(len(result.added) for result in results) == 2
    assert Agent.objects.count() == 2
