"""`/v1/dnd_numbers`: one do-not-call list per agent, in force at once.

Single calls ignore it, as the vendor's pages suggest; campaigns do not.
"""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import phonenumbers
from pydantic import ValidationError

from calls.osvi.contract import DndEntry
from osvi_simulator.agents import AGENTS_BY_ID
from osvi_simulator.book import IST
from osvi_simulator.faults import REFUSALS, SPOILT_ANSWERS, TOO_MANY
from osvi_simulator.journal import ReceivedRequest
from osvi_simulator.listing import paged
from osvi_simulator.rejections import rejection
from osvi_simulator.reply import NOT_FOUND, Reply, Request, json_reply, refusal
from osvi_simulator.scenarios import Answer

# A number without a country code is one of this country.
COUNTRY = "IN"


@dataclass(frozen=True, slots=True)
class DndScenario:
    """How a change of a list ends; `once` refuses a number that is on the list already."""

    digits: str
    what: str
    answer: Answer = Answer.ACCEPTED
    once: bool = False


SCENARIOS = (
    DndScenario("71", "500, nothing changed", Answer.ERROR_BEFORE),
    DndScenario("72", "changed, then the connection closes without an answer", Answer.LOST),
    DndScenario("73", "429 with `Retry-After: 2` the first time, then changed", Answer.TOO_MANY_ONCE),
    DndScenario("74", "422 with a list of `errors` when the number is on the list already", once=True),
    DndScenario("75", "400, nothing changed", Answer.BAD_REQUEST),
    DndScenario("76", "401, nothing changed", Answer.UNAUTHORIZED),
    DndScenario("77", "changed, answered only after `--slow-seconds`", Answer.SLOW),
)
DEFAULT = DndScenario("any other", "changed; adding a number twice gives the same entry again")
_BY_DIGITS = {scenario.digits: scenario for scenario in SCENARIOS}
_TAKEN = json_reply(422, {"success": False, "errors": ["Phone has already been taken"]})


def markdown_table() -> str:
    """Return the table as the documentation shows it."""
    rows = [f"| {row.digits} | {row.what} |" for row in (*SCENARIOS, DEFAULT)]
    return "\n".join(["| last digits | what happens |", "| --- | --- |", *rows])


def e164(phone: str) -> str:
    """Return the number in E.164, or "". A plus sign that was not percent-encoded makes no number."""
    if phone[:1].isspace():
        return ""
    try:
        number = phonenumbers.parse(phone, COUNTRY)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@dataclass(slots=True)
class Listed:
    """A number on a list, in force between two readings of the monotonic clock."""

    id: int
    agent_uuid: str
    phone: str
    reason: str | None
    created_at: datetime
    since: float = field(default_factory=time.monotonic)
    until: float = math.inf

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "agent_uuid": self.agent_uuid,
            "phone": self.phone,
            "reason": self.reason,
            "created_at": self.created_at.isoformat(),
        }


