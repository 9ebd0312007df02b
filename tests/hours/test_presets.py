"""The shipped hours: complete, with source and date."""

from datetime import date, time

import pytest

from calls.hours.presets import DISCLOSURE, disclosure_rule, load
from calls.hours.rules import Rules, find


@pytest.mark.parametrize("rules", load(), ids=lambda rules: f"{rules.country} {rules.purpose}")
def test_a_preset_says_where_it_comes_from(rules: Rules) -> None:
    assert len(rules.source) > 10
    assert rules.source_url.startswith("https://")
    assert date(2026, 11, 1) <= rules.reviewed_on <= date(2027, 12, 31)
    assert rules.confidence.split()[0] in {"high", "medium", "low"}
    assert rules.consent_note.endswith(".")
    assert rules.windows


@pytest.mark.parametrize("rules", load(), ids=lambda rules: f"{rules.country} {rules.purpose}")
def test_a_preset_opens_neither_at_night_nor_in_windows_that_overlap(rules: Rules) -> None:
    assert all(time(8) <= window.opens < window.closes <= time(21) for window in rules.windows)
    assert len({window.weekday for window in rules.windows}) == len(rules.windows)


def test_each_country_and_purpose_has_one_preset() -> None:
    assert len({(rules.country, rules.purpose) for rules in load()}) == len(load())
    assert {rules.country for rules in load()} == {"IN", "US", "GB", "AU"}


def test_where_disclosure_is_required_the_rule_is_named() -> None:
    for rules in load():
        assert rules.disclosure_required is bool(disclosure_rule(rules.country))


def test_members_of_the_european_union_have_a_rule_of_disclosure_and_no_hours() -> None:
    members = [country for country, words in DISCLOSURE.items() if words.startswith("EU AI Act")]

    assert len(set(members)) == 27
    assert {find(load(), country, "service") for country in members} == {None}


@pytest.mark.parametrize("country", ["", "NP", "XX", "in"])
def test_no_rule_of_disclosure_is_an_empty_text(country: str) -> None:
    assert disclosure_rule(country) == ""
