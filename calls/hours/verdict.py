"""Whether people may be called at an instant, and when that changes.

Every instant is read on the clocks of each zone, and windows are compared with what those clocks show. So an
hour that a clock skips is never open, and an hour that it shows twice is open twice.

Where a rule can be read in two ways, the stricter one is taken:
- of several possible zones all have to allow, and one that cannot be read makes all of them unknown;
- a window over midnight is closed by a public holiday on the day it opened, and by one on the day it runs into;
- where holidays count as Sundays, a window runs into a holiday only from a Sunday or another holiday;
- if it is not known which days are holidays, and they matter, nothing is open.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from calls.hours.public_holidays import is_holiday
from calls.hours.rules import Rules
from calls.hours.zones import is_zone

SEARCHED = timedelta(days=14)
_DAY = timedelta(days=1)
# Clocks are changed, and days begin, at whole quarters of an hour of UTC everywhere.
_GRID = timedelta(minutes=15)
_SUNDAY = 6


class Reason(StrEnum):
    """Why people may or may not be called."""

    OPEN = "open"  # every zone allows it
    CLOSED = "closed"  # outside the windows in at least one zone
    HOLIDAY = "holiday"  # it would be open if there were no public holiday
    NEVER_OPEN = "never_open"  # there is no time in the days searched at which every zone allows
    NO_RULE = "no_rule"  # it is not known which hours apply
    NO_ZONE = "no_zone"  # it is not known what time it is there
    NO_HOLIDAYS = "no_holidays"  # public holidays matter, and are not known


@dataclass(frozen=True, slots=True)
class HoursVerdict:
    """The answer, and what it rests on.

    `opens_at` is the earliest instant from `at` on at which every zone allows: `at` itself if that is open,
    None if there is none in the days searched or nothing is known. `closes_at` is when the first zone closes,
    None if it is closed, or open through all the days searched. All instants are UTC.
    """

    allowed: bool
    reason: Reason
    opens_at: datetime | None
    closes_at: datetime | None
    rules: Rules | None
    zones: tuple[str, ...]
    at: datetime | None = None


def may_call(now: datetime, zones: Sequence[str], rules: Rules | None) -> HoursVerdict:
    """Say whether somebody who may live in any of these zones may be called at this instant.

    Raises ValueError if `now` does not say which instant it is.
    """
    if now.utcoffset() is None:
        raise ValueError("an instant is needed, with its zone")
    return _verdict(now.astimezone(UTC), tuple(zones), rules)


# A list is checked at one instant, and most of its people share zones and rules.
@lru_cache(maxsize=4096)
def _verdict(now: datetime, zones: tuple[str, ...], rules: Rules | None) -> HoursVerdict:
    def closed(reason: Reason, opens_at: datetime | None = None) -> HoursVerdict:
        return HoursVerdict(False, reason, opens_at, None, rules, zones, now)

    if rules is None:
        return closed(Reason.NO_RULE)
    if not zones or not all(is_zone(name) for name in zones):
        return closed(Reason.NO_ZONE)
    clocks = [ZoneInfo(name) for name in zones]
    if not _holidays_known(now, clocks, rules):
        return closed(Reason.NO_HOLIDAYS)
    if _all_allow(now, clocks, rules):
        return HoursVerdict(
            True, Reason.OPEN, now, _next(now, clocks, rules, allowed=False), rules, zones, now
        )
    opens_at = _next(now, clocks, rules, allowed=True)
    if opens_at is None:
        return closed(Reason.NEVER_OPEN)
    is_usual_time = _all_allow(now, clocks, rules, mind_holidays=False)
    return closed(Reason.HOLIDAY if is_usual_time else Reason.CLOSED, opens_at)


def _next(now: datetime, clocks: list[ZoneInfo], rules: Rules, *, allowed: bool) -> datetime | None:
    """Return the first instant after `now` at which it is allowed, or is not; None if there is none."""
    edges = {window.opens if allowed else window.closes for window in rules.windows}
    for at in _candidates(now, clocks, edges):
        if _all_allow(at, clocks, rules) is allowed:
            return at
    return None


def _candidates(now: datetime, clocks: list[ZoneInfo], edges: Iterable[time]) -> Iterator[datetime]:
    """Yield, in order, every instant at which a window can open or close, a clock change, or a day begin."""
    start, end = now, now + SEARCHED
    while start < end:
        found = {at for zone in clocks for at in _instants(start, zone, edges)} | set(_grid(start))
        yield from sorted(at for at in found if start < at <= min(start + _DAY, end))
        start += _DAY


def _instants(start: datetime, zone: ZoneInfo, edges: Iterable[time]) -> Iterator[datetime]:
    """Yield when a clock shows each of these times, in the day from `start` on; twice if it shows it twice."""
    first = start.astimezone(zone).date()
    for days in range(3):
        for edge in edges:
            for fold in (0, 1):
                local = datetime.combine(first + days * _DAY, edge.replace(fold=fold), tzinfo=zone)
                yield local.astimezone(UTC)


def _grid(start: datetime) -> Iterator[datetime]:
    """Yield the quarters of an hour in the day from `start` on."""
    at = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
    while at < start + _DAY:
        at += _GRID
        yield at


def _all_allow(at: datetime, clocks: list[ZoneInfo], rules: Rules, *, mind_holidays: bool = True) -> bool:
    mind = mind_holidays and rules.holidays != "as_usual"
    return all(_allows(at.astimezone(zone), rules, mind) for zone in clocks)


def _allows(local: datetime, rules: Rules, mind_holidays: bool) -> bool:
    """Whether a window is open by a clock that shows `local`."""
    today, shown = local.date(), local.time()
    weekday = _counts_as(today, rules, mind_holidays)
    if weekday is None:
        return False
    night_of = _counts_as(today - _DAY, rules, mind_holidays)
    if mind_holidays and is_holiday(rules.country, today) and night_of != _SUNDAY:
        night_of = None
    return any(
        (
            window.weekday == weekday
            and window.opens <= shown
            and (window.over_midnight or shown < window.closes)
        )
        or (window.weekday == night_of and window.over_midnight and shown < window.closes)
        for window in rules.windows
    )


def _counts_as(day: date, rules: Rules, mind_holidays: bool) -> int | None:
    """Return the weekday whose windows a day has; None if it has none."""
    holiday = is_holiday(rules.country, day) if mind_holidays else False
    if holiday is False:
        return day.weekday()
    return _SUNDAY if holiday and rules.holidays == "as_sunday" else None


def _holidays_known(now: datetime, clocks: list[ZoneInfo], rules: Rules) -> bool:
    if rules.holidays == "as_usual":
        return True
    return all(is_holiday(rules.country, now.astimezone(zone).date()) is not None for zone in clocks)
