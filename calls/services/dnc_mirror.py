"""Mirror: every do-not-call entry in force stands on OSVI's own list of each agent that it concerns.

A row says what OSVI's list of one agent should hold; a worker brings OSVI there and repeats until it is done.
"""

from django.db.models import Q
from django.utils import timezone

from calls.choices import MirrorStatus
from calls.models import Agent, DoNotCall, DoNotCallMirror


def plan(entry: DoNotCall) -> None:
    """Have an entry that is in force passed on to OSVI, for each active agent that it concerns."""
    agents = Agent.objects.usable().filter(Q(pk=entry.agent_id) if entry.agent_id else Q())
    DoNotCallMirror.objects.bulk_create(
        (DoNotCallMirror(entry=entry, agent=agent) for agent in agents), ignore_conflicts=True
    )


def take_off(entry: DoNotCall) -> None:
    """Have the number of an entry that is no longer in force taken off OSVI's lists."""
    entry.mirrors.update(
        wanted=False, status=MirrorStatus.WAITING, tries=0, next_try_at=timezone.now(), error=""
    )
