"""Sync agents: what GET /v1/active_agents lists is active, what it no longer lists is not."""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from calls.models import Agent
from calls.osvi.client import OsviClient, get_client
from calls.services import sending


@dataclass(frozen=True)
class SyncResult:
    """Names of the agents that were added, renamed, gone (now inactive) and back (active again)."""

    added: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    total: int = 0


def sync_agents(client: OsviClient | None = None) -> SyncResult:
    """Bring our agents in line with OSVI's. Raises OsviError if OSVI could not be read; nothing changes then."""
    listed = (client or get_client()).active_agents()
    sending.note_osvi_answered()
    # An agent listed twice is one agent; one without a name is shown by its id.
    names = {item.agent_id: item.name or item.agent_id for item in reversed(listed)}
    result = SyncResult(total=len(names))
    now = timezone.now()
    with transaction.atomic():
        known = {agent.agent_uuid: agent for agent in Agent.objects.select_for_update()}
        for agent_uuid, name in names.items():
            agent = known.pop(agent_uuid, None)
            if agent is None:
                # Two people may sync at the same moment.
                agent, added = Agent.objects.get_or_create(agent_uuid=agent_uuid, defaults={"name": name})
                if added:
                    result.added.append(name)
            if agent.name != name:
                result.renamed.append(name)
            if not agent.is_active:
                result.back.append(name)
            agent.name, agent.is_active, agent.last_seen_at = name, True, now
            agent.save(update_fields=["name", "is_active", "last_seen_at"])
        for agent in known.values():
            if agent.is_active:
                agent.is_active = False
                agent.save(update_fields=["is_active"])
                result.gone.append(agent.name)
    return result
