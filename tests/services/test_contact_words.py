"""The verdict of the check in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.choices import ContactVerdict
from calls.models import Contact
from calls.services.contact_words import problem, short, words


def contact(verdict: ContactVerdict, **detail: Any) -> Contact:
    return Contact(row=2, phone_number="+919876543210", verdict=verdict, detail=detail)


@pytest.mark.parametrize(
    ("verdict", "detail", "sentence"),
    [
        ("unchecked", {}, "Not checked yet."),
        ("ready", {}, "Ready to be called."),
        (
            "fixed",
            {"how": ["punctuation", "leading_zero", "country_code"], "code": "+91"},
            "Number mended: blanks and signs removed, leading 0 removed, country code +91 added.",
        ),
        ("fixed", {"how": ["plus"], "code": "+91"}, "Number mended: “+” added."),
        ("fixed", {"how": ["rewritten"]}, "Number mended: written in the international form."),
        ("duplicate", {"row": 12}, "Same number as row 12."),
        ("do_not_call", {"entry": 3}, "This number must not be called any more."),
        (
            "do_not_call",
            {"undecided": True},
            "Somebody may have asked not to be called any more. A person has to decide that first.",
        ),
        (
            "do_not_call",
            {"since": "2026-05-03T06:00:00+00:00", "until": "", "agent": "Desk", "reason": "By letter."},
            "On the do-not-call list since 3 May 2026. Only for agent Desk. Reason: By letter.",
        ),
        ("over_cap", {"cap": "day", "calls": 1}, "Called 1 time within 24 hours; that is often enough."),
        (
            "over_cap",
            {"cap": "week", "calls": 10},
            "Called 10 times within seven days; that is often enough.",
        ),
        (
            "recent",
            {"call": 1, "at": ""},
            "This number was called a short while ago, so another call now would be one too many.",
        ),
        (
            "no_hours",
            {"why": "no_rule", "country": "DE"},
            "It is not known at which hours people in Germany may be called.",
        ),
        (
            "no_hours",
            {"why": "no_zone", "country": "US"},
            "It is not known what time it is where this number belongs. Enter the person's time zone.",
        ),
        (
            "missing_value",
            {"names": ["person_name", "date"]},
            "No value for the name, “date”: the agent says it during the call.",
        ),
        (
            "bad_value",
            {"field": "country", "value": "Atlantis"},
            "“Atlantis” is not a country. Write its name or its two letters, such as IN.",
        ),
        (
            "bad_value",
            {"field": "time_zone", "value": "100 % Moon"},
            "“100 % Moon” is not a time zone. Write one such as Asia/Kolkata, or leave it empty.",
        ),
        (
            "bad_value",
            {"field": "person_name", "length": 201, "maximum": 200},
            "The name is 201 characters long; at most 200 are possible.",
        ),
        (
            "bad_value",
            {"field": "greeting", "length": 11, "maximum": 10},
            "With these values the greeting is 11 characters long; OSVI takes at most 10.",
        ),
        ("bad_value", {"field": "characters"}, "It contains characters that cannot be stored."),
        ("bad_number", {"why": "empty", "country": "IN"}, "There is no number."),
        ("bad_number", {"why": "too_short", "country": "IN"}, "The number has too few digits for India."),
        (
            "bad_number",
            {"why": "mangled", "country": "IN"},
            "A spreadsheet program has destroyed the number. Format the column as text and enter it again.",
        ),
    ],
)
def test_each_verdict_is_a_sentence(verdict: str, detail: dict[str, Any], sentence: str) -> None:
    assert words(contact(ContactVerdict(verdict), **detail)) == sentence


def next_monday_nine() -> datetime:
    """Return the next Monday 09:00 in India, which is 03:30 UTC."""
    at = timezone.now().astimezone(UTC).replace(hour=3, minute=30, second=0, microsecond=0)
    return at + timedelta(days=(0 - at.weekday()) % 7)


def test_outside_hours_says_when_they_open_there(settings: Any) -> None:
    opens_at = next_monday_nine()
    if opens_at - timezone.now() >= timedelta(days=6):
        opens_at -= timedelta(days=7)
    person = contact(
        ContactVerdict.OUTSIDE_HOURS,
        opens_at=opens_at.isoformat(),
        zone="Asia/Kolkata",
        holiday=False,
        how=["plus"],
        code="+91",
    )

    assert words(person) == "Opens Monday 09:00 there. Number mended: “+” added."
    assert short(person) == "Opens Monday 09:00"


def test_further_away_it_says_the_day() -> None:
    person = contact(
        ContactVerdict.OUTSIDE_HOURS,
        opens_at="2031-05-05T03:30:00+00:00",
        zone="Asia/Kolkata",
        holiday=True,
    )

    assert words(person) == "Public holiday there. Opens 5 May, 09:00 there."


def test_with_several_zones_it_says_the_time_of_the_console(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    person = contact(
        ContactVerdict.OUTSIDE_HOURS, opens_at="2031-05-05T03:30:00+00:00", zone="", holiday=False
    )

    assert words(person) == "Opens 5 May, 09:00 your time."


def test_a_recent_call_says_when() -> None:
    at = timezone.now() - timedelta(minutes=5)

    assert f"{timezone.localtime(at):%H:%M}" in words(contact(ContactVerdict.RECENT, at=at.isoformat()))


@pytest.mark.parametrize(
    ("verdict", "detail", "fields"),
    [
        ("ready", {}, []),
        ("duplicate", {"row": 3}, []),
        ("bad_number", {"why": "empty"}, ["phone_number"]),
        ("missing_value", {"names": ["person_name", "date"]}, ["person_name", "values.date"]),
        ("bad_value", {"field": "time_zone", "value": "x"}, ["time_zone"]),
        ("bad_value", {"field": "greeting", "length": 2, "maximum": 1}, ["__all__"]),
    ],
)
def test_problems_of_the_row_itself_stand_at_their_field(
    verdict: str, detail: dict[str, Any], fields: list[str]
) -> None:
    assert list(problem(contact(ContactVerdict(verdict), **detail))) == fields


@pytest.mark.parametrize("verdict", ContactVerdict)
def test_every_verdict_has_words_without_details(verdict: ContactVerdict) -> None:
    person = contact(verdict)
    if verdict == ContactVerdict.BAD_VALUE:
        person.detail = {"field": "characters"}

    assert words(person).endswith((".", "”"))
    assert short(person)
    assert "9876" not in words(person)
