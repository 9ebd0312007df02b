"""List breaker: reasons for which a running list pauses itself, until a person has looked and resumes it.

Only what happened since the start, or since a person resumed the list, counts.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_noop as _

from calls.choices import PICKED, CallStatus
from calls.models import CallList, CallLog, ConsoleState, WebhookDelivery
from calls.services import list_status

# The share of failures is looked at over so many of the latest calls, once there are enough of them.
LATEST, ENOUGH, SHARE = 20, 10, 0.5
# What happened longer ago says nothing about now.
RECENT = timedelta(hours=2)
# A call that was not let through so often in a row stands for all.
TRIES = 3
# Answered calls in a row of which OSVI sent no word by itself, and how long its word may take.
SILENT_CALLS, SILENT_AFTER = 5, timedelta(minutes=2)

MANY_FAILED = _(
    "At least half of the latest calls failed: refused, without a clear answer, or not connected. "
    "The list paused itself."
)
SENDING_PAUSED = _("Sending is paused for the whole console, so the list paused itself.")
NO_WAY_THROUGH = _(
    "OSVI cannot be reached, or takes no more calls at the moment: a call was tried several times in vain. "
    "The list paused itself."
)
NO_DELIVERIES = _(
    "OSVI no longer sends news by itself: the results of the latest calls came only because the console asked. "
    "The list paused itself. Please check the address of the console, then resume."
)
AGENT_GONE = _("OSVI no longer lists the agent of this list as active. The list paused itself.")


def reason_to_pause(call_list: CallList, now: datetime) -> str:
    """Return why a running list must not go on, as a sentence in English; empty if nothing is against it."""
    if ConsoleState.current().sending_paused_at is not None:
        return SENDING_PAUSED
    since = max(_since(call_list), now - RECENT)
    if _is_shut_out(call_list):
        return NO_WAY_THROUGH
    if _fails_too_often(call_list, since):
        return MANY_FAILED
    if _hears_nothing(call_list, since, now):
        return NO_DELIVERIES
    return ""


def _since(call_list: CallList) -> datetime:
    return call_list.resumed_at or call_list.launched_at or call_list.created_at


def _is_shut_out(call_list: CallList) -> bool:
    waiting = list_status.calling(call_list).filter(last_call__status=CallStatus.QUEUED)
    return waiting.filter(last_call__send_attempts__gte=TRIES).exists()


def _fails_too_often(call_list: CallList, since: datetime) -> bool:
    ended = [
        CallStatus.FINISHED,
        CallStatus.REJECTED,
        CallStatus.UNCONFIRMED,
        CallStatus.NO_OUTCOME,
        CallStatus.NOT_PLACED,
    ]
    calls = _recent(call_list, since).filter(status__in=ended)
    latest = list(calls.order_by("-requested_at").values_list("status", "outcome")[:LATEST])
    failed = sum(_failed(status, outcome) for status, outcome in latest)
    return len(latest) >= ENOUGH and failed >= SHARE * len(latest)


def _failed(status: str, outcome: str) -> bool:
    if status == CallStatus.FINISHED:
        return outcome == "failed"
    return status in {CallStatus.REJECTED, CallStatus.UNCONFIRMED}


def _hears_nothing(call_list: CallList, since: datetime, now: datetime) -> bool:
    """Whether deliveries came for calls of this list, and then for none of the latest answered ones."""
    delivered = Exists(WebhookDelivery.objects.filter(call=OuterRef("pk")))
    answered = _recent(call_list, since).filter(
        status=CallStatus.FINISHED, outcome=PICKED, finished_at__lt=now - SILENT_AFTER
    )
    heard = list(
        answered.annotate(delivered=delivered)
        .order_by("-requested_at")
        .values_list("delivered", flat=True)[:LATEST]
    )
    return any(heard) and len(heard) > SILENT_CALLS and not any(heard[:SILENT_CALLS])


def _recent(call_list: CallList, since: datetime) -> QuerySet[CallLog]:
    """Calls of a list that were placed since then, read from the index of the time of request."""
    return list_status.calls_of(call_list).filter(requested_at__gte=since)
