"""Zones of numbers: the data of phonenumbers, read strictly."""

from itertools import product

import phonenumbers
import pytest
from phonenumbers.timezone import time_zones_for_number

from calls.hours.zones import _clock, _parsed, country_of, is_zone, zones_of

TYPES = [
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.TOLL_FREE,
    phonenumbers.PhoneNumberType.VOIP,
]
EXAMPLES = {
    phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164): number
    for region, kind in product(sorted(phonenumbers.SUPPORTED_REGIONS), TYPES)
    if (number := phonenumbers.example_number_for_type(region, kind)) is not None
}


def test_every_example_number_is_read_as_phonenumbers_reads_it() -> None:
    assert len(EXAMPLES) > 600
    for text in EXAMPLES:
        assert _parsed(text) == phonenumbers.parse(text)


def test_no_clock_that_phonenumbers_knows_is_lost() -> None:
    for text, number in EXAMPLES.items():
        clocks = {_clock(name) for name in zones_of(text)}
        assert clocks, text
        assert {_clock(name) for name in time_zones_for_number(number)} <= clocks, text


def test_each_clock_stands_once() -> None:
    for text in EXAMPLES:
        zones = zones_of(text)
        assert len({_clock(name) for name in zones}) == len(zones)
        assert all(is_zone(name) for name in zones)


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+919876543210", {"Asia/Calcutta"}),
        ("+12125551234", {"America/New_York"}),
        ("+18505551234", {"America/New_York", "America/Chicago"}),
        ("+18502001234", {"America/Chicago"}),
        ("+61745123456", {"Australia/Sydney", "Australia/Brisbane"}),
        ("+212612345678", {"Atlantic/Canary", "Africa/Casablanca"}),
    ],
)
def test_zones_of_a_number(number: str, zones: set[str]) -> None:
    assert set(zones_of(number)) == zones


def test_zones_of_one_clock_are_one() -> None:
    assert len(zones_of("+447400123456")) == 1
    assert len(zones_of("+18005551234")) < 20


def test_clocks_that_differ_for_one_hour_a_year_are_two() -> None:
    assert _clock("Europe/Bucharest") != _clock("Europe/Chisinau")
    assert _clock("Asia/Calcutta") == _clock("Asia/Kolkata")
    assert _clock("America/Phoenix") != _clock("America/Denver")


def test_a_zone_that_somebody_entered_is_the_only_one() -> None:
    assert zones_of("+18005551234", "America/Chicago") == ("America/Chicago",)
    assert zones_of("", "America/Chicago") == ("America/Chicago",)


@pytest.mark.parametrize(
    "name", ["India", " Asia/Kolkata", "asia/kolkata", "Factory", "localtime", "../UTC", "\0"]
)
def test_what_somebody_entered_and_is_no_zone_leaves_nothing_known(name: str) -> None:
    assert not is_zone(name)
    assert zones_of("+919876543210", name) == ()


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+919876543210", "IN"),
        ("+18005551234", "US"),
        ("+14165551234", "CA"),
        ("+17875551234", "PR"),
        ("+447911123456", "GG"),
        ("+870773111234", ""),
        ("+80012345678", ""),
        ("+91123", ""),
        ("9876543210", ""),
        ("", ""),
    ],
)
def test_the_country_is_that_of_the_number(number: str, country: str) -> None:
    assert country_of(number) == country


@pytest.mark.parametrize(
    ("laid_over", "older"),
    [
        ("+14585550123", "+15415550123"),
        ("+13645550123", "+12705550123"),
        ("+19305550123", "+18125550123"),
        ("+14485550123", "+18505550123"),
        ("+12365550123", "+12505550123"),
    ],
)
def test_an_area_code_laid_over_another_has_its_zones(laid_over: str, older: str) -> None:
    assert len(zones_of(laid_over)) == 2
    assert set(zones_of(laid_over)) == set(zones_of(older))
