"""Transcripts in one shape: a tuple of turns.

The vendor names neither the fields of a turn nor its speakers, so the tables here are guesses, tried in
order.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from calls.osvi.cleaning import clean_json
from calls.osvi.values import text, word


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation. `speaker` is "agent", "person" or ""; `at` is the provider's own text."""

    speaker: str
    text: str
    at: str = ""


_SPEAKERS = {
    "agent": "agent",
    "assistant": "agent",
    "bot": "agent",
    "ai": "agent",
    "user": "person",
    "human": "person",
    "customer": "person",
    "person": "person",
}
# No field name of a turn is documented; these are tried in order.
_SPEAKER_NAMES = ("role", "speaker", "sender", "type")
_TEXT_NAMES = ("content", "text", "message", "transcript")
_TIME_NAMES = ("timestamp", "time", "start", "start_time", "created_at")
_SPEAKER_LINE = re.compile(r"^[ \t]*(agent|user)[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE)


def read_turns(value: Any) -> tuple[Turn, ...]:
    """Return the turns of a transcript given as text or as an array of turns of any form; () if there are
    none.

    Text is split where a line begins with "Agent:" or "User:". A turn that has no text under a known name is
    shown as its JSON rather than dropped.
    """
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return ()
    return tuple(turn for item in value for turn in _turns(clean_json(item)) if turn.text)


def turns_to_json(turns: Iterable[Turn]) -> list[dict[str, str]]:
    """Return the turns as plain JSON, to be stored; `turns_from_json` reads it back."""
    return [asdict(turn) for turn in turns]


def turns_from_json(stored: Iterable[Mapping[str, str]]) -> tuple[Turn, ...]:
    """Return the turns stored by `turns_to_json`."""
    return tuple(Turn(**turn) for turn in stored)


def _turns(item: Any) -> Iterable[Turn]:
    """Read one item of the array, already cleaned."""
    if isinstance(item, str):
        return _turns_of_text(item)
    if isinstance(item, dict):
        return (_turn_of_object(item),)
    return () if item is None else (Turn("", _json(item)),)


def _turns_of_text(spoken: str) -> Iterator[Turn]:
    marks = list(_SPEAKER_LINE.finditer(spoken))
    yield Turn("", spoken[: marks[0].start() if marks else len(spoken)].strip())
    ends = [*(mark.start() for mark in marks[1:]), len(spoken)]
    for mark, end in zip(marks, ends, strict=False):
        yield Turn(_SPEAKERS[mark[1].lower()], spoken[mark.end() : end].strip())


def _turn_of_object(item: dict[str, Any]) -> Turn:
    speakers = (_SPEAKERS.get(text(item.get(name)).lower(), "") for name in _SPEAKER_NAMES)
    texts = [item[name].strip() for name in _TEXT_NAMES if isinstance(item.get(name), str)]
    times = (word(item.get(name)) for name in _TIME_NAMES)
    shown = next(filter(None, texts), "") if texts or not item else _json(item)
    return Turn(next(filter(None, speakers), ""), shown, next(filter(None, times), ""))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
