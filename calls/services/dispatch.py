"""Dispatch: claim one queued call, send it once, and sort the answer.

The claim ("sending") is committed before the socket opens. Whatever happens after that, this module never
puts the call back to "queued" unless it is certain that nothing left; a worker that dies here leaves
"sending", which the sweep turns into "unconfirmed".
"""

from datetime import datetime, timedelta
from typing import Any

import pydantic
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import CallStatus, EventSource, ListStatus
from calls.models import CallLog, ConsoleState, Contact
from calls.osvi import contract, errors
from calls.osvi.client import OsviClient, PlacedCall, get_client
from calls.osvi.outcomes import CallOutcome, NewsSource
from calls.services import caps, guards, nudge, polling, sending
from calls.services.record_outcome import record_answer

# Waits after a connection that could not be opened: 5, 10, 20 … seconds, five minutes at most.
FIRST_RETRY = 5
LONGEST_RETRY = 300

# What sending a call takes; reading all of its columns would cost as much as sending it.
_NEEDED = (
    "reference",
    "status",
    "not_before",
    "send_until",
    "send_attempts",
    "poll_count",
    "request",
    # What the guards look at.
    "agent_id",
    "phone_number",
    "country",
    "purpose",
    "time_zone",
    "contact_id",
    "is_test",
    "placed_by_id",
    "override_reason",
)


def dispatch(call_pk: int, *, client: OsviClient | None = None) -> None:
    """Send a call if it is queued and due; otherwise do nothing. Never raises because of OSVI.

    Safe to run any number of times, in any number of processes: only the one that claims the row sends.
    """
    call = CallLog.objects.filter(pk=call_pk, status=CallStatus.QUEUED).only(*_NEEDED).order_by().first()
    if call is None or not call.is_ready_to_send(timezone.now()):
        return
    console = ConsoleState.current()
    if console.sending_paused_at is not None or _its_list_stopped(call):
        return
    request = _final_request(call)
    # What can go wrong in our own house goes wrong before the claim, while nobody can have been rung.
    client = client or get_client()
    if request is None or not _claim(call):
        return
    try:
        placed = client.place_call(request)
    except errors.NothingSent as error:
        _wait(call, error, _back_off(call.send_attempts))
        return
    except errors.RateLimited as error:
        _wait(call, error, error.retry_after or _back_off(call.send_attempts))
    except errors.Rejected as error:
        _rejected(call, error)
    except errors.OutcomeUnknown as error:
        _unconfirmed(call, error)
        return
    else:
        _accepted(call, placed)
    # Last: nothing may come between OSVI's answer and the row that keeps it.
    sending.note_osvi_answered(console)


def _its_list_stopped(call: CallLog) -> bool:
    """Whether this is a call of a list that was paused or cancelled, which takes such calls back by itself."""
    if call.contact_id is None or call.is_test:
        return False
    return not Contact.objects.filter(pk=call.contact_id, call_list__status=ListStatus.RUNNING).exists()


def webhook_address(call: CallLog) -> str:
    """Return the public address at which OSVI delivers news of this call. It contains a secret."""
    return settings.PUBLIC_BASE_URL + reverse("webhooks:call", args=[call.webhook_token])


def _final_request(call: CallLog) -> contract.CallRequest | None:
    body = {"webhook_url": webhook_address(call), **call.request}
    try:
        return contract.CallRequest.model_validate(body)
    except pydantic.ValidationError as error:
        call.move(
            CallStatus.BLOCKED,
            source=EventSource.WORKER,
            why=_("The stored request does not fit what OSVI takes, so it was not sent. Nobody was rung."),
            evidence={"problems": [item["msg"] for item in error.errors()]},
        )
        return None


def _claim(call: CallLog) -> bool:
    """Commit "sending" if the guards let the call pass; False if not, or if another worker was faster."""
    now = timezone.now()
    look = guards.before_claim(call, now)
    if look.refusal is None and _to_sending(call, now, look.evidence):
        return True
    # Not moved: a guard said no at the very moment of the move, or another worker was faster.
    refusal = look.refusal or guards.before_dialling(call, timezone.now())
    if refusal is not None:
        _refused(call, refusal)
    return False


