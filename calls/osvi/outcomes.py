"""News of a call in one shape, whatever door it came through.

The readers turn every documented webhook and GET shape into one `CallOutcome`. Names differ from door to
door, so one table (`ALIASES`) says under which names a field is looked for, in order. What is missing, or has
a type that cannot mean anything, is left empty; only a body that is no object at all is refused.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from calls.osvi import values
from calls.osvi.status_words import FINAL_STRENGTH, is_final, is_running, normalise_status, strength
from calls.osvi.transcripts import Turn, read_turns, turns_from_json, turns_to_json

__all__ = [
    "ALIASES",
    "FINAL_STRENGTH",
    "REFERENCE_KEY",
    "CallOutcome",
    "NewsSource",
    "Turn",
    "WrongShape",
    "from_call",
    "from_delivery",
    "is_final",
    "is_running",
    "normalise_status",
    "read_turns",
    "strength",
    "turns_from_json",
    "turns_to_json",
]

# Under this key our own reference travels in `additional_data` and comes back in the webhook's trigger data.
REFERENCE_KEY = "osvi_console_reference"


class WrongShape(ValueError):
    """The message is JSON but not an object, so it cannot be about a call."""


class NewsSource(StrEnum):
    """Where a piece of news comes from, weakest first: where two disagree, the later in this list wins."""

    ANSWER = "answer"  # the answer to POST /v1/call
    DELIVERY = "delivery"  # a webhook
    POLL = "poll"  # GET /v1/call/{id}, /v1/calls, transcript


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What one message says about a call. Empty means "says nothing about it", never "there is none".

    `status` is OSVI's word as it came (see is_final, is_running); `duration_seconds` in seconds;
    times are aware; `phone_number` as it came; `agent` is an agent's uuid ("agent_…"), else its display name.
    """

    source: NewsSource
    call_id: str = ""
    call_log_id: str = ""
    reference: str = ""
    agent: str = ""
    phone_number: str = ""
    person_name: str = ""
    status: str = ""
    call_type: str = ""
    duration_seconds: int | None = None
    ended_by: str = ""
    ended_reason: str = ""
    summary: str = ""
    extracted: dict[str, Any] = field(default_factory=dict)
    analysis: dict[str, Any] = field(default_factory=dict)
    tag: str = ""
    execution_mode: str = ""
    retry_count: int | None = None
    transcript: tuple[Turn, ...] = ()
    created_at: datetime | None = None
    picked_at: datetime | None = None


# Where a field is looked for, in order, and how its value is read: the one place where OSVI's names are
# translated.
ALIASES: dict[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    "call_id": (("call_id", "callId"), values.identifier),
    "call_log_id": (("call_log_id", "callLogId"), values.identifier),
    "reference": ((REFERENCE_KEY,), values.identifier),
    "agent": (("agent_uuid", "agentUuid", "agent_id", "agentId", "agent_name", "agentName"), values.word),
    "phone_number": (("phone_number", "phoneNumber", "phone"), values.word),
    "person_name": (("person_name", "personName", "caller_name", "callerName"), values.word),
    "status": (("call_status", "callStatus", "status"), values.word),
    "call_type": (("call_type", "callType"), values.word),
    "duration_seconds": (
        ("duration_seconds", "durationSeconds", "call_duration", "callDuration", "duration"),
        values.whole,
    ),
    "ended_by": (("call_ended_by", "callEndedBy", "ended_by", "endedBy"), values.word),
    "ended_reason": (
        ("call_ended_reason", "callEndedReason", "ended_reason", "endedReason", "end_reason", "endReason"),
        values.word,
    ),
    "summary": (("call_summary", "callSummary", "ai_summary", "aiSummary", "summary"), values.text),
    "extracted": (
        (
            "data_capture",
            "dataCapture",
            "data_captured",
            "dataCaptured",
            "data_extraction",
            "dataExtraction",
            "extracted_data",
            "extractedData",
        ),
        values.mapping,
    ),
    "analysis": (
        ("structured_output", "structuredOutput", "post_call_analysis", "postCallAnalysis"),
        values.mapping,
    ),
    "tag": (("tag", "tags"), values.tag),
    "execution_mode": (("executionMode", "execution_mode"), values.word),
    "retry_count": (("retry_count", "retryCount"), values.whole),
    "transcript": (("chat", "transcript", "conversation", "call_transcript", "callTranscript"), read_turns),
    "created_at": (("created_at", "createdAt", "call_time", "callTime"), values.time),
    "picked_at": (("call_picked_at", "callPickedAt", "picked_at", "pickedAt"), values.time),
}
CALL_INFO_NAMES = ("call_info", "callInfo")
TRIGGER_DATA_NAMES = ("call_trigger_data", "callTriggerData", "additional_data", "additionalData")
# What the call was started with may say these when the message itself does not.
_FROM_TRIGGER_DATA = ("reference", "phone_number", "person_name")


def from_delivery(body: Any) -> CallOutcome:
    """Return what a webhook of any variant says. Raises WrongShape if the parsed `body` is no object."""
    outcome = _read(body, NewsSource.DELIVERY)
    if outcome.call_id or outcome.call_log_id:
        return outcome
    return replace(outcome, call_log_id=values.identifier(body.get("id")))


def from_call(item: Any) -> CallOutcome:
    """Return what GET /v1/call/{id} or an item of GET /v1/calls says. Raises WrongShape as above."""
    outcome = _read(item, NewsSource.POLL)
    return outcome if outcome.call_id else replace(outcome, call_id=values.identifier(item.get("id")))


def _read(body: Any, source: NewsSource) -> CallOutcome:
    if not isinstance(body, dict):
        raise WrongShape("The message is not a JSON object.")
    places = [*_objects([body], CALL_INFO_NAMES), body]
    trigger_data = list(_objects(places, TRIGGER_DATA_NAMES))
    trigger_data += list(_objects(trigger_data, TRIGGER_DATA_NAMES))
    found: dict[str, Any] = {}
    for name in ALIASES:
        value = _first(name, [*places, *trigger_data] if name in _FROM_TRIGGER_DATA else places)
        if value is not None:
            found[name] = value
    return CallOutcome(source=source, **found)


def _first(name: str, places: list[dict[str, Any]]) -> Any:
    """Return a field's first usable value, or None: all names in one place, then the next place."""
    names, read = ALIASES[name]
    for place in places:
        for alias in names:
            value = read(place.get(alias))
            if value not in (None, "", (), {}):
                return value
    return None


def _objects(places: Iterable[dict[str, Any]], names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for place in places:
        for name in names:
            if isinstance(value := place.get(name), dict):
                yield value
