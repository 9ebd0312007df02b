"""How the calls of each agent went in the last 30 days, for all agents in one question."""

from collections import defaultdict
from datetime import timedelta

from django.db.models import Count, Sum
from django.utils import timezone

from calls.models import CallLog
from calls.services.overview import Figures, figures_of

PERIOD = timedelta(days=30)


def figures_by_agent() -> dict[int, Figures]:
    """Return the figures by the primary key of the agent; agents without calls are not in it.

    Reads one index and no row of a call.
    """
    groups = (
        CallLog.objects.filter(requested_at__gte=timezone.now() - PERIOD)
        .order_by()
        .values_list("agent", "outcome", "status")
        .annotate(placed=Count("*"), seconds=Sum("duration_seconds"), timed=Count("duration_seconds"))
    )
    found: dict[int, Figures] = defaultdict(Figures)
    for agent, outcome, status, placed, seconds, timed in groups:
        found[agent] += figures_of(outcome, status, placed, seconds or 0, timed)
    return dict(found)
