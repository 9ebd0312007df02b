"""What staff read."""

from datetime import datetime

import pytest

from calls.hours.presets import load
from calls.hours.rules import Rules, find
from calls.hours.sentences import sentence
from calls.hours.verdict import may_call
from calls.hours.zones import zones_of
from tests.hours import table

INDIA = zones_of("+919876543210")
NEW_YORK = ("America/New_York",)
TOLL_FREE = zones_of("+18005551234")
ALWAYS = table.entered("IN", "Mon-Sun 00:00-00:00 as_usual")
HERE = "Asia/Kolkata"


def preset(country: str, purpose: str = "service") -> Rules | None:
    return find(load(), country, purpose)


def said(at: str, zones: tuple[str, ...], rules: Rules | None, country: str = "") -> str:
    now = datetime.strptime(at, "%Y-%m-%d %H:%M %z")
    return sentence(may_call(now, zones, rules), HERE, country)


@pytest.mark.parametrize(
    ("at", "zones", "rules", "words"),
    [
        ("2026-06-10 12:00 +05:30", INDIA, preset("IN"), "May be called now; until 19:00 there."),
        (
            "2026-06-10 08:00 +05:30",
            INDIA,
            preset("IN"),
            "Closed until Wednesday 10:00 there (Wed 10:00 your time).",
        ),
        (
            "2026-06-10 21:00 -04:00",
            NEW_YORK,
            preset("US"),
            "Closed until Thursday 08:00 there (Thu 17:30 your time).",
        ),
        (
            "2026-01-26 12:00 +05:30",
            INDIA,
            preset("IN", "marketing"),
            "Public holiday there: closed until Tuesday 10:00 there (Tue 10:00 your time).",
        ),
        (
            "2026-06-13 06:00 +05:30",
            INDIA,
            table.entered("IN", "Fri 22:00-06:00 as_usual"),
            "Closed until Friday 19 Jun, 22:00 there (Fri 19 Jun, 22:00 your time).",
        ),
        (
            "2026-01-14 12:00 -05:00",
            TOLL_FREE,
            preset("US"),
            "Closed until Thursday 03:30 your time, when all of its possible time zones allow.",
        ),
        (
            "2026-01-15 08:00 +10:00",
            TOLL_FREE,
            preset("US"),
            "May be called now; until 06:00 your time, when the first of its time zones closes.",
        ),
        (
            "2026-11-27 00:30 -05:00",
            ("America/New_York", "Pacific/Honolulu"),
            table.entered("US", "Mon-Sun 00:00-00:00 closed"),
            "Public holiday there: closed until Friday 15:30 your time, when all of its possible time zones allow.",
        ),
        (
            "2026-06-10 12:00 +05:30",
            INDIA,
            ALWAYS,
            "May be called now, and at any time in the next two weeks.",
        ),
        (
            "2026-06-10 12:00 +05:30",
            INDIA,
            table.entered("IN", "never as_usual"),
            "There is no time within the next two weeks at which this number may be called.",
        ),
        (
            "2026-06-10 12:00 +05:30",
            (),
            preset("IN"),
            "It is not known what time it is where this number belongs.",
        ),
        (
            "2026-06-10 12:00 +05:30",
            INDIA,
            table.entered("AC", "Mon-Sun 09:00-18:00 closed"),
            "Not known which days are public holidays in Ascension Island: nobody may be called there until its "
            "hours say what to do without.",
        ),
    ],
)
def test_sentence(at: str, zones: tuple[str, ...], rules: Rules | None, words: str) -> None:
    assert said(at, zones, rules) == words


def test_a_country_without_hours_is_named() -> None:
    at, paris = "2026-06-10 12:00 +02:00", ("Europe/Paris",)

    assert said(at, paris, None, "FR") == (
        "Not known which hours apply in France: nobody may be called there until hours are entered."
    )
    assert said(at, paris, None) == (
        "Not known in which country this number belongs, and so not which hours apply."
    )


def test_it_closes_after_midnight() -> None:
    night = table.entered("IN", "Fri 22:00-06:00 as_usual")

    assert said("2026-06-12 23:00 +05:30", INDIA, night) == "May be called now; until Saturday 06:00 there."
    assert said("2026-06-13 01:00 +05:30", INDIA, night) == "May be called now; until 06:00 there."
