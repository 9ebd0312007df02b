"""What a number says about the person: country, zones, the time there."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from calls.services import numbers

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["98765 43210", "+91 98765-43210", "098765 43210", "(0)98765 43210"])
def test_it_understands_what_people_paste(text: str) -> None:
    facts = numbers.read(text, "IN", NOON)

    assert facts.number.as_e164 == "+919876543210"
    assert facts.country == "IN"
    assert [f"{at:%H:%M}" for at in facts.local_times(NOON)] == ["17:30"]
    assert facts.zone is not None


def test_the_number_decides_and_not_the_country_chosen() -> None:
    facts = numbers.read("+44 20 7946 0958", "IN", NOON)

    assert facts.country == "GB"
    assert [f"{at:%H:%M}" for at in facts.local_times(NOON)] == ["12:00"]


def test_a_number_of_a_wide_country_has_a_range_of_times() -> None:
    facts = numbers.read("+1 800 555 1234", "US", NOON)
    times = facts.local_times(NOON)

    assert facts.zone is None
    assert len({at.utcoffset() for at in times}) == len(times) > 1
    assert [at.replace(tzinfo=None) for at in times] == sorted(at.replace(tzinfo=None) for at in times)


def test_night_is_night_there() -> None:
    facts = numbers.read("98765 43210", "IN", NIGHT)

    assert facts.is_day(NOON)
    assert not facts.is_day(NIGHT)


@pytest.mark.parametrize(
    ("text", "country", "field"), [("12 34", "IN", "phone_number"), ("98765 43210", "XX", "country")]
)
def test_what_cannot_be_called_is_said_in_the_words_of_the_order(text: str, country: str, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        numbers.read(text, country, NOON)

    assert list(caught.value.message_dict) == [field]


def test_a_masked_number_keeps_its_country_and_three_digits() -> None:
    facts = numbers.read("98765 43210", "IN", NOON)

    assert numbers.masked(facts.number) == "+91 ••••• •210"
    assert numbers.masked(None) == ""
