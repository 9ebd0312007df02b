"""The endpoints under /v1: authentication, then what the vendor's documentation says each of them does."""

import hmac
import threading
import time
import uuid

import phonenumbers
from pydantic import ValidationError

from calls.osvi.contract import CALL_PATH, CAMPAIGNS_PATH, DND_PATH, CallRequest
from osvi_simulator.agents import AGENTS, AGENTS_BY_ID
from osvi_simulator.book import Call, CallBook
from osvi_simulator.campaigns import CampaignBook, answer_campaigns
from osvi_simulator.courier import Courier
from osvi_simulator.dnd import DndBook, answer_dnd
from osvi_simulator.faults import REFUSALS, SPOILT_ANSWERS, TOO_MANY
from osvi_simulator.journal import Journal, ReceivedRequest
from osvi_simulator.listing import list_calls
from osvi_simulator.options import Options
from osvi_simulator.recording import LINK_SECONDS, RecordingLinks
from osvi_simulator.rejections import rejection
from osvi_simulator.reply import (
    GATEWAY_DOWN,
    INVALID_TOKEN,
    NOT_FOUND,
    SERVER_ERROR,
    UNKNOWN_AGENT,
    Reply,
    Request,
    data,
    json_reply,
    refusal,
)
from osvi_simulator.scenarios import Answer, Lookup, News, for_number


class Api:
    """One account at the simulated provider."""

    def __init__(self, options: Options, journal: Journal, stopping: threading.Event) -> None:
        self.options = options
        self.journal = journal
        self.book = CallBook()
        self.dnd = DndBook()
        self.campaigns = CampaignBook(self.dnd)
        self.links = RecordingLinks()
        self.courier = Courier(journal)
        self._stopping = stopping

    def answer(self, request: Request, entry: ReceivedRequest) -> Reply:
        """Return the answer to a request under /v1 and complete its journal entry, but for the status."""
        if self.options.down:
            return GATEWAY_DOWN
        token = request.headers.get("api-token", "")
        if not hmac.compare_digest(token.encode(), self.options.token.encode()):
            return INVALID_TOKEN
        if request.path == DND_PATH:
            return answer_dnd(request, entry, self.dnd, self._hold_back)
        if request.path.startswith(f"{CAMPAIGNS_PATH}/"):
            return answer_campaigns(request, self.campaigns, self.options.speed, self._hold_back)
        if request.method == "POST":
            return self._place(request, entry) if request.path == CALL_PATH else NOT_FOUND
        if request.method != "GET":
            return NOT_FOUND
        if request.path == "/v1/active_agents":
            return json_reply(
                200,
                [{"agent_id": agent.agent_id, "name": agent.name, "status": "active"} for agent in AGENTS],
            )
        if request.path == "/v1/calls":
            return list_calls(self.book, request.query)
        return self._look_up(request, entry)

    def pause(self) -> bool:
        """Wait as long as the answer is to be held back; return whether the simulator stops instead."""
        if self.options.latency_ms:
            self._stopping.wait(self.options.latency_ms / 1000)
        return self._stopping.is_set()

    def _hold_back(self) -> None:
        """Wait as long as a slow answer takes, or until the simulator stops."""
        self._stopping.wait(self.options.slow_seconds)

    def _place(self, request: Request, entry: ReceivedRequest) -> Reply:
        try:
            wanted = CallRequest.model_validate_json(request.body)
        except ValidationError as error:
            return refusal(400, *rejection(error))
        number = phonenumbers.parse(wanted.phone_number, wanted.country_code)
        entry.phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if wanted.agent_uuid not in AGENTS_BY_ID:
            return UNKNOWN_AGENT
        scenario = for_number(entry.phone)
        if scenario.answer in REFUSALS:
            return REFUSALS[scenario.answer]
        if scenario.answer is Answer.TOO_MANY_ONCE and self.book.first_time(entry.phone):
            return TOO_MANY
        call = self.book.accept(wanted, entry.phone, scenario, self.options.speed)
        self.journal.rang(entry)
        if scenario.news is News.BEFORE_ANSWER:
            self.courier.send_now(call)
        self.courier.schedule(call)
        if scenario.answer is Answer.SLOW:
            self._hold_back()
        return SPOILT_ANSWERS.get(scenario.answer) or data({"call_id": call.call_id})

    def _look_up(self, request: Request, entry: ReceivedRequest) -> Reply:
        """Answer `GET /v1/call/{id}` and the two pages below it."""
        call_id, _, page = request.path.removeprefix("/v1/call/").partition("/")
        call = self.book.get(call_id) if _is_uuid(call_id) else None
        if call is None or page not in ("", "transcript", "recording"):
            return NOT_FOUND
        entry.phone = call.phone_number
        if call.scenario.lookup is Lookup.NOT_FOUND:
            return NOT_FOUND
        if self.book.lookup_fails(call):
            return SERVER_ERROR
        if page == "transcript":
            return data({"call_id": call_id, "transcript": call.transcript()})
        return self._recording(call, request) if page else data(call.detail())

    def _recording(self, call: Call, request: Request) -> Reply:
        if call.stage.status != "picked":
            return NOT_FOUND
        host = request.headers.get("host", "127.0.0.1")
        url = f"http://{host}{self.links.path(call.call_id, time.time())}"
        return data({"call_id": call.call_id, "recording_url": url, "expires_in_seconds": LINK_SECONDS})


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