class DndBook:
    """The lists of all agents, entries that were removed included. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = count(1)
        self._entries: dict[str, dict[str, list[Listed]]] = defaultdict(dict)
        self._turned_away: set[str] = set()

    def add(self, agent_uuid: str, phone: str, reason: str | None) -> Listed:
        """Enter a number; return the entry that there is, if it is on the list."""
        with self._lock:
            entries = self._entries[agent_uuid].setdefault(phone, [])
            if not entries or entries[-1].until < math.inf:
                entries.append(Listed(next(self._ids), agent_uuid, phone, reason, datetime.now(IST)))
            return entries[-1]

    def remove(self, agent_uuid: str, phone: str) -> bool:
        """Take a number off; return whether it was on the list."""
        with self._lock:
            entries = self._entries[agent_uuid].get(phone)
            if not entries or entries[-1].until < math.inf:
                return False
            entries[-1].until = time.monotonic()
            return True

    def bars(self, agent_uuid: str, phone: str, clock: float | None = None) -> bool:
        """Return whether the number is on the list now, or was at a reading of the monotonic clock."""
        moment = time.monotonic() if clock is None else clock
        with self._lock:
            entries = self._entries[agent_uuid].get(phone, ())
            return any(entry.since <= moment < entry.until for entry in entries)

    def newest_first(self, agent_uuid: str) -> list[Listed]:
        """Return what is in force."""
        with self._lock:
            latest = [entries[-1] for entries in self._entries[agent_uuid].values()]
        return sorted((entry for entry in latest if entry.until == math.inf), key=lambda entry: -entry.id)

    def first_time(self, phone: str) -> bool:
        """Return True the first time this number is asked about, then False."""
        with self._lock:
            known = phone in self._turned_away
            self._turned_away.add(phone)
        return not known


def answer_dnd(
    request: Request, entry: ReceivedRequest, book: DndBook, hold_back: Callable[[], None]
) -> Reply:
    """Answer a request to `/v1/dnd_numbers`; `hold_back` waits as long as a slow answer takes."""
    match request.method:
        case "POST":
            return _add(request, entry, book, hold_back)
        case "GET":
            return _list(request, book)
        case "DELETE":
            return _remove(request, entry, book, hold_back)
    return NOT_FOUND


def _add(request: Request, entry: ReceivedRequest, book: DndBook, hold_back: Callable[[], None]) -> Reply:
    try:
        wanted = DndEntry.model_validate_json(request.body)
    except ValidationError as error:
        return refusal(400, *rejection(error))
    if wanted.agent_uuid not in AGENTS_BY_ID:
        return NOT_FOUND
    entry.phone = e164(wanted.phone)
    if not entry.phone:
        return refusal(400, "phone is not a telephone number")
    if _scenario(entry.phone).once and book.bars(wanted.agent_uuid, entry.phone):
        return _TAKEN

    def change() -> Reply:
        listed = book.add(wanted.agent_uuid, entry.phone, wanted.reason)
        return json_reply(201, {"success": True, "data": listed.as_json()})

    return _changed(entry.phone, book, hold_back, change)


def _remove(request: Request, entry: ReceivedRequest, book: DndBook, hold_back: Callable[[], None]) -> Reply:
    for name in ("agent_uuid", "phone"):
        if not request.query.get(name, "").strip():
            return refusal(400, f"param is missing or the value is empty: {name}")
    agent_uuid = request.query["agent_uuid"]
    entry.phone = e164(request.query["phone"])

    def change() -> Reply:
        if agent_uuid not in AGENTS_BY_ID or not book.remove(agent_uuid, entry.phone):
            return NOT_FOUND
        return json_reply(200, {"success": True, "message": "Phone removed from DND list"})

    return _changed(entry.phone, book, hold_back, change)


def _changed(phone: str, book: DndBook, hold_back: Callable[[], None], change: Callable[[], Reply]) -> Reply:
    """Change the list and say so, unless the number's scenario has something else in mind."""
    answer = _scenario(phone).answer
    if answer in REFUSALS:
        return REFUSALS[answer]
    if answer is Answer.TOO_MANY_ONCE and book.first_time(phone):
        return TOO_MANY
    reply = change()
    if answer is Answer.SLOW:
        hold_back()
    return SPOILT_ANSWERS.get(answer, reply)


def _scenario(phone: str) -> DndScenario:
    return _BY_DIGITS.get(phone[-2:], DEFAULT)


def _list(request: Request, book: DndBook) -> Reply:
    agent_uuid = request.query.get("agent_uuid", "")
    if not agent_uuid:
        return refusal(400, "param is missing or the value is empty: agent_uuid")
    if agent_uuid not in AGENTS_BY_ID:
        return NOT_FOUND
    # A plus sign that was not percent-encoded arrives as a space.
    digits = request.query.get("search", "").strip(" +")
    found = [listed for listed in book.newest_first(agent_uuid) if digits in listed.phone]
    try:
        return paged(found, request.query, Listed.as_json)
    except ValueError as error:
        return refusal(400, str(error))
