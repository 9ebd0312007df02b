"""Record outcome: the one place where news of a call, from whatever door, changes its row.

News is merged (calls.osvi.merging), so its order and repetition do not matter.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from django.utils.translation import override

from calls.choices import MAY_EXIST_AT_OSVI, MOVES, OUTCOME_LABELS, PICKED, CallStatus, EventSource
from calls.models import CallLog, Transcript
from calls.osvi.merging import Known, merge
from calls.osvi.outcomes import CallOutcome, Turn, is_final, turns_from_json, turns_to_json
from calls.services import answers, do_not_call_heard, nudge, polling

logger = logging.getLogger(__name__)

# A moment for OSVI to write summary and transcript after the end of a call, before we ask for them.
DETAILS_AFTER = timedelta(seconds=1)

# Known field → column of the call.
_COLUMNS = {
    "status": "outcome",
    "call_id": "call_id",
    "call_log_id": "call_log_id",
    "summary": "summary",
    "duration_seconds": "duration_seconds",
    "ended_by": "ended_by",
    "ended_reason": "ended_reason",
    "tag": "tag",
    "extracted": "extracted",
    "analysis": "analysis",
    "retry_count": "retry_count",
    "picked_at": "picked_at",
    "provenance": "provenance",
}


@dataclass(frozen=True)
class Recorded:
    """What one piece of news did: names of the changed columns, and whether the status moved."""

    changed: list[str]
    moved: bool

    def __bool__(self) -> bool:
        return self.moved or bool(self.changed)


def record_outcome(
    call_pk: int,
    news: CallOutcome,
    *,
    source: EventSource,
    why: str = "",
    evidence: dict[str, Any] | None = None,
) -> Recorded:
    """Merge news into a call and move it where the news says it stands.

    `why` is the sentence for the timeline; without one, a sentence about the outcome is made.
    News of a call that never left (cancelled, blocked, not sent yet) changes nothing and is noted.
    Raises CallLog.DoesNotExist.
    """
    step = _Step(source=source, why=why, evidence=evidence)
    try:
        with transaction.atomic():
            return _record(call_pk, news, step)
    except IntegrityError:
        # Another call got the same OSVI id at this moment; now it can be seen.
        with transaction.atomic():
            return _record(call_pk, news, step)


def record_answer(call: CallLog, news: CallOutcome, *, why: str, evidence: dict[str, Any]) -> None:
    """Record OSVI's answer on the very object that claimed the call ("sending").

    Before a first request left nothing can be known of a call, and while it is "sending" nothing but news
    changes its row, and moves it on. So if it still is "sending" the row need not be read again; otherwise
    the news was faster than the answer, which is then merged like any other.
    """
    step = _Step(source=EventSource.WORKER, why=why, evidence=evidence)
    if call.send_attempts == 1:
        merged = merge(Known(), news)
        try:
            with transaction.atomic():
                if _write(call, news, merged, _changes(Known(), merged), [], step):
                    return
        except IntegrityError:
            logger.warning("OSVI gave call %s an id that another call has", call.pk)
    record_outcome(call.pk, news, source=step.source, why=why, evidence=evidence)


def _changes(known: Known, merged: Known) -> dict[str, Any]:
    """Return column → value of what differs."""
    return {
        column: getattr(merged, name)
        for name, column in _COLUMNS.items()
        if getattr(merged, name) != getattr(known, name)
    }


@dataclass(frozen=True)
class _Step:
    """What the timeline says of this piece of news."""

    source: EventSource
    why: str
    evidence: dict[str, Any] | None


def _record(call_pk: int, news: CallOutcome, step: _Step) -> Recorded:
    call = CallLog.objects.select_for_update().get(pk=call_pk)
    if not _may_exist(call):
        call.note(
            _("OSVI told something about this call although it counts as not sent. Nothing was changed."),
            source=step.source,
            evidence=step.evidence,
        )
        return Recorded([], moved=False)
    known = _known(call, news)
    merged = _without_taken_id(call, known, merge(known, news), step)
    changes = _changes(known, merged)
    # How trustworthy a value is counts as news only together with the value.
    told = [column for column in changes if column != "provenance"]
    if merged.transcript != known.transcript:
        _save_transcript(call, merged.transcript)
        told.append("transcript")
    moved = _write(call, news, merged, changes, told, step)
    do_not_call_heard.listen(call, told, merged.transcript)
    return Recorded(told, moved)


def _may_exist(call: CallLog) -> bool:
    sent_before = call.status == CallStatus.QUEUED and call.send_attempts > 0
    return call.status in MAY_EXIST_AT_OSVI or sent_before


def _known(call: CallLog, news: CallOutcome) -> Known:
    values = {name: getattr(call, column) for name, column in _COLUMNS.items()}
    stored: Any = None
    # A conversation can only be there, or come, at the end of a call.
    if news.transcript or is_final(call.outcome) or is_final(news.status):
        stored = Transcript.objects.filter(call=call).values_list("turns", flat=True).first()
    return Known(**values, transcript=turns_from_json(stored or []))


def _without_taken_id(call: CallLog, known: Known, merged: Known, step: _Step) -> Known:
    """OSVI once gave one id to two calls: keep it with the first, so that their outcomes do not mix."""
    if merged.call_id == known.call_id:
        return merged
    if not CallLog.objects.with_osvi_id("call_id", [merged.call_id]).exclude(pk=call.pk).exists():
        return merged
    call.note(
        _(
            "OSVI gave this call an id that another call has already. The id stays with the other call; "
            "this one is followed without it."
        ),
        source=step.source,
        evidence={"call_id": merged.call_id},
    )
    provenance = {key: value for key, value in merged.provenance.items() if key != "call_id"}
    if "call_id" in known.provenance:
        provenance["call_id"] = known.provenance["call_id"]
    return replace(merged, call_id=known.call_id, provenance=provenance)


def _save_transcript(call: CallLog, turns: tuple[Turn, ...]) -> None:
    rows = turns_to_json(turns)
    Transcript.objects.update_or_create(call=call, defaults={"turns": rows, "text": Transcript.as_text(rows)})


def _write(
    call: CallLog, news: CallOutcome, merged: Known, changes: dict[str, Any], told: list[str], step: _Step
) -> bool:
    """Save all that changed in one statement, with its event. Returns whether the status moved."""
    # Any news at all proves that OSVI has the call; a final word ends it.
    target = CallStatus.FINISHED if is_final(merged.status) else CallStatus.ACCEPTED
    moves = target in MOVES[call.status]
    if not moves and not changes and not told:
        return False
    now = timezone.now()
    for column, value in changes.items():
        setattr(call, column, value)
    if moves and target == CallStatus.FINISHED:
        changes["finished_at"] = call.finished_at = now
    if merged.status == PICKED and (moves or "outcome" in changes):
        # Somebody answered: summary and transcript follow soon, so the gaps between questions start anew.
        # Also when OSVI rang again hours after a first "nobody answered", which had ended the call already.
        changes |= {"poll_count": 0, "finished_at": now}
        call.poll_count, call.finished_at = 0, now
    status = target if moves else CallStatus(call.status)
    if status == CallStatus.FINISHED and (moves or {"outcome", "extracted"} & changes.keys()):
        changes["required_missing"] = call.required_missing = bool(answers.missing_required(call, status))
    changes["next_poll_at"] = _next_question(call, status, now, has_transcript=bool(merged.transcript))
    if moves:
        why = step.why if step.why and not is_final(news.status) else _sentence(call)
        return call.move(target, source=step.source, why=why, evidence=step.evidence, **changes)
    CallLog.objects.filter(pk=call.pk).update(**changes)
    if told:
        call.note(
            step.why or _("OSVI told more about this call."), source=step.source, evidence=step.evidence
        )
    return False


def _sentence(call: CallLog) -> str:
    if call.outcome in OUTCOME_LABELS:
        with override(settings.LANGUAGE_CODE):
            return _("OSVI says: %(outcome)s.") % {"outcome": call.outcome_label}
    return _("OSVI has this call.")


def _next_question(
    call: CallLog, status: CallStatus, now: datetime, *, has_transcript: bool
) -> datetime | None:
    following = polling.next_poll_at(call, now, status=status, has_transcript=has_transcript)
    if following is None:
        return None
    if status == CallStatus.FINISHED and call.poll_count == 0:
        following = min(following, now + DETAILS_AFTER)
    nudge.reconcile(call.pk, at=following)
    return following
