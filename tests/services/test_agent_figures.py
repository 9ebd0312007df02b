"""How the calls of each agent went, in one question whatever the number of agents."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import Agent, CallLog
from calls.services.agent_figures import figures_by_agent

pytestmark = pytest.mark.django_db


def test_calls_are_added_up_by_agent(
    agent: Agent, make_call: Callable[..., CallLog], django_assert_num_queries: Any
) -> None:
    other = Agent.objects.create(agent_uuid="agent_other", name="Other")
    Agent.objects.create(agent_uuid="agent_idle", name="Idle")
    make_call(CallStatus.FINISHED, outcome="picked", duration_seconds=60)
    make_call(CallStatus.FINISHED, outcome="voicemail", duration_seconds=9)
    make_call(CallStatus.FINISHED, outcome="failed")
    make_call(CallStatus.FINISHED, outcome="picked", requested_at=timezone.now() - timedelta(days=31))
    make_call(CallStatus.ACCEPTED, agent=other)

    with django_assert_num_queries(1):
        found = figures_by_agent()

    assert set(found) == {agent.pk, other.pk}
    mine = found[agent.pk]
    assert (mine.placed, mine.rang, mine.answered, mine.average_seconds) == (3, 2, 1, 60)
    assert (found[other.pk].placed, found[other.pk].answer_rate) == (1, None)
