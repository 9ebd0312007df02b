"""What happens to a call, chosen by the last two digits of its number: THE table.

docs/reference/simulator.md shows `markdown_table()`; a test compares the two.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Answer(Enum):
    """How `POST /v1/call` is answered."""

    ACCEPTED = auto()
    LOST = auto()
    DROPPED = auto()
    SLOW = auto()
    ERROR_AFTER = auto()
    ERROR_BEFORE = auto()
    TOO_MANY_ONCE = auto()
    NOT_SUCCESS = auto()
    NOT_JSON = auto()
    NO_CALL_ID = auto()
    BAD_REQUEST = auto()
    UNAUTHORIZED = auto()
    FORBIDDEN = auto()
    NOT_FOUND = auto()
    UNPROCESSABLE = auto()


# The answers after which nobody's telephone rings; all others ring, whatever the caller gets to see.
SILENT_ANSWERS = frozenset(
    {
        Answer.DROPPED,
        Answer.ERROR_BEFORE,
        Answer.NOT_SUCCESS,
        Answer.BAD_REQUEST,
        Answer.UNAUTHORIZED,
        Answer.FORBIDDEN,
        Answer.NOT_FOUND,
        Answer.UNPROCESSABLE,
    }
)


class Life(Enum):
    """What becomes of an accepted call."""

    ANSWERED = auto()
    ANSWERED_AT_ONCE = auto()
    NOT_ANSWERED = auto()
    BUSY = auto()
    FAILED = auto()
    VOICEMAIL = auto()
    ANSWERED_ON_RETRY = auto()
    UNKNOWN_WORD = auto()
    ENDLESS = auto()


class News(Enum):
    """How the webhook tells it."""

    ONCE = auto()
    NEVER = auto()
    TWICE = auto()
    LATE = auto()
    OUT_OF_ORDER = auto()
    GARBAGE = auto()
    BEFORE_ANSWER = auto()


class Lookup(Enum):
    """How `GET /v1/call/{id}` and the pages below it answer."""

    FOUND = auto()
    NOT_FOUND = auto()
    FAILS_FIRST = auto()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table. `variant` is the webhook form 1 to 5 that tells of a picked call."""

    digits: str
    what: str
    answer: Answer = Answer.ACCEPTED
    life: Life = Life.ANSWERED
    news: News = News.ONCE
    variant: int = 2
    lookup: Lookup = Lookup.FOUND
    same_call_id: bool = False

    @property
    def rings(self) -> bool:
        """Whether a request to such a number ends with somebody's telephone ringing."""
        return self.answer not in SILENT_ANSWERS


# Requests for GET /v1/call/{id} that fail before the first one succeeds, for Lookup.FAILS_FIRST.
FAILING_LOOKUPS = 3

DEFAULT = Scenario("any other", "answered with a conversation; one webhook (post-call analysis)")

SCENARIOS = (
    Scenario("01", "not answered; webhook (flat) says `not_picked`", life=Life.NOT_ANSWERED),
    Scenario("02", "busy; webhook (flat) says `busy`", life=Life.BUSY),
    Scenario("03", "failed; webhook (flat) says `failed`", life=Life.FAILED),
    Scenario("04", "voicemail; no webhook, only a look-up tells", life=Life.VOICEMAIL, news=News.NEVER),
    Scenario(
        "05",
        "not answered, then picked on OSVI's own retry if `retry_config.enabled`; a webhook for each",
        life=Life.ANSWERED_ON_RETRY,
    ),
    Scenario("11", "answered; no webhook ever", news=News.NEVER),
    Scenario("12", "answered; the same webhook twice", news=News.TWICE),
    Scenario("13", "answered; the webhook comes 20 s late", news=News.LATE),
    Scenario("14", "answered; webhook `picked`, then an older `not_picked`", news=News.OUT_OF_ORDER),
    Scenario(
        "15", "answered; webhooks that are not JSON and of the wrong shape, nothing else", news=News.GARBAGE
    ),
    Scenario(
        "16",
        "answered; the webhook arrives before the answer to the POST",
        life=Life.ANSWERED_AT_ONCE,
        news=News.BEFORE_ANSWER,
    ),
    Scenario("17", "ends with a status word nobody knows (`rescheduled`)", life=Life.UNKNOWN_WORD),
    Scenario("21", "accepted, then the connection closes without an answer", answer=Answer.LOST),
    Scenario("22", "the connection closes without an answer, nothing accepted", answer=Answer.DROPPED),
    Scenario("23", "accepted, answered only after `--slow-seconds`", answer=Answer.SLOW),
    Scenario("24", "accepted, then 500", answer=Answer.ERROR_AFTER),
    Scenario("25", "500, nothing accepted", answer=Answer.ERROR_BEFORE),
    Scenario("26", "429 with `Retry-After: 2` the first time, then accepted", answer=Answer.TOO_MANY_ONCE),
    Scenario("27", "200 with `success: false`, nothing accepted", answer=Answer.NOT_SUCCESS),
    Scenario("28", "accepted, answered 200 with something that is not JSON", answer=Answer.NOT_JSON),
    Scenario("29", "accepted, answered 200 without a `call_id`", answer=Answer.NO_CALL_ID),
    Scenario("31", "400, refused on the provider's side", answer=Answer.BAD_REQUEST),
    Scenario("32", "401", answer=Answer.UNAUTHORIZED),
    Scenario("33", "403", answer=Answer.FORBIDDEN),
    Scenario("34", "404", answer=Answer.NOT_FOUND),
    Scenario("35", "422 with a list of `errors`", answer=Answer.UNPROCESSABLE),
    Scenario("41", "answered; webhook variant 1, flat with `chat`", variant=1),
    Scenario("42", "answered; webhook variant 2, post-call analysis", variant=2),
    Scenario("43", "answered; webhook variant 3, custom template", variant=3),
    Scenario("44", "answered; webhook variant 4, nested `call_info`", variant=4),
    Scenario("45", "answered; webhook variant 5, a GET without a body", variant=5),
    Scenario(
        "46",
        "answered, no webhook; unknown to `GET /v1/call/{id}`, only the list shows it",
        news=News.NEVER,
        lookup=Lookup.NOT_FOUND,
    ),
    Scenario(
        "47", "answered; every call to such a number gets one and the same `call_id`", same_call_id=True
    ),
    Scenario(
        "48",
        "answered, no webhook; `GET /v1/call/{id}` gives 500 the first 3 times",
        news=News.NEVER,
        lookup=Lookup.FAILS_FIRST,
    ),
    Scenario("49", "`in_progress` for ever, no webhook", life=Life.ENDLESS, news=News.NEVER),
)

_BY_DIGITS = {scenario.digits: scenario for scenario in SCENARIOS}


def for_number(phone_number: str) -> Scenario:
    """Return the row for a number in any form; its last two characters decide."""
    return _BY_DIGITS.get(phone_number[-2:], DEFAULT)


def markdown_table() -> str:
    """Return the table as the documentation shows it."""
    lines = ["| last digits | what happens | rings |", "| --- | --- | --- |"]
    lines += [
        f"| {row.digits} | {row.what} | {'yes' if row.rings else 'no'} |" for row in (*SCENARIOS, DEFAULT)
    ]
    return "\n".join(lines)
