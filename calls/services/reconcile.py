"""Reconcile: ask OSVI what became of a call. Polling decides, webhooks only make it faster.

This module never places anything: it reads at OSVI and hands what it reads to record_outcome.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import MAY_EXIST_AT_OSVI, PICKED, CallStatus, EventSource
from calls.models import CallLog, Transcript
from calls.osvi import errors
from calls.osvi.cleaning import clean_json
from calls.osvi.client import OsviClient, get_client
from calls.osvi.outcomes import CallOutcome, NewsSource
from calls.services import nudge, polling, sending
from calls.services.record_outcome import record_outcome

logger = logging.getLogger(__name__)

# OSVI's clock may differ from ours by so much.
CLOCK_SKEW = timedelta(minutes=2)
# Accepted calls show up in OSVI's list within so much of our request.
APPEARS_WITHIN = timedelta(minutes=15)
# A busy account may have many calls since ours; so many pages of the list are read at most.
MOST_PAGES = 10


def reconcile(call_pk: int, *, client: OsviClient | None = None, even_if_not_due: bool = False) -> None:
    """Ask OSVI about one call and record what it says. Does nothing when no question is due.

    `even_if_not_due` is for a person who presses "Ask OSVI now". Never raises because of OSVI. A call that
    never left is not asked about: whatever OSVI lists under its number is another one.
    """
    call = CallLog.objects.filter(pk=call_pk, status__in=MAY_EXIST_AT_OSVI).first()
    if call is None or not (even_if_not_due or _is_due(call)) or not _claim_question(call):
        return
    client = client or get_client()
    try:
        news = _ask(client, call)
    except errors.OsviError as error:
        if error.status is not None:
            sending.note_osvi_answered()
        if isinstance(error, errors.TokenRejected):
            # The next call to be sent would be refused too, and be lost for it.
            sending.pause_until_token_is_corrected()
        call.note(error.recorded, source=EventSource.POLL, evidence=error.evidence)
        news = None
    else:
        sending.note_osvi_answered()
    if news is not None:
        try:
            record_outcome(call.pk, news, source=EventSource.POLL)
            _fetch_transcript(client, call.pk)
        except (ValueError, DatabaseError):
            # Whatever in one answer cannot be kept: the questions must still come to an end some day.
            logger.exception("OSVI's answer about call %s could not be recorded", call.pk)
    _plan_next_question(call.pk)


def _is_due(call: CallLog) -> bool:
    return call.next_poll_at is not None and call.next_poll_at <= timezone.now()


def _claim_question(call: CallLog) -> bool:
    """Take the question: of two workers that read the same row only one asks."""
    now = timezone.now()
    planned = now + polling.gap(call.poll_count + 1)
    return bool(
        CallLog.objects.filter(pk=call.pk, next_poll_at=call.next_poll_at, poll_count=call.poll_count).update(
            next_poll_at=planned, poll_count=call.poll_count + 1
        )
    )


def _ask(client: OsviClient, call: CallLog) -> CallOutcome | None:
    for known_id in filter(None, (call.call_id, call.call_log_id)):
        try:
            return client.get_call(known_id)
        except errors.NotFound:
            # The vendor's documents disagree on whether the ids of answer, webhook and record are one.
            continue
    # A refused call is looked up by its ids only: what the list shows under its number is another call.
    return _find_in_list(client, call) if call.status != CallStatus.REJECTED else None


def _find_in_list(client: OsviClient, call: CallLog) -> CallOutcome | None:
    """Find the call in OSVI's list by agent, number and time; None unless exactly one fits nobody else.

    No date filter: OSVI filters by the time of answering, which an unanswered call does not have.
    """
    found = _candidates(client, call)
    if len(found) == 1 and not _has_rivals(call):
        return _in_full(client, found[0])
    if not found:
        why = _("OSVI's list does not show a call to this number since it was sent.")
    else:
        why = _("OSVI's list shows %(count)d calls to this number; which one is this cannot be told.") % {
            "count": len(found)
        }
    call.note(why, source=EventSource.POLL, evidence={"calls_at_osvi": [_brief(item) for item in found]})
    return None


def _in_full(client: OsviClient, item: CallOutcome) -> CallOutcome:
    """Return the record of a list item; the item itself, which lacks summary and answers, if that is missing."""
    try:
        return client.get_call(item.call_id)
    except errors.NotFound:
        return item


def _candidates(client: OsviClient, call: CallLog) -> list[CallOutcome]:
    since = (call.sent_at or call.requested_at) - CLOCK_SKEW
    until = (call.sent_at or call.requested_at) + APPEARS_WITHIN
    number = call.phone_number.as_e164
    found: dict[str, CallOutcome] = {}
    for page_number in range(1, MOST_PAGES + 1):
        page = client.list_calls(
            agent_uuid=call.agent.agent_uuid, phone_number=number.removeprefix("+"), page=page_number
        )
        for item in page.outcomes:
            fits = item.phone_number == number and item.call_id and item.created_at is not None
            if fits and item.created_at is not None and since <= item.created_at <= until:
                found[item.call_id] = item
        oldest = min((item.created_at for item in page.outcomes if item.created_at), default=None)
        if page_number >= page.total_pages or (oldest is not None and oldest < since):
            break
    # Either id may be the one that the list shows.
    others = CallLog.objects.exclude(pk=call.pk).filter(Q(call_id__in=found) | Q(call_log_id__in=found))
    taken = {known_id for ids in others.values_list("call_id", "call_log_id") for known_id in ids}
    return [item for call_id, item in found.items() if call_id not in taken]


def _has_rivals(call: CallLog) -> bool:
    """Whether another call of ours could be the one in the list.

    That is one which may have left in the same time and whose id was never confirmed by OSVI's own record:
    the id in the answer to a request need not be the one that the list shows.
    """
    sent_at = call.sent_at or call.requested_at
    others = CallLog.objects.exclude(pk=call.pk).filter(
        agent=call.agent,
        phone_number=call.phone_number,
        status__in=MAY_EXIST_AT_OSVI - {CallStatus.REJECTED},
        sent_at__range=(sent_at - APPEARS_WITHIN, sent_at + APPEARS_WITHIN),
    )
    return any(not _is_confirmed(other) for other in others)


def _is_confirmed(call: CallLog) -> bool:
    """Whether OSVI's record of this call was read under its id (see calls.osvi.merging on provenance)."""
    rank = call.provenance.get("call_id", [0, 0])[1]
    return bool(call.call_id) and rank == list(NewsSource).index(NewsSource.POLL)


