"""The public holidays of a country, as far as they are known."""

from datetime import date
from functools import lru_cache
from typing import Any

import holidays

# Days that follow the moon stand in tables, which end here. Of other years the library knows only a part.
_KNOWN_YEARS = range(2001, 2036)


def is_holiday(country: str, day: date) -> bool | None:
    """Whether a day is a public holiday in the whole country; None if its holidays are not known."""
    days = days_of(country, day.year)
    return None if days is None else day in days


@lru_cache(maxsize=512)
def days_of(country: str, year: int) -> frozenset[date] | None:
    """Return the holidays that the whole country keeps in a year; None if they are not known.

    Where the law leaves a day to the states and all of them keep it, as Australia's days in lieu, it counts.
    A year of which the library knows no holiday at all is not known: it may be that nobody has looked.
    """
    supported = holidays.list_supported_countries(include_aliases=False)
    if country not in supported or year not in _KNOWN_YEARS:
        return None
    national = holidays.country_holidays(country, years=year)
    if not national or not national.start_year <= year <= national.end_year:
        return None
    return frozenset(_in_year(national, year) | _in_all_parts(country, supported[country], year))


def _in_all_parts(country: str, parts: list[str], year: int) -> set[date]:
    calendars = [holidays.country_holidays(country, subdiv=part, years=year) for part in parts]
    return set.intersection(*(_in_year(calendar, year) for calendar in calendars)) if calendars else set()


def _in_year(calendar: Any, year: int) -> set[date]:
    return {day for day in calendar if day.year == year}
