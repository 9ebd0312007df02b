"""Reads what was typed after an option. Every function raises `Unreadable` with a sentence."""

import json
import math
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from calls.management.output import InvalidOptions
from calls.models import CallLog

T = TypeVar("T")

# A part of a reference that is shorter could soon fit several calls.
SHORTEST_PREFIX = 8
# Deeper data cannot be meant, and would exhaust the stack of whoever writes it down again.
DEEPEST_DATA = 32


class Unreadable(ValueError):
    """What was typed cannot be used; `str(error)` says why, in a sentence."""


class Problems:
    """Collects what is wrong with each option, so that all of it can be told at once."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, option: str, *sentences: str) -> None:
        self.found.setdefault(option, []).extend(sentences)

    def read(self, option: str, reader: Callable[[str], T], typed: str | None) -> T | None:
        """Return what `reader` makes of the text, None without one; an Unreadable is kept as a problem."""
        if typed is None:
            return None
        try:
            return reader(typed)
        except Unreadable as error:
            self.add(option, str(error))
            return None

    def raise_if_any(self) -> None:
        """Raise InvalidOptions if anything was found."""
        if self.found:
            raise InvalidOptions(self.found)


def text(typed: str) -> str:
    """Return the text if it can be stored and sent."""
    if not _is_storable(typed):
        raise Unreadable("This holds characters that cannot be stored or spoken.")
    return typed


def whole_number(typed: str) -> int:
    """Return a whole number; its limits are for somebody else to check."""
    # 18 digits always fit the databases' integers.
    if not typed.strip().removeprefix("-").isdecimal() or len(typed) > 18:
        raise Unreadable("Please give a whole number.")
    return int(typed)


def seconds(typed: str) -> float:
    """Return a number of seconds, zero or more."""
    try:
        value = float(typed)
    except ValueError:
        value = -1.0
    if not 0 <= value < timedelta.max.total_seconds():
        raise Unreadable("Please give a number of seconds, zero or more.")
    return value


def moment(typed: str) -> datetime:
    """Return an aware time; one without an offset is in the console's zone, one without a time is midnight."""
    try:
        value = parse_datetime(typed.strip())
        if value is None:
            raise ValueError
        if timezone.is_naive(value):
            value = timezone.make_aware(value)
        # Times at the very ends of the calendar cannot be reckoned with.
        return (value + timedelta(days=1)).astimezone(UTC) - timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise Unreadable("Please give a time such as 2026-05-03T10:30 or 2026-05-03T10:30+05:30.") from error


def json_object(typed: str) -> dict[str, Any]:
    """Return a JSON object that can be stored and sent."""
    try:
        value = json.loads(typed)
    except (ValueError, RecursionError) as error:
        raise Unreadable('This is not JSON. Write for example {"clinic": "City Dental"}.') from error
    if not isinstance(value, dict):
        raise Unreadable('Please give a JSON object, for example {"clinic": "City Dental"}.')
    for part in _parts(value):
        if isinstance(part, float) and not math.isfinite(part):
            raise Unreadable("NaN and Infinity are not JSON.")
        if isinstance(part, str):
            text(part)
    return value


def call(typed: str) -> CallLog:
    """Return the call with this reference: ours (whole, or its first characters) or either id at OSVI."""
    typed = typed.strip()
    known = Q(call_id=typed) | Q(call_log_id=typed)
    ours = _reference_range(typed)
    if typed and _is_storable(typed):
        found = list(CallLog.objects.filter(known | Q(reference__range=ours) if ours else known)[:2])
    else:
        found = []
    if not found:
        raise Unreadable(
            f"No call has this reference. Give our reference, at least its first {SHORTEST_PREFIX} characters, "
            "or the call's whole id at OSVI."
        )
    if len(found) > 1:
        raise Unreadable("Several calls fit this reference. Please give more of it.")
    return found[0]


def _reference_range(typed: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    digits = typed.replace("-", "").lower()
    if not SHORTEST_PREFIX <= len(digits) <= 32 or set(digits) - set("0123456789abcdef"):
        return None
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))


def _parts(value: object) -> Iterator[object]:
    """Yield every key and value within. Raises Unreadable where it is too deep."""
    level: list[object] = [value]
    for _depth in range(DEEPEST_DATA):
        yield from level
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise Unreadable("This JSON is nested too deeply.")


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, list) else []


def _is_storable(value: str) -> bool:
    # Bytes that are no UTF-8 arrive from the command line as lone surrogates.
    return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
