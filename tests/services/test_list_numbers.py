"""Numbers as people write them in spreadsheets."""

import pytest

from calls.hours.zones import zones_of
from calls.services.list_numbers import ReadNumber, country_of, only_zone, read

ASHA = "+919876543210"


@pytest.mark.parametrize(
    ("text", "country", "number", "how"),
    [
        (ASHA, "IN", ASHA, ()),
        (ASHA, "DE", ASHA, ()),
        ("9876543210", "IN", ASHA, ("country_code",)),
        ("98765 43210", "IN", ASHA, ("punctuation", "country_code")),
        ("+91 98765-43210", "IN", ASHA, ("punctuation",)),
        ("(+91) 98765 43210", "IN", ASHA, ("punctuation",)),
        ("09876543210", "IN", ASHA, ("leading_zero", "country_code")),
        ("919876543210", "IN", ASHA, ("plus",)),
        ("00919876543210", "IN", ASHA, ("prefix",)),
        ("9876543210.0", "IN", ASHA, ("decimal", "country_code")),
        ("919876543210.00", "IN", ASHA, ("decimal", "plus")),
        ("९८७६५४३२१०", "IN", ASHA, ("country_code",)),
        ("+44 (0)20 7946 0018", "IN", "+442079460018", ("punctuation", "leading_zero")),
        ("030 901820", "DE", "+4930901820", ("punctuation", "leading_zero", "country_code")),
        # In Italy the zero belongs to the number.
        ("06 698 82512", "IT", "+390669882512", ("punctuation", "country_code")),
        ("(201) 555-0123", "US", "+12015550123", ("punctuation", "country_code")),
    ],
)
def test_it_reads_what_is_surely_meant(text: str, country: str, number: str, how: tuple[str, ...]) -> None:
    found = read(text, country)

    assert (found.number, found.how, found.why) == (number, how, "")
    assert number.startswith(found.code)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("9.87654E+09", "mangled"),
        ("########", "mangled"),
        ("#N/A", "mangled"),
        ("none", "letters"),
        ("98765 43210 (mobile)", "letters"),
        ("98765 4321O", "letters"),
        ("98765 43210 ext. 5", "letters"),
        ("98765 43210#5", "extension"),
        ("98765", "too_short"),
        ("98765 43210 98765 43211", "too_long"),
        ("98765 43210 / 98765 43211", "too_long"),
        ("+999 12345678", "no_country"),
        ("+800 1234 5678", "no_country"),
        ("+1 555 555 0123", "unknown"),
        ("-", "unreadable"),
    ],
)
def test_it_says_why_it_is_no_number(text: str, why: str) -> None:
    assert read(text, "IN") == ReadNumber(why=why)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("IN", "IN"),
        ("in", "IN"),
        (" India ", "IN"),
        ("भारत", "IN"),
        ("UK", "GB"),
        ("USA", "US"),
        ("Germany", "DE"),
    ],
)
def test_it_knows_countries_as_people_write_them(text: str, code: str) -> None:
    assert country_of(text) == code


@pytest.mark.parametrize("text", ["Atlantis", "ZZ", "91", "001"])
def test_it_does_not_guess_countries(text: str) -> None:
    assert country_of(text) == ""


@pytest.mark.parametrize("number", [ASHA, "+81312345678", "+12125550123", "+447911123456", "+61291234567"])
def test_the_only_zone_of_a_country_code_is_that_of_each_number(number: str) -> None:
    assert only_zone(number) in {"", *zones_of(number)}


def test_only_a_country_code_with_one_zone_has_one() -> None:
    assert only_zone(ASHA) == "Asia/Calcutta"
    assert [only_zone(number) for number in ("+12125550123", "+61291234567", "+79123456789")] == ["", "", ""]
