"""Reads cases.txt: may this number be called at this instant, and when does that change?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from calls.hours.presets import load
from calls.hours.rules import Holidays, Rules, Window, find
from calls.hours.verdict import Reason
from calls.hours.zones import country_of, zones_of

FILE = Path(__file__).with_name("cases.txt")
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_NONE = "-"


@dataclass(frozen=True)
class Case:
    """One line. `changes` is when it opens, where it is closed, and when it closes, where it is open."""

    line: int
    instant: datetime
    there: datetime
    who: str
    own_zone: str
    hours: str
    reason: Reason
    changes: datetime | None
    source: str

    @property
    def is_number(self) -> bool:
        return self.who.lstrip("+").isdigit()

    @property
    def zones(self) -> tuple[str, ...]:
        return zones_of(self.who, self.own_zone) if self.is_number else tuple(self.who.split())

    @property
    def rules(self) -> Rules | None:
        kind, _space, rest = self.hours.partition(" ")
        if kind != "preset":
            return entered(kind, rest)
        if self.is_number:
            return find(load(), country_of(self.who), rest)
        country, _space, purpose = rest.partition(" ")
        return find(load(), country, purpose)


def cases() -> list[Case]:
    """Return every case of the table."""
    lines = FILE.read_text("utf-8").splitlines()
    numbered = [(number, text) for number, text in enumerate(lines, 1) if text and not text.startswith("#")]
    return [_case(number, text) for number, text in numbered[1:]]


def _case(line: int, text: str) -> Case:
    instant, there, who, own_zone, hours, answer, changes, source = (part.strip() for part in text.split("|"))
    return Case(
        line=line,
        instant=datetime.strptime(instant, "%Y-%m-%d %H:%M").replace(tzinfo=UTC),
        there=_with_offset(there),
        who="" if who == _NONE else who,
        own_zone="" if own_zone == _NONE else own_zone,
        hours=hours,
        reason=Reason.OPEN if answer == "yes" else Reason(answer.removeprefix("no ")),
        changes=None if changes == _NONE else _with_offset(changes),
        source=source,
    )


def _with_offset(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M %z")


def entered(country: str, text: str) -> Rules:
    """Return hours as staff might enter them: "Mon-Fri 09:00-17:00, Sun 11:00-13:00 closed"."""
    windows, _space, holidays = text.rpartition(" ")
    return rules(
        country, *(window for part in windows.split(", ") for window in _windows(part)), holidays=holidays
    )


def rules(country: str, *windows: Window, holidays: str) -> Rules:
    """Return hours that nobody would question."""
    treatment: Holidays = {"as_usual": "as_usual", "closed": "closed", "as_sunday": "as_sunday"}[holidays]  # type: ignore[assignment]
    return Rules(country, "", windows, treatment, "staff", "", date(2026, 1, 1), False, "", "")


def _windows(text: str) -> list[Window]:
    if text == "never":
        return []
    days, times = text.split()
    first, _dash, last = days.partition("-")
    opens, closes = (time.fromisoformat(part) for part in times.split("-"))
    weekdays = range(_DAYS.index(first), _DAYS.index(last or first) + 1)
    return [Window(weekday, opens, closes) for weekday in weekdays]