def _to_sending(call: CallLog, now: datetime, evidence: dict[str, Any]) -> bool:
    """Move to "sending"; False if another worker, a cancellation, or a guard was faster.

    Durable: inside somebody's transaction the claim would not be committed yet when the socket opens.
    """
    condition = _as_read(call) & guards.not_suppressed(call, now)
    with transaction.atomic(durable=True):
        may_leave = guards.has_room(call, now) and caps.take_one_of_today(now)
        moved = may_leave and call.move(
            CallStatus.SENDING,
            source=EventSource.WORKER,
            why=_("Sending to OSVI."),
            evidence=evidence,
            only_if=condition,
            sent_at=now,
            not_before=None,
            send_attempts=call.send_attempts + 1,
            outcome_due_at=polling.outcome_due_at(call.request, now),
        )
        if not moved:
            # What was taken of the day is given back.
            transaction.set_rollback(True)
    return moved


def _as_read(call: CallLog) -> Q:
    """A worker that read the row before another one was told to wait must not ignore the wait."""
    return Q(send_attempts=call.send_attempts)


def _refused(call: CallLog, refusal: guards.Refusal) -> None:
    """Do not send what a guard refused. A single call waits for its hours; for its people a list decides."""
    opens_at = refusal.opens_at
    if refusal.kind == guards.HOURS and opens_at is not None and call.contact_id is None:
        waiting = guards.waiting(refusal)
        call.move(
            CallStatus.SCHEDULED,
            source=EventSource.WORKER,
            why=waiting.why,
            evidence=waiting.as_evidence(),
            only_if=_as_read(call),
            scheduled_for=opens_at,
            not_before=opens_at,
            send_until=opens_at + timedelta(seconds=settings.CALL_QUEUE_DEADLINE),
        )
    else:
        why = _("%(reason)s Nobody was rung.") % {"reason": refusal.why}
        call.move(
            CallStatus.BLOCKED,
            source=EventSource.WORKER,
            why=why,
            evidence=refusal.as_evidence(),
            only_if=_as_read(call),
        )


def _back_off(attempts: int) -> float:
    return float(min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY))


def _accepted(call: CallLog, placed: PlacedCall) -> None:
    record_answer(
        call,
        CallOutcome(source=NewsSource.ANSWER, call_id=placed.call_id),
        why=_("OSVI accepted the call."),
        evidence=placed.evidence,
    )


def _wait(call: CallLog, error: errors.OsviError, seconds: float) -> None:
    """Back to the queue: certain that nothing was placed."""
    day = timezone.localdate(call.sent_at)
    moved = _end(
        call,
        CallStatus.QUEUED,
        error,
        why=_("%(problem)s Trying again in %(seconds)d seconds.")
        % {"problem": error.recorded, "seconds": round(seconds)},
        sent_at=None,
        not_before=timezone.now() + timedelta(seconds=seconds),
    )
    if moved:
        # After the move and not with it: claims take the day's count first and the call second.
        caps.give_back(day)
        nudge.dispatch(call.pk, delay=seconds)


def _rejected(call: CallLog, error: errors.Rejected) -> None:
    _end(call, CallStatus.REJECTED, error)
    if isinstance(error, errors.TokenRejected):
        sending.pause_until_token_is_corrected()


def _unconfirmed(call: CallLog, error: errors.OutcomeUnknown) -> None:
    next_poll_at = timezone.now() + polling.gap(0)
    if _end(call, CallStatus.UNCONFIRMED, error, next_poll_at=next_poll_at):
        nudge.reconcile(call.pk, at=next_poll_at)
    sending.pause_after_run_of_failures()


def _end(call: CallLog, status: CallStatus, error: errors.OsviError, *, why: str = "", **fields: Any) -> bool:
    """End this try: move from "sending", with the error's sentence unless `why` is another."""
    moved = call.move(
        status, source=EventSource.WORKER, why=why or error.recorded, evidence=error.evidence, **fields
    )
    if not moved:
        # News of the call overtook the answer; what was learned stays in the timeline.
        call.note(error.recorded, source=EventSource.WORKER, evidence=error.evidence)
    return moved
