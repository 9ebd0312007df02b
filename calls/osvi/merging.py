"""Merge any number of news about one call so that neither order nor repetition matters.

Every kept value carries a key: the strength of the status word it came with, the rank of its source, then the
length and the text of its canonical JSON. Of two values the one with the greater key stays. Taking a maximum
is commutative, associative and idempotent, so every permutation of the same news ends in the same `Known`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from calls.osvi.outcomes import CallOutcome, NewsSource, Turn, normalise_status, strength

Provenance = dict[str, list[int]]

_SOURCE_RANK = {source: rank for rank, source in enumerate(NewsSource)}
_SCALARS = (
    "call_id",
    "call_log_id",
    "summary",
    "duration_seconds",
    "ended_by",
    "ended_reason",
    "tag",
    "transcript",
    "retry_count",
    "picked_at",
)
_MAPPINGS = ("extracted", "analysis")


@dataclass(frozen=True, slots=True)
class Known:
    """What a call row knows of its outcome. Empty means "not known".

    `status` is the normalised word; `duration_seconds` in seconds; `picked_at` is aware. `provenance` says
    per field (for the two mappings per key, as "extracted.<key>") which news a value came from: [strength of
    its status word, rank of its source]. It is plain JSON; a value without an entry counts as [0, 0].
    """

    status: str = ""
    call_id: str = ""
    call_log_id: str = ""
    summary: str = ""
    duration_seconds: int | None = None
    ended_by: str = ""
    ended_reason: str = ""
    tag: str = ""
    extracted: dict[str, Any] = field(default_factory=dict)
    analysis: dict[str, Any] = field(default_factory=dict)
    transcript: tuple[Turn, ...] = ()
    retry_count: int | None = None
    picked_at: datetime | None = None
    provenance: Provenance = field(default_factory=dict)


def merge(known: Known, news: CallOutcome) -> Known:
    """Return what is known after the news; the same news again changes nothing."""
    word = normalise_status(news.status)
    origin = [strength(word), _SOURCE_RANK[news.source]]
    provenance: Provenance = dict(known.provenance)
    changes: dict[str, Any] = {}
    if word:
        changes["status"] = _status(known, word, origin, provenance)
    for name in _SCALARS:
        if not _is_missing(value := getattr(news, name)):
            changes[name] = _greater(name, getattr(known, name), value, origin, provenance)
    for name in _MAPPINGS:
        changes[name] = _merge_mapping(name, getattr(known, name), getattr(news, name), origin, provenance)
    return replace(known, provenance=provenance, **changes)


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, times in UTC, 1.0 and 1 alike.

    Databases do not keep 1e22 apart from its digits, so whole floats are written as integers.
    """
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _status(known: Known, word: str, origin: list[int], provenance: Provenance) -> str:
    """The word's own strength leads its key, so even a row without provenance never goes back."""
    if known.status:
        provenance["status"] = [strength(known.status), provenance.get("status", [0, 0])[1]]
    merged: str = _greater("status", known.status, word, origin, provenance)
    return merged


def _merge_mapping(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any], origin: list[int], provenance: Provenance
) -> dict[str, Any]:
    merged = dict(old)
    for key, value in new.items():
        path = f"{name}.{key}"
        if key in merged:
            merged[key] = _greater(path, merged[key], value, origin, provenance)
        else:
            merged[key] = value
            provenance[path] = list(origin)
    return merged


def _greater(path: str, old: Any, new: Any, origin: list[int], provenance: Provenance) -> Any:
    """Return the value with the greater key and note where it came from."""
    if _key(new, origin) <= _key(old, provenance.get(path, [0, 0])):
        return old
    provenance[path] = list(origin)
    return new


def _key(value: Any, origin: list[int]) -> tuple[Any, ...]:
    text = canonical(value)
    return (not _is_missing(value), *origin, len(text), text)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, (str, tuple, list, dict)) and not value)


def _plain(value: Any) -> Any:
    if isinstance(value, Turn):
        return [value.speaker, value.text, value.at]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
