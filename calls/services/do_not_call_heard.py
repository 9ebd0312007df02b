"""Heard: news of a call in which the person may have asked not to be called becomes a proposal that staff decide."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from calls.models import CallLog
from calls.osvi.outcomes import Turn
from calls.services import do_not_call
from calls.services.do_not_call_phrases import plain, wish_in_report, wish_in_speech

# What of a call can hold such words.
_TELLING = frozenset({"summary", "extracted", "analysis", "transcript", "tag"})
# Names of answers and analysis fields that ask whether somebody wants to be called; words joined by "_".
_KEYS = (
    "do_not_call",
    "do_not_contact",
    "do_not_disturb",
    "donotcall",
    "dont_call",
    "dnc",
    "dnd",
    "opt_out",
    "optout",
    "opted_out",
    "unsubscribe",
    "unsubscribed",
    "stop_calling",
    "stop_calls",
    "no_more_calls",
    "remove_number",
    "remove_from_list",
    "removal_requested",
    "not_call_again",
)
# With these in its name, the field tells what the agent did.
_NOT_THE_PERSON = frozenset(
    {"no", "not", "offered", "explained", "mentioned", "informed", "checked", "available"}
)
# Yes, as agents write it.
_YES = frozenset(
    {
        "yes", "y", "true", "1", "1.0", "requested", "confirmed", "opted out", "opt out", "do not call", "dnd",
        "हाँ", "हां", "हा", "जी", "जी हाँ", "जी हां", "सही", "haan", "han", "ha", "ji", "ji haan", "ji han",
    }
)  # fmt: skip
_BEGINS_WITH_YES = re.compile(r"(?:yes|true|requested|ji haan|haan|जी हाँ|जी हां|हाँ|हां)[ ,.;:–-]")
_DEEPEST = 4


@dataclass(frozen=True)
class Heard:
    """Words that may be a wish not to be called, and a sentence in English that says where they stand."""

    words: str
    found_in: str


def listen(call: CallLog, told: list[str], turns: tuple[Turn, ...]) -> None:
    """Propose the number of a call whose columns `told` have just changed, if it says so. Cheap where nothing does."""
    if _TELLING.isdisjoint(told):
        return
    heard = heard_in(call, turns)
    if heard is not None:
        do_not_call.propose(call, heard.words, heard.found_in)


def heard_in(call: CallLog, turns: tuple[Turn, ...]) -> Heard | None:
    """Return the first words of a call that may be such a wish, the clearest kind first."""
    for name, value in (*_fields(call.extracted), *_fields(call.analysis)):
        if _asks_about_calls(name) and _says_yes(value):
            return Heard(
                f"{name}: {_told(value)}", gettext_noop("An answer or a field of the analysis says so.")
            )
    if call.tag and _asks_about_calls(call.tag):
        return Heard(call.tag, gettext_noop("The call's tag says so."))
    for turn in turns:
        if turn.speaker != "agent" and (words := wish_in_speech(turn.text)):
            return Heard(words, gettext_noop("Said in the conversation."))
    if words := wish_in_report(call.summary):
        return Heard(words, gettext_noop("The summary says so."))
    return None


def _fields(value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield name and value of each field, those of nested objects too."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name), inner
            yield from _fields(inner, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item, depth + 1)


def _asks_about_calls(name: str) -> bool:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:200]).lower().replace("'", "")
    words = "_" + re.sub(r"[^a-z0-9]+", "_", spaced).strip("_") + "_"
    for key in _KEYS:
        if f"_{key}_" in words:
            rest = words.replace(f"_{key}_", "_").strip("_").split("_")
            return _NOT_THE_PERSON.isdisjoint(rest)
    return False


def _says_yes(value: Any) -> bool:
    value = _told(value)
    if isinstance(value, bool | int | float):
        return value == 1
    if not isinstance(value, str):
        return False
    words = plain(value[:500]).strip(" .!।")
    return words in _YES or bool(_BEGINS_WITH_YES.match(words)) or bool(wish_in_report(value))


def _told(value: Any) -> Any:
    """Return what a field says that some agents write as {"value": "yes", "reason": …}."""
    if not isinstance(value, dict):
        return value
    return next((value[name] for name in ("value", "answer", "result") if name in value), None)
