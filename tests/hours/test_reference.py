"""The verdict against a slow reference that writes down every open minute, and: never yes when unsure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.hours.public_holidays import days_of
from calls.hours.rules import Rules, Window
from calls.hours.verdict import SEARCHED, Reason, may_call
from calls.hours.zones import is_zone, zones_of
from tests.hours import table

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SUNDAY = 6

# Both hemispheres, half and quarter hours, changes at midnight, of half an hour, of two, and none at all.
ZONES = [
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Nuuk",
    "Europe/London",
    "Europe/Berlin",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Antarctica/Troll",
]
# Shortly before clocks change, before holidays, at the turn of the year; 2026 and 2027.
EVENTFUL = [
    datetime(2026, 1, 25, tzinfo=UTC),
    datetime(2026, 2, 14, tzinfo=UTC),
    datetime(2026, 3, 7, tzinfo=UTC),
    datetime(2026, 3, 28, tzinfo=UTC),
    datetime(2026, 4, 2, tzinfo=UTC),
    datetime(2026, 4, 23, tzinfo=UTC),
    datetime(2026, 9, 5, tzinfo=UTC),
    datetime(2026, 9, 26, tzinfo=UTC),
    datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2026, 10, 24, tzinfo=UTC),
    datetime(2026, 10, 29, tzinfo=UTC),
    datetime(2026, 10, 31, tzinfo=UTC),
    datetime(2026, 12, 24, tzinfo=UTC),
    datetime(2026, 12, 31, tzinfo=UTC),
]

times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
windows = st.builds(Window, st.integers(0, 6), times | quarters, times | quarters)
instants = st.builds(
    lambda start, minutes: start + minutes * MINUTE,
    st.sampled_from(EVENTFUL),
    st.integers(0, 3 * 24 * 60),
)
some_zones = st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True)
some_rules = st.builds(
    lambda country, some, holidays: table.rules(country, *some, holidays=holidays),
    st.sampled_from(["IN", "AU", "GB", "US"]),
    st.lists(windows, max_size=8),
    st.sampled_from(["as_usual", "closed", "as_sunday"]),
)


def open_minutes(rules: Rules, first: date, last: date) -> set[datetime]:
    """Return every minute that a clock may show while a window is open, forward from the day it opens."""
    found: set[datetime] = set()
    for days in range((last - first).days + 2):
        found.update(_minutes_opened_on(rules, first + (days - 1) * DAY))
    return found


def _minutes_opened_on(rules: Rules, day: date) -> Iterable[datetime]:
    minds = rules.holidays != "as_usual"
    if minds and rules.holidays == "closed" and is_holiday(rules, day):
        return
    weekday = SUNDAY if minds and is_holiday(rules, day) else day.weekday()
    for window in rules.windows:
        if window.weekday != weekday:
            continue
        shown, end = datetime.combine(day, window.opens), datetime.combine(day, window.closes)
        end += DAY if end <= shown else timedelta()
        while shown < end:
            runs_into_holiday = minds and shown.date() != day and is_holiday(rules, shown.date())
            if not runs_into_holiday or (rules.holidays == "as_sunday" and weekday == SUNDAY):
                yield shown
            shown += MINUTE


def is_holiday(rules: Rules, day: date) -> bool:
    return day in (days_of(rules.country, day.year) or ())


@settings(max_examples=80, deadline=None)
@given(now=instants, names=some_zones, rules=some_rules)
def test_minute_by_minute_it_is_the_same(now: datetime, names: list[str], rules: Rules) -> None:
    clocks = [ZoneInfo(name) for name in names]
    minutes = open_minutes(rules, (now - DAY).date(), (now + SEARCHED + DAY).date())

    def is_open(at: datetime) -> bool:
        return all(at.astimezone(clock).replace(tzinfo=None, fold=0) in minutes for clock in clocks)

    def first(wanted: bool) -> datetime | None:
        ahead = (now + step * MINUTE for step in range(int(SEARCHED / MINUTE) + 1))
        return next((at for at in ahead if is_open(at) is wanted), None)

    verdict = may_call(now, names, rules)

    assert verdict.allowed is is_open(now)
    assert verdict.opens_at == first(True)
    assert verdict.closes_at == (first(False) if verdict.allowed else None)
    assert (verdict.reason is Reason.OPEN) is verdict.allowed
    assert (verdict.reason is Reason.NEVER_OPEN) is (verdict.opens_at is None)


@settings(max_examples=100, deadline=None)
@given(now=instants, names=some_zones, rules=some_rules, more=st.sampled_from(ZONES))
def test_a_further_zone_never_makes_a_no_a_yes(
    now: datetime, names: list[str], rules: Rules, more: str
) -> None:
    if may_call(now, [*names, more], rules).allowed:
        assert may_call(now, names, rules).allowed
        assert may_call(now, [more], rules).allowed


@settings(max_examples=100, deadline=None)
@given(now=instants, names=some_zones, rules=some_rules, odd=st.text(max_size=12), at=st.integers(0, 3))
def test_a_zone_that_is_none_never_means_yes(
    now: datetime, names: list[str], rules: Rules, odd: str, at: int
) -> None:
    if is_zone(odd):
        return
    verdict = may_call(now, [*names[:at], odd, *names[at:]], rules)

    assert not verdict.allowed
    assert verdict.reason is Reason.NO_ZONE
    assert verdict.opens_at is None


@settings(max_examples=100, deadline=None)
@given(now=instants, names=some_zones | st.just([]))
def test_without_rules_it_is_never_yes(now: datetime, names: list[str]) -> None:
    verdict = may_call(now, names, None)

    assert (verdict.allowed, verdict.reason) == (False, Reason.NO_RULE)
    assert verdict.opens_at is None


@settings(max_examples=100, deadline=None)
@given(now=instants, rules=some_rules)
def test_without_a_zone_it_is_never_yes(now: datetime, rules: Rules) -> None:
    assert may_call(now, (), rules).reason is Reason.NO_ZONE


@settings(max_examples=200, deadline=None)
@given(now=instants, text=st.text(max_size=20) | st.from_regex(r"\+[0-9]{1,16}", fullmatch=True))
def test_whatever_is_no_number_has_no_zone(now: datetime, text: str) -> None:
    zones = zones_of(text)

    assert all(is_zone(name) for name in zones)
    assert zones == () or text.startswith("+")


@given(now=st.datetimes(), names=some_zones, rules=some_rules)
def test_a_time_that_is_no_instant_is_refused(now: datetime, names: list[str], rules: Rules) -> None:
    with pytest.raises(ValueError, match="instant"):
        may_call(now, names, rules)
