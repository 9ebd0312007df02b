"""What a window and rules are, and which rules are found."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from calls.hours.public_holidays import days_of, is_holiday
from calls.hours.rules import Window, find
from tests.hours import table

DAILY = "Mon-Sun 09:00-18:00 as_usual"


@pytest.mark.parametrize("weekday", [-1, 7])
def test_a_window_is_on_a_weekday(weekday: int) -> None:
    with pytest.raises(ValueError, match="day of the week"):
        Window(weekday, time(9), time(17))


def test_a_window_has_no_zone_of_its_own() -> None:
    with pytest.raises(ValueError, match="clocks of the person"):
        Window(0, time(9, tzinfo=UTC), time(17))


def test_holidays_are_treated_in_one_of_three_ways() -> None:
    with pytest.raises(KeyError):
        table.rules("IN", holidays="perhaps")


def test_rules_for_the_purpose_go_before_rules_for_any() -> None:
    general = table.entered("XX", DAILY)
    marketing = _for("marketing")

    assert find([general, marketing], "XX", "marketing") is marketing
    assert find([general, marketing], "XX", "service") is general
    assert find([marketing], "XX", "service") is None


def test_a_purpose_that_is_not_known_is_marketing() -> None:
    general, marketing, service = table.entered("XX", DAILY), _for("marketing"), _for("service")

    assert find([general, service, marketing], "XX", "") is marketing
    assert find([general, service], "XX", "") is general
    assert find([service], "XX", "") is None


def test_no_country_has_no_rules() -> None:
    assert find([table.entered("", DAILY)], "", "service") is None
    assert find([table.entered("XX", DAILY)], "YY", "service") is None


def test_holidays_kept_in_every_state_count_and_those_of_one_state_do_not() -> None:
    assert is_holiday("AU", datetime(2026, 12, 28, tzinfo=UTC).date())
    assert is_holiday("AU", datetime(2026, 3, 9, tzinfo=UTC).date()) is False


@pytest.mark.parametrize(
    ("country", "year"), [("", 2026), ("XX", 2026), ("in", 2026), ("IN", 2036), ("IN", 2000), ("LK", 2027)]
)
def test_a_calendar_that_is_not_known_is_not_empty(country: str, year: int) -> None:
    assert days_of(country, year) is None


def _for(purpose: str) -> table.Rules:
    return replace(table.entered("XX", DAILY), purpose=purpose)
