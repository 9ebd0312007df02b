"""When to ask OSVI about a call next, and when to stop asking."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from calls.choices import PICKED, CallStatus
from calls.models import CallLog
from calls.osvi import contract

LONGEST_GAP = timedelta(minutes=15)
# After an answered call: how long its summary and transcript may take before we stop asking.
DETAIL_WINDOW = timedelta(minutes=30)


def gap(polls_so_far: int) -> timedelta:
    """Return the wait before the next question: the first gap, doubled each time, 15 minutes at most."""
    seconds = settings.CALL_FIRST_POLL * 2 ** min(polls_so_far, 20)
    return min(timedelta(seconds=seconds), LONGEST_GAP)


def outcome_due_at(request: dict[str, Any], sent_at: datetime) -> datetime:
    """Return until when news of a call sent at `sent_at` is awaited: its longest course plus the deadline."""
    return sent_at + _longest_course(request) + timedelta(seconds=settings.CALL_OUTCOME_DEADLINE)


def _longest_course(request: dict[str, Any]) -> timedelta:
    overrides = request.get("call_config_overrides") or {}
    retry = overrides.get("retry_config") or {}
    talk = overrides.get("max_call_duration_seconds") or (
        contract.limits("CallConfigOverrides.max_call_duration_seconds").maximum or 0
    )
    attempts, minutes = 0, 0
    if retry.get("enabled"):
        attempts = retry.get("max_attempts") or contract.limits("RetryConfig.max_attempts").maximum or 0
        minutes = (
            retry.get("interval_minutes") or contract.limits("RetryConfig.interval_minutes").maximum or 0
        )
    # "Attempts" may not count the first call, so the worst case is one more.
    return timedelta(seconds=talk * (attempts + 1), minutes=minutes * attempts)


def next_poll_at(call: CallLog, now: datetime, *, status: str, has_transcript: bool) -> datetime | None:
    """Return when to ask OSVI again about a call that is in, or about to enter, `status`.

    None when there is nothing more to learn.
    """
    due = call.outcome_due_at or now
    then = now + gap(call.poll_count)
    match status:
        case CallStatus.ACCEPTED | CallStatus.UNCONFIRMED | CallStatus.SENDING:
            # Past the deadline the sweep closes an accepted call, and a person an unconfirmed one.
            return min(then, due) if now < due else None
        case CallStatus.FINISHED if call.outcome != PICKED:
            return then if call.rings_again and now < due else None
        case CallStatus.FINISHED:
            complete = has_transcript and _details_are_complete(call)
            waited = now - (call.finished_at or now)
            return None if complete or waited > DETAIL_WINDOW else then
    return None


def _details_are_complete(call: CallLog) -> bool:
    # Webhooks differ in what they carry; the length and the answers may be in the record alone.
    answers_awaited = bool(call.request.get("data_extraction")) and not call.extracted
    return bool(call.summary) and call.duration_seconds is not None and not answers_awaited
