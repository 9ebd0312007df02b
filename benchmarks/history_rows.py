"""A long, varied history of calls, written in bulk: rows that resemble those of a busy clinic."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

import benchmarks.support  # noqa: F401  # sets Django up
from calls.choices import CallStatus, EventSource, Verdict, WebhookRoute
from calls.models import (
    Agent,
    CallEvent,
    CallLog,
    CallNote,
    CallTemplate,
    CallTemplateVersion,
    DataPoint,
    Transcript,
    WebhookDelivery,
)

AGENTS, TEMPLATES, PEOPLE, DAYS = 4, 6, 5, 40
# A word that is said in every call, and one that is said in a single call.
EVERYWHERE, ONCE = "appointment", "zanzibar"
_BATCH = 2_500
_VOCABULARY = """
Asha Ravi Lakshmi Imran Divya Meera Arjun Kavita Sanjay Noor Priya Rahul José Zoë आशा रवि
Rao Iyer Menon Shaikh Pillai Nair Gupta Verma Singh Khan Reddy Das Müller शर्मा वर्मा
yes no please Monday Tuesday morning evening doctor clinic report bring the your and come later call again
thank you confirm time ten eleven half past three जी हाँ ठीक है सोमवार को सुबह आइए धन्यवाद नमस्ते
"""
_FIRST, _LAST, *_SPOKEN = (line.split() for line in _VOCABULARY.strip().splitlines())
_WORDS = [word for line in _SPOKEN for word in line]
_STATUSES = {
    CallStatus.FINISHED: 900,
    CallStatus.CANCELLED: 30,
    CallStatus.REJECTED: 25,
    CallStatus.NO_OUTCOME: 15,
    CallStatus.NOT_PLACED: 10,
    CallStatus.UNCONFIRMED: 8,
    CallStatus.BLOCKED: 6,
    CallStatus.ACCEPTED: 3,
    CallStatus.SCHEDULED: 2,
    CallStatus.QUEUED: 1,
}
_OUTCOMES = {"picked": 55, "not_picked": 28, "busy": 7, "voicemail": 5, "failed": 4, "rescheduled": 1}


def fill(calls: int) -> None:
    """Write so many calls of the last DAYS days, with their events, transcripts and notes, oldest first."""
    chance = random.Random(42)  # noqa: S311  # the same history every time
    templates, people = _templates(), _people()
    for first in range(0, calls, _BATCH):
        numbers = range(first, min(first + _BATCH, calls))
        rows = [_call(chance, number, calls, templates, people) for number in numbers]
        CallLog.objects.bulk_create(rows)
        CallEvent.objects.bulk_create(event for row in rows for event in _events(row))
        Transcript.objects.bulk_create(
            _transcript(chance, row, says_once=number == calls // 2)
            for number, row in zip(numbers, rows, strict=True)
        )
        CallNote.objects.bulk_create(
            CallNote(call=row, text="Asked to be called later.") for row in rows if chance.random() < 0.02
        )
        WebhookDelivery.objects.bulk_create(_delivery(chance, row) for row in rows if row.outcome)


def _people() -> list[Any]:
    users = get_user_model().objects
    names = [f"person{number}" for number in range(PEOPLE)]
    return [users.get_or_create(username=name, defaults={"is_staff": True})[0] for name in names]


def _templates() -> list[CallTemplate]:
    agents = [
        Agent.objects.create(agent_uuid=f"agent_of_history_{number}", name=f"Desk {number}")
        for number in range(AGENTS)
    ]
    return [_template(number, agents[number % AGENTS]) for number in range(TEMPLATES)]


def _template(number: int, agent: Agent) -> CallTemplate:
    template = CallTemplate.objects.create(
        name=f"Reminder {number}",
        agent=agent,
        country="IN",
        greeting="Hello {{ person_name | there }}, this is City Dental about {{ appointment_date }}.",
        prompt="Remind of the appointment, politely. " * 20,
        max_call_duration_seconds=300,
    )
    for place, key in enumerate(("confirmed", "reason", "day")):
        DataPoint.objects.create(template=template, position=place, key=key, description=f"Ask for {key}.")
    template.record_version(None)
    return template


def _call(
    chance: random.Random, number: int, calls: int, templates: list[CallTemplate], people: list[Any]
) -> CallLog:
    status = _pick(chance, _STATUSES)
    outcome = _pick(chance, _OUTCOMES) if status == CallStatus.FINISHED else ""
    answered = outcome == "picked"
    template = templates[int(chance.random() ** 2 * len(templates))]
    at = timezone.now() - timedelta(days=DAYS) * (1 - (number + 1) / calls)
    return CallLog(
        agent=template.agent,
        template=template if chance.random() < 0.9 else None,
        template_version=_version(template),
        placed_by=chance.choice(people),
        person_name=f"{chance.choice(_FIRST)} {chance.choice(_LAST)}",
        phone_number=f"+9198{chance.randrange(10**8):08}",
        country="IN",
        status=status,
        requested_at=at,
        sent_at=at if outcome else None,
        finished_at=at + timedelta(minutes=3) if outcome else None,
        call_id=f"call_{number:07}" if outcome else "",
        call_log_id=f"log-{number:07}" if outcome else "",
        outcome=outcome,
        duration_seconds=chance.randrange(10, 300) if answered else None,
        reviewed_at=at if chance.random() < 0.7 else None,
        follow_up_on=at.date() if chance.random() < 0.01 else None,
        follow_up_owner=chance.choice(people) if chance.random() < 0.02 else None,
        required_missing=answered and chance.random() < 0.05,
        summary=_speech(chance, 25) if answered else "",
        extracted={"confirmed": chance.choice(["yes", "no"]), "day": "Monday"} if answered else {},
        request={
            "initial_greeting": template.greeting,
            "system_prompt": template.prompt,
            "data_extraction": [{"key": "confirmed", "description": "Ask.", "required": True}],
        },
    )


_VERSIONS: dict[int, CallTemplateVersion | None] = {}


def _version(template: CallTemplate) -> CallTemplateVersion | None:
    if template.pk not in _VERSIONS:
        _VERSIONS[template.pk] = template.current_version()
    return _VERSIONS[template.pk]


def _transcript(chance: random.Random, call: CallLog, *, says_once: bool) -> Transcript:
    lines = [f"Good day, it is about your {EVERYWHERE}.", *(_speech(chance, 12) for _line in range(6))]
    if says_once:
        lines.append(f"The clinic in {ONCE}.")
    turns = [
        {"speaker": "agent" if place % 2 == 0 else "person", "text": line} for place, line in enumerate(lines)
    ]
    return Transcript(call=call, turns=turns, raw=turns, text=Transcript.as_text(turns))


def _speech(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))


def _events(call: CallLog) -> Iterator[CallEvent]:
    yield _event(call, call.requested_at, EventSource.PERSON, "Call requested.", CallStatus.QUEUED)
    if call.outcome:
        yield _event(
            call, call.requested_at, EventSource.WORKER, "OSVI accepted the call.", CallStatus.ACCEPTED
        )
        yield _event(call, call.requested_at, EventSource.DELIVERY, "OSVI sent news.", CallStatus.FINISHED)


def _event(call: CallLog, at: datetime, source: EventSource, why: str, to: CallStatus) -> CallEvent:
    return CallEvent(call=call, at=at, source=source, why=why, to_status=to)


def _delivery(chance: random.Random, call: CallLog) -> WebhookDelivery:
    body = json.dumps({"call_status": call.outcome, "call_id": call.call_id}).encode()
    strange = chance.random()
    verdict = Verdict.FAILED if strange < 0.002 else Verdict.UNMATCHED if strange < 0.005 else Verdict.APPLIED
    return WebhookDelivery(
        route=WebhookRoute.CALL,
        verdict=verdict,
        call=call if verdict == Verdict.APPLIED else None,
        received_at=call.requested_at,
        body=body,
        body_size=len(body),
        body_digest=WebhookDelivery.digest(body),
    )


def _pick(chance: random.Random, weights: dict[Any, int]) -> Any:
    return chance.choices(list(weights), list(weights.values()))[0]
