"""`/v1/campaigns/{id}`: people are handed over, and their statuses follow over time.

Nobody is rung, and the journal's rings do not count them: whom a campaign was given stands in the bodies there.
"""

import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from pydantic import JsonValue, ValidationError

from calls.osvi.contract import CAMPAIGNS_PATH, CampaignContacts
from osvi_simulator.agents import AGENTS_BY_ID
from osvi_simulator.book import IST, RUNNING, Stage, stages
from osvi_simulator.dnd import DndBook, e164
from osvi_simulator.faults import REFUSALS, SPOILT_ANSWERS, TOO_MANY
from osvi_simulator.rejections import rejection
from osvi_simulator.reply import NOT_FOUND, SERVER_ERROR, UNKNOWN_AGENT, Reply, Request, data, refusal
from osvi_simulator.scenarios import FAILING_LOOKUPS, Answer, Life, Lookup, for_number

# A campaign rings so many people at a time, and the next ones so many seconds later (at speed 1).
LINES = 50
SECONDS_PER_ROUND = 2.5

_PATH = re.compile(rf"{CAMPAIGNS_PATH}/(\d{{1,18}})/(contacts|status)")
_NOT_FINAL = frozenset({"", RUNNING})
_NO_TRUNK = refusal(400, "The agent has no active outbound trunk")


@dataclass(frozen=True, slots=True)
class Campaign:
    """One row of the table. A campaign that does not run keeps its people waiting."""

    id: int
    what: str
    name: str = "A campaign with a fault"
    answer: Answer = Answer.ACCEPTED
    status: str = "active"
    retries: bool = False
    lookup: Lookup = Lookup.FOUND


CAMPAIGNS = (
    Campaign(7, "taken and rung; OSVI's own retries are on", "Policy renewals", retries=True),
    Campaign(8, "taken and rung; no retries", "Feedback after a visit"),
    Campaign(
        9, "taken, never rung; its status is a word nobody knows (`archived`)", "Old", status="archived"
    ),
    Campaign(21, "taken, then the connection closes without an answer", answer=Answer.LOST),
    Campaign(22, "the connection closes without an answer, nobody taken", answer=Answer.DROPPED),
    Campaign(23, "taken, answered only after `--slow-seconds`", answer=Answer.SLOW),
    Campaign(24, "taken, then 500", answer=Answer.ERROR_AFTER),
    Campaign(25, "500, nobody taken", answer=Answer.ERROR_BEFORE),
    Campaign(26, "429 with `Retry-After: 2` the first time, then taken", answer=Answer.TOO_MANY_ONCE),
    Campaign(27, "200 with `success: false`, nobody taken", answer=Answer.NOT_SUCCESS),
    Campaign(28, "taken, answered 200 with something that is not JSON", answer=Answer.NOT_JSON),
    Campaign(29, "taken, answered 200 without a `campaign_upload_id`", answer=Answer.NO_CALL_ID),
    Campaign(31, "400, refused on the provider's side", answer=Answer.BAD_REQUEST),
    Campaign(32, "401, to the status, too", answer=Answer.UNAUTHORIZED),
    Campaign(33, "403", answer=Answer.FORBIDDEN),
    Campaign(35, "422 with a list of `errors`", answer=Answer.UNPROCESSABLE),
    Campaign(48, "taken and rung; the status gives 500 the first 3 times", lookup=Lookup.FAILS_FIRST),
)
_BY_ID = {campaign.id: campaign for campaign in CAMPAIGNS}


def markdown_table() -> str:
    """Return the table as the documentation shows it."""
    rows = [f"| {row.id} | {row.what} |" for row in CAMPAIGNS]
    return "\n".join(["| campaign | what happens |", "| --- | --- |", *rows, "| any other | 404 |"])


@dataclass(frozen=True, slots=True)
class Queued:
    """A person whose turn comes `at` seconds (at speed 1) after the upload."""

    at: float
    phone: str
    course: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """What one request handed over; `clock` is the monotonic second of `created_at`."""

    id: int
    agent_uuid: str
    file_name: str
    created_at: datetime
    clock: float
    speed: float
    queue: tuple[Queued, ...]

    def standing(self, dnd: DndBook) -> Iterator[tuple[str, bool]]:
        """Yield the status of each person's call, "" before their turn, and whether it is final.

        Those who were on the agent's do-not-call list when their turn came are left out.
        """
        now = time.monotonic()
        for person in self.queue:
            turn = self.clock + person.at / self.speed
            if now < turn:
                yield "", False
            elif not dnd.bars(self.agent_uuid, person.phone, turn):
                lived = (now - turn) * self.speed
                stage = [stage for stage in person.course if stage.at <= lived][-1]
                yield stage.status, stage is person.course[-1] and stage.status not in _NOT_FINAL

    def as_json(self, *, completed: bool) -> dict[str, Any]:
        queue = {
            "agent_uuid": self.agent_uuid,
            "total_queued": len(self.queue),
            "completed": completed,
        }
        return {
            "campaign_upload_id": self.id,
            "file_name": self.file_name,
            "agent_uuid": self.agent_uuid,
            "created_at": self.created_at.isoformat(),
            "queues": [queue] if self.queue else [],
        }