def _brief(item: CallOutcome) -> dict[str, Any]:
    return {
        "call_id": item.call_id,
        "status": item.status,
        "created_at": item.created_at.isoformat() if item.created_at else None,
    }


def _fetch_transcript(client: OsviClient, call_pk: int) -> None:
    call = CallLog.objects.get(pk=call_pk)
    if call.outcome != PICKED or not call.call_id:
        return
    stored = Transcript.objects.filter(call=call).first()
    if stored is not None and stored.raw:
        return
    try:
        turns, raw = client.get_transcript(call.call_id)
    except errors.OsviError as error:
        call.note(error.recorded, source=EventSource.POLL, evidence=error.evidence)
        return
    if turns:
        news = CallOutcome(source=NewsSource.POLL, status=call.outcome, transcript=turns)
        record_outcome(call.pk, news, source=EventSource.POLL, why=_("OSVI gave the transcript."))
    if raw:
        Transcript.objects.update_or_create(call=call, defaults={"raw": clean_json(raw)})


def _plan_next_question(call_pk: int) -> None:
    now = timezone.now()
    call = CallLog.objects.get(pk=call_pk)
    has_transcript = Transcript.objects.filter(call=call).exclude(text="").exists()
    following = polling.next_poll_at(call, now, status=call.status, has_transcript=has_transcript)
    CallLog.objects.filter(pk=call.pk).update(next_poll_at=following)
    if following is not None:
        nudge.reconcile(call.pk, at=following)
