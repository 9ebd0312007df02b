"""The tabs of the list of calls: what is to be done, or what came of it, each with the number of its calls."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.admin import paginator
from calls.choices import MOVING, NEEDS_ATTENTION, PICKED, CallStatus
from calls.models import CallLog
from calls.services.overview import Capped

PARAMETER = "tab"
# Of filtered calls no more are sorted into tabs: no index knows how a filter and a tab overlap.
DEPTH = 10_000
_UNDER_WAY = MOVING - {CallStatus.SCHEDULED}
NOT_ANSWERED = ("not_picked", "busy", "voicemail", "failed")


@dataclass(frozen=True)
class Tab:
    """One group of calls. The condition is asked anew each time, as some depend on the day."""

    key: str
    label: str | Promise
    empty: str | Promise
    condition: Callable[[], Q]


def _follow_up_due() -> Q:
    return Q(follow_up_on__lte=timezone.localdate())


def _ended(*outcomes: str) -> Q:
    return Q(status=CallStatus.FINISHED, outcome__in=outcomes)


def _to_review() -> Q:
    return Q(status=CallStatus.FINISHED, reviewed_at=None)


def _attention() -> Q:
    # The same calls as CallLogQuerySet.needing_attention, as a condition that can be counted beside others.
    missing = Q(required_missing=True, next_poll_at=None)
    return Q(status__in=NEEDS_ATTENTION) | missing | _follow_up_due()


TABS = (
    Tab("", _("All"), _("No calls yet"), Q),
    Tab("attention", _("Needs attention"), _("Nothing needs attention"), _attention),
    Tab("under_way", _("Under way"), _("No call is under way"), lambda: Q(status__in=_UNDER_WAY)),
    Tab("scheduled", _("Scheduled"), _("No call is scheduled"), lambda: Q(status=CallStatus.SCHEDULED)),
    Tab("answered", _("Answered"), _("No call was answered yet"), lambda: _ended(PICKED)),
    Tab("not_answered", _("Not answered"), _("No call went unanswered"), lambda: _ended(*NOT_ANSWERED)),
    Tab("follow_up", _("Follow-up due"), _("No follow-up is due"), _follow_up_due),
    Tab("review", _("To review"), _("Nothing is left to review"), _to_review),
)


def find(key: str) -> Tab:
    """Return the tab of this key; the first, which holds all calls, for any other word."""
    return next((tab for tab in TABS if tab.key == key), TABS[0])


def counts(calls: QuerySet[CallLog], *, filtered: bool) -> dict[str, Capped]:
    """Return how many of the calls each tab holds, by its key; tabs of which nothing is known are not in it.

    Numbers are capped. Of all calls each tab is counted by its own index. Of filtered calls DEPTH are
    counted in one question; if there are more, a number may be too low and says "or more".
    """
    return _counts_in_one(calls) if filtered else _counts_of_all(calls)


def _counts_of_all(calls: QuerySet[CallLog]) -> dict[str, Capped]:
    rows = calls.order_by()
    most = paginator.MOST_COUNTED
    found = {tab.key: rows.filter(tab.condition())[: most + 1].count() for tab in TABS}
    return {key: _capped(number) for key, number in found.items()}


def _counts_in_one(calls: QuerySet[CallLog]) -> dict[str, Capped]:
    fields = ("pk", "status", "outcome", "required_missing", "next_poll_at", "follow_up_on", "reviewed_at")
    # What comes with the calls of a page would only be read in vain.
    rows = calls.order_by().select_related(None).prefetch_related(None).defer(None).only(*fields)
    sums = {f"tab_{tab.key}": Count("pk", filter=tab.condition()) for tab in TABS[1:]}
    numbers = rows[: DEPTH + 1].aggregate(looked_at=Count("pk"), **sums)
    looked_at = numbers["looked_at"]
    more = looked_at > DEPTH
    found = {tab.key: numbers[f"tab_{tab.key}"] for tab in TABS[1:]}
    known = {key: _capped(number, more=more) for key, number in found.items() if number or not more}
    return {TABS[0].key: _capped(looked_at), **known}


def _capped(number: int, *, more: bool = False) -> Capped:
    most = paginator.MOST_COUNTED
    return Capped(min(number, most), more=more or number > most)
