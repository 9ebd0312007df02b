"""The hours in which people of one country may be called, as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Literal, get_args

Holidays = Literal["as_usual", "closed", "as_sunday"]

MARKETING, SERVICE, RESEARCH = "marketing", "service", "research"
ANY_PURPOSE = ""


@dataclass(frozen=True, slots=True)
class Window:
    """From `opens` until just before `closes`, on the clocks of the person called.

    It belongs to the weekday on which it opens (0 is Monday). If it does not close later than it opens, it
    closes on the next day: 22:00–06:00 is a night, 00:00–00:00 the whole day.
    Raises ValueError if it is no such window.
    """

    weekday: int
    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            raise ValueError(f"no day of the week: {self.weekday}")
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("a window is read on the clocks of the person called; it has no zone of its own")

    @property
    def over_midnight(self) -> bool:
        return self.closes <= self.opens


@dataclass(frozen=True, slots=True)
class Rules:
    """The hours of one country for one purpose ("" is any), and where they come from.

    On a public holiday: `as_usual` minds no holidays, `closed` allows nothing, `as_sunday` allows what a
    Sunday allows.
    Raises ValueError if `holidays` is none of these.
    """

    country: str
    purpose: str
    windows: tuple[Window, ...]
    holidays: Holidays
    source: str
    source_url: str
    reviewed_on: date
    disclosure_required: bool
    consent_note: str
    confidence: str

    def __post_init__(self) -> None:
        if self.holidays not in get_args(Holidays):
            raise ValueError(f"no way to treat public holidays: {self.holidays}")


def find(rules: Iterable[Rules], country: str, purpose: str) -> Rules | None:
    """Return the rules for this country and purpose; None if it is not known which hours apply.

    Rules for the very purpose go before rules for any. A purpose that is not known is treated as marketing,
    to which the law everywhere leaves the least.
    """
    of_country = {rule.purpose: rule for rule in rules if country and rule.country == country}
    return of_country.get(purpose or MARKETING) or of_country.get(ANY_PURPOSE)
