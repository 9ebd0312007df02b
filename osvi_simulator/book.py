"""The calls that the simulator accepted, and where each of them stands.

A call's whole course is fixed when it is accepted; where it stands follows from the clock alone,
so a thousand calls under way cost nothing until somebody asks.
"""

import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from calls.osvi.contract import CallRequest
from osvi_simulator.agents import AGENTS_BY_ID, SimulatedAgent
from osvi_simulator.conversation import SECONDS_PER_TURN, Conversation, hold_conversation
from osvi_simulator.scenarios import FAILING_LOOKUPS, Life, Lookup, Scenario

IST = timezone(timedelta(hours=5, minutes=30))
FROM_NUMBER = "+918047112345"
SAME_CALL_ID = "47474747-4747-4747-8747-474747474747"
RUNNING = "in_progress"


@dataclass(frozen=True, slots=True)
class Stage:
    """From `at` seconds after acceptance (at speed 1) the call has this status."""

    at: float
    status: str
    connected: bool = False
    retry_count: int = 0


_RINGING = Stage(0, RUNNING)
_COURSE = {
    Life.ANSWERED: (_RINGING, Stage(0.5, RUNNING, connected=True), Stage(2.5, "picked", connected=True)),
    Life.ANSWERED_AT_ONCE: (Stage(0, "picked", connected=True),),
    Life.NOT_ANSWERED: (_RINGING, Stage(2, "not_picked")),
    Life.BUSY: (_RINGING, Stage(0.5, "busy")),
    Life.FAILED: (_RINGING, Stage(0.5, "failed")),
    Life.VOICEMAIL: (_RINGING, Stage(1.5, "voicemail")),
    Life.ANSWERED_ON_RETRY: (
        _RINGING,
        Stage(2, "not_picked"),
        Stage(4, RUNNING, retry_count=1),
        Stage(4.5, RUNNING, connected=True, retry_count=1),
        Stage(6.5, "picked", connected=True, retry_count=1),
    ),
    Life.UNKNOWN_WORD: (_RINGING, Stage(1.5, "rescheduled")),
    Life.ENDLESS: (_RINGING,),
}


def course_of(life: Life, request: CallRequest) -> tuple[Stage, ...]:
    """Return the stages of a call; OSVI tries again only when the request enables its retries."""
    overrides = request.call_config_overrides
    retry = overrides.retry_config if overrides else None
    return stages(life, retries=bool(retry and retry.enabled))


def stages(life: Life, *, retries: bool) -> tuple[Stage, ...]:
    """Return the stages of a life, with OSVI's own retries or without."""
    if life is Life.ANSWERED_ON_RETRY and not retries:
        life = Life.NOT_ANSWERED
    return _COURSE[life]


@dataclass
class Call:
    """One accepted call. `accepted_at` is aware, `clock` the monotonic second of the same moment."""

    call_id: str
    request: CallRequest
    phone_number: str
    scenario: Scenario
    speed: float
    accepted_at: datetime
    clock: float
    failed_lookups: int = field(default=0)

    @cached_property
    def course(self) -> tuple[Stage, ...]:
        return course_of(self.scenario.life, self.request)

    @cached_property
    def agent(self) -> SimulatedAgent:
        return AGENTS_BY_ID[self.request.agent_uuid]

    @property
    def stage(self) -> Stage:
        """Where the call stands now."""
        lived = (time.monotonic() - self.clock) * self.speed
        return [stage for stage in self.course if stage.at <= lived][-1]

    @property
    def final_stage(self) -> Stage:
        return self.course[-1]

    @cached_property
    def picked_at(self) -> datetime | None:
        """When the person answers, which may still lie ahead."""
        first = next((stage for stage in self.course if stage.connected), None)
        return None if first is None else self.accepted_at + timedelta(seconds=first.at / self.speed)

    @cached_property
    def conversation(self) -> Conversation | None:
        """What is said if the call is answered; it is told in its own time, not in that of `speed`."""
        if self.picked_at is None:
            return None
        return hold_conversation(self.request, self.agent.name, self.picked_at)

    @property
    def duration_seconds(self) -> int | None:
        if self.conversation is None:
            return None
        overrides = self.request.call_config_overrides
        longest = overrides.max_call_duration_seconds if overrides else None
        return min(self.conversation.seconds, longest or self.conversation.seconds)

    def transcript(self) -> list[dict[str, str]]:
        """Return the turns as objects; empty until the call ended with a conversation."""
        if self.conversation is None or self.picked_at is None or self.stage.status != "picked":
            return []
        return [
            {
                "role": role,
                "content": words,
                "timestamp": (self.picked_at + timedelta(seconds=position * SECONDS_PER_TURN)).isoformat(),
            }
            for position, (role, words) in enumerate(self.conversation.turns)
        ]

    def list_item(self) -> dict[str, Any]:
        """Return the call as `GET /v1/calls` shows it now."""
        stage = self.stage
        talked = stage.status == "picked"
        return {
            "call_id": self.call_id,
            "agent_uuid": self.agent.agent_id,
            "agent_name": self.agent.name,
            "phone_number": self.phone_number,
            "from_number": FROM_NUMBER,
            "status": stage.status,
            "call_type": "outbound",
            "duration_seconds": self.duration_seconds if talked else None,
            "call_ended_by": "agent" if talked else None,
            "call_ended_reason": "assistant-ended-call" if talked else None,
            "campaign_id": None,
            "campaign_upload_id": None,
            "tag": None,
            "created_at": self.accepted_at.isoformat(),
            "call_picked_at": self.picked_at.isoformat() if stage.connected and self.picked_at else None,
        }

    def detail(self) -> dict[str, Any]:
        """Return the call as `GET /v1/call/{id}` shows it now."""
        talk = self.conversation if self.stage.status == "picked" else None
        return self.list_item() | {
            "caller_name": self.request.person_name,
            "retry_count": self.stage.retry_count,
            "summary": talk.summary if talk else None,
            "data_captured": talk.captured if talk else {},
            "post_call_analysis": self.analysis if talk else {},
        }

    @property
    def analysis(self) -> dict[str, Any]:
        return {"sentiment": "positive", "callback_required": False}


class CallBook:
    """Every accepted call, oldest first. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._by_id: dict[str, Call] = {}
        self._turned_away: set[str] = set()

    def accept(self, request: CallRequest, phone_number: str, scenario: Scenario, speed: float) -> Call:
        """Enter a call; it begins to ring now."""
        call_id = SAME_CALL_ID if scenario.same_call_id else str(uuid.uuid4())
        accepted_at = datetime.now(IST)
        call = Call(call_id, request, phone_number, scenario, speed, accepted_at, time.monotonic())
        with self._lock:
            self._calls.append(call)
            self._by_id[call_id] = call
        return call

    def first_time(self, phone_number: str) -> bool:
        """Return True the first time this number is asked about, then False."""
        with self._lock:
            known = phone_number in self._turned_away
            self._turned_away.add(phone_number)
        return not known

    def newest_first(self) -> list[Call]:
        with self._lock:
            return self._calls[::-1]

    def get(self, call_id: str) -> Call | None:
        with self._lock:
            return self._by_id.get(call_id)

    def lookup_fails(self, call: Call) -> bool:
        """Return whether this look-up is one of those that its scenario lets fail; counts it."""
        if call.scenario.lookup is not Lookup.FAILS_FIRST:
            return False
        with self._lock:
            call.failed_lookups += 1
            return call.failed_lookups <= FAILING_LOOKUPS