class CampaignBook:
    """What each campaign was given. Safe to use from many threads."""

    def __init__(self, dnd: DndBook) -> None:
        self.dnd = dnd
        self.opened_at = datetime.now(IST)
        self._lock = threading.Lock()
        self._ids = count(101)
        self._uploads: dict[int, list[Upload]] = {campaign.id: [] for campaign in CAMPAIGNS}
        self._asked: Counter[tuple[str, int]] = Counter()

    def take(
        self, campaign: Campaign, agent_uuid: str, phones: list[str], *, enqueue: bool, speed: float
    ) -> Upload:
        """Enter an upload; if `enqueue`, its people are rung from now on."""
        created_at = datetime.now(IST)
        queue = (
            Queued(position // LINES * SECONDS_PER_ROUND, phone, _course(campaign, phone))
            for position, phone in enumerate(phones if enqueue else ())
        )
        name = f"{int(created_at.timestamp())}-api_contacts_{uuid.uuid4().hex[:8]}.csv"
        with self._lock:
            upload = Upload(
                next(self._ids), agent_uuid, name, created_at, time.monotonic(), speed, tuple(queue)
            )
            self._uploads[campaign.id].append(upload)
        return upload

    def uploads(self, campaign: Campaign) -> list[Upload]:
        with self._lock:
            return list(self._uploads[campaign.id])

    def times_asked(self, what: str, campaign: Campaign) -> int:
        """Count a question of this kind; return how many there were."""
        with self._lock:
            self._asked[what, campaign.id] += 1
            return self._asked[what, campaign.id]


def _course(campaign: Campaign, phone: str) -> tuple[Stage, ...]:
    if campaign.status != "active":
        return (Stage(0, ""),)
    scenario = for_number(phone)
    return stages(scenario.life if scenario.rings else Life.FAILED, retries=campaign.retries)


def answer_campaigns(
    request: Request, book: CampaignBook, speed: float, hold_back: Callable[[], None]
) -> Reply:
    """Answer a request below `/v1/campaigns/`; `hold_back` waits as long as a slow answer takes."""
    path = _PATH.fullmatch(request.path)
    campaign = _BY_ID.get(int(path[1])) if path else None
    if path is None or campaign is None:
        return NOT_FOUND
    match request.method, path[2]:
        case "POST", "contacts":
            return _add_contacts(request, campaign, book, speed, hold_back)
        case "GET", "status":
            return _status(campaign, book)
    return NOT_FOUND


def _add_contacts(
    request: Request, campaign: Campaign, book: CampaignBook, speed: float, hold_back: Callable[[], None]
) -> Reply:
    try:
        wanted = CampaignContacts.model_validate_json(request.body)
    except ValidationError as error:
        return refusal(400, *rejection(error))
    if wanted.agent_uuid not in AGENTS_BY_ID:
        return UNKNOWN_AGENT
    if campaign.answer is Answer.BAD_REQUEST:
        return _NO_TRUNK
    if campaign.answer in REFUSALS:
        return REFUSALS[campaign.answer]
    if campaign.answer is Answer.TOO_MANY_ONCE and book.times_asked("contacts", campaign) == 1:
        return TOO_MANY
    phones = [e164(str(contact["phone"])) for contact in wanted.contacts]
    names = _names(phones, wanted.contacts)
    skipped = {phone for phone in names if book.dnd.bars(wanted.agent_uuid, phone)}
    accepted = [phone for phone in names if phone not in skipped]
    upload = book.take(campaign, wanted.agent_uuid, accepted, enqueue=wanted.enqueue, speed=speed)
    if campaign.answer is Answer.SLOW:
        hold_back()
    return SPOILT_ANSWERS.get(campaign.answer) or data(
        {
            "campaign_upload_id": upload.id,
            "contacts_received": len(wanted.contacts),
            "contacts_accepted": len(accepted),
            "duplicates_removed": sum(map(bool, phones)) - len(names),
            "enqueued": wanted.enqueue,
            "queued_calls": len(upload.queue),
            "dnd_skipped": [{"phone": phone, "person_name": names[phone]} for phone in sorted(skipped)],
        }
    )


def _names(phones: list[str], contacts: list[dict[str, JsonValue]]) -> dict[str, str]:
    """Return number (E.164) → name, of duplicates the longer one; without what is no number."""
    names: dict[str, str] = {}
    for phone, contact in zip(phones, contacts, strict=True):
        if phone:
            names[phone] = max(names.get(phone, ""), str(contact.get("person_name", "")), key=len)
    return names


def _status(campaign: Campaign, book: CampaignBook) -> Reply:
    if campaign.answer is Answer.UNAUTHORIZED:
        return REFUSALS[campaign.answer]
    if campaign.lookup is Lookup.FAILS_FIRST and book.times_asked("status", campaign) <= FAILING_LOOKUPS:
        return SERVER_ERROR
    uploads = [(upload, list(upload.standing(book.dnd))) for upload in book.uploads(campaign)]
    calls = Counter(status for _, standing in uploads for status, _ in standing if status)
    return data(
        {
            "campaign": {
                "id": campaign.id,
                "name": campaign.name,
                "status": campaign.status,
                "is_retry_enabled": campaign.retries,
                "retry_threshold": 2 if campaign.retries else None,
                "retry_delay": 900 if campaign.retries else None,
                "created_at": book.opened_at.isoformat(),
            },
            "calls": {"total": calls.total(), "by_status": dict(calls)},
            "uploads": [
                upload.as_json(completed=all(final for _, final in standing)) for upload, standing in uploads
            ],
        }
    )
