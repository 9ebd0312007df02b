"""Webhook bodies in the five variants of the vendor's documentation, and the plan of what is sent when."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from osvi_simulator.book import RUNNING, Call, Stage
from osvi_simulator.scenarios import News

LATE_SECONDS = 20.0  # at speed 1


@dataclass(frozen=True, slots=True)
class Message:
    """One webhook. `body` is None for a request that has none."""

    method: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Planned:
    """Send what `write` returns `at` seconds (at speed 1) after acceptance."""

    at: float
    write: Callable[[], Message]


def plan(call: Call) -> list[Planned]:
    """Return the webhooks of this call in order. News.BEFORE_ANSWER is sent by whoever answers the POST."""
    news = call.scenario.news
    if news in (News.NEVER, News.BEFORE_ANSWER) or not call.request.webhook_url:
        return []
    if news is News.GARBAGE:
        bodies = (b"<html>call finished</html>", b'["picked", 1]')
        return [Planned(call.final_stage.at + 0.2 * n, _constant(body)) for n, body in enumerate(bodies)]
    planned = [Planned(stage.at, _outcome(call, stage)) for stage in call.course if stage.status != RUNNING]
    end = call.final_stage
    if news is News.TWICE:
        planned.append(Planned(end.at + 0.2, _outcome(call, end)))
    elif news is News.LATE:
        planned = [Planned(end.at + LATE_SECONDS, _outcome(call, end))]
    elif news is News.OUT_OF_ORDER:
        planned.append(Planned(end.at + 0.5, _outcome(call, Stage(end.at, "not_picked"))))
    return planned


def _constant(body: bytes) -> Callable[[], Message]:
    return lambda: Message("POST", body)


def _outcome(call: Call, stage: Stage) -> Callable[[], Message]:
    return lambda: outcome_message(call, stage)


def outcome_message(call: Call, stage: Stage) -> Message:
    """Return the message about a final stage: the scenario's variant if picked, else variant 1.

    Variant 2 fires for picked calls only; variant 1 lists not_picked, busy and failed as well.
    """
    variant = call.scenario.variant if stage.status == "picked" else 1
    if variant == 5:
        return Message("GET", None)
    body = _VARIANTS[variant](call, stage)
    return Message("POST", json.dumps(body, ensure_ascii=False).encode())


def trigger_data(call: Call) -> dict[str, Any]:
    """Return what the call was started with, at one level."""
    person = {"person_name": call.request.person_name} if call.request.person_name else {}
    return {"phone_number": call.phone_number, **person, **(call.request.additional_data or {})}


def _flat_with_chat(call: Call, stage: Stage) -> dict[str, Any]:
    talk = call.conversation if stage.status == "picked" else None
    return {
        "agent_name": call.agent.name,
        "agent_uuid": call.agent.agent_id,
        "phone_number": call.phone_number,
        "call_log_id": call.call_id,
        "chat": talk.text if talk else "",
        "call_status": stage.status,
        "executionMode": "test",
    }


def _post_call_analysis(call: Call, stage: Stage) -> dict[str, Any]:
    return dict(_analysis_sections(call, stage))


def _analysis_sections(call: Call, stage: Stage) -> Iterator[tuple[str, Any]]:
    """A section without data is left out."""
    yield "call_log_id", call.call_id
    yield "phone_number", call.phone_number
    yield "agent_name", call.agent.agent_id  # the vendor's own example carries the id under this name
    yield "call_status", stage.status
    yield "call_type", "outbound"
    if call.conversation:
        yield "call_summary", call.conversation.summary
        if call.conversation.captured:
            yield "data_capture", call.conversation.captured
        yield "structured_output", call.analysis
    yield "call_trigger_data", trigger_data(call)


def _custom_template(call: Call, stage: Stage) -> dict[str, Any]:
    talk, picked_at = call.conversation, call.picked_at
    return {
        "callId": call.call_id,
        "phone": call.phone_number,
        "agentName": call.agent.name,
        "callType": "outbound",
        "duration": call.duration_seconds,
        "status": stage.status,
        "recordingUrl": "",
        "summary": talk.summary if talk else "",
        "transcript": talk.text if talk else "",
        "tag": "",
        "endReason": "assistant-ended-call",
        "endedBy": "agent",
        "callTime": f"{picked_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z" if picked_at else None,
        **(talk.captured if talk else {}),
    }


def _nested(call: Call, stage: Stage) -> dict[str, Any]:
    talk = call.conversation
    return {
        "call_info": {
            "call_log_id": call.call_id,
            "phone_number": call.phone_number,
            "agent_name": call.agent.name,
            "call_status": stage.status,
            "duration": call.duration_seconds,
        },
        "call_summary": talk.summary if talk else "",
        "transcript": talk.text if talk else "",
        "data_extraction": talk.captured if talk else {},
        "call_trigger_data": trigger_data(call),
    }


_VARIANTS: dict[int, Callable[[Call, Stage], dict[str, Any]]] = {
    1: _flat_with_chat,
    2: _post_call_analysis,
    3: _custom_template,
    4: _nested,
}
