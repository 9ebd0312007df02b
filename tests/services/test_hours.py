"""The book of calling hours: rules as people keep them, purposes, and what the console begins with."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from calls.choices import HolidayRule, Purpose
from calls.hours import presets
from calls.hours.verdict import Reason
from calls.models import CallingRule, CallingWindow
from calls.services import hours

pytestmark = pytest.mark.django_db

NUMBER = "+919876543210"
# Tuesday; in India it is half past five later.
MORNING = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # 09:30
NOON = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)  # 12:00
NIGHT = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)  # 01:30 of Wednesday


@pytest.fixture(autouse=True)
def _apply(settings: Any) -> None:
    settings.CALLING_HOURS_APPLY = True


def rule(
    purpose: str, opens: str, closes: str, *, days: range = range(7), country: str = "IN"
) -> CallingRule:
    """Write a rule with the same hours on these days, in place of the one that is there."""
    CallingRule.objects.filter(country=country, purpose=purpose).delete()
    new = CallingRule.objects.create(
        country=country, purpose=purpose, holidays=HolidayRule.AS_USUAL, reviewed_on=date(2026, 3, 1)
    )
    for day in days:
        CallingWindow.objects.create(
            rule=new, weekday=day, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes)
        )
    return new


def only(*rules: tuple[Any, ...]) -> None:
    """Leave these rules and no others."""
    CallingRule.objects.all().delete()
    for one in rules:
        rule(*one)


def verdict(now: datetime, purpose: str, **about: Any) -> Any:
    number, country = about.pop("number", NUMBER), about.pop("country", "IN")
    return hours.book().verdict(now, number, country, purpose, **about)


class TestBook:
    def test_the_purpose_decides_and_falls_back_to_every_purpose(self) -> None:
        only(("", "09:00", "18:00"), (Purpose.MARKETING, "11:00", "13:00"))

        assert verdict(MORNING, Purpose.SERVICE).allowed
        assert verdict(MORNING, Purpose.RESEARCH).allowed
        refused = verdict(MORNING, Purpose.MARKETING)
        assert (refused.allowed, refused.reason) == (False, Reason.CLOSED)
        assert refused.opens_at == datetime(2026, 3, 10, 5, 30, tzinfo=UTC)
        assert verdict(NOON, Purpose.MARKETING).allowed

    def test_without_a_purpose_every_rule_of_the_country_has_to_allow(self) -> None:
        only(
            ("", "09:00", "18:00"),
            (Purpose.MARKETING, "11:00", "13:00"),
            (Purpose.RESEARCH, "12:30", "20:00"),
        )

        found = verdict(MORNING, "")
        assert (found.allowed, found.opens_at) == (False, datetime(2026, 3, 10, 7, 0, tzinfo=UTC))
        opened = verdict(found.opens_at, "")
        assert (opened.allowed, opened.closes_at) == (True, datetime(2026, 3, 10, 7, 30, tzinfo=UTC))
        assert opened.rules.purpose == Purpose.MARKETING

    def test_rules_that_never_allow_together_allow_nothing(self) -> None:
        only(("", "09:00", "11:00"), (Purpose.MARKETING, "12:00", "13:00"))

        found = verdict(MORNING, "")

        assert (found.allowed, found.reason, found.opens_at) == (False, Reason.NEVER_OPEN, None)

    def test_a_country_of_which_only_another_purpose_is_known_is_unknown(self) -> None:
        only((Purpose.MARKETING, "09:00", "21:00"))

        assert verdict(NOON, Purpose.SERVICE).reason == Reason.NO_RULE
        assert verdict(NOON, "").allowed

    @pytest.mark.parametrize(
        ("about", "reason"),
        [
            ({"country": "FR"}, Reason.NO_RULE),
            ({"country": ""}, Reason.NO_RULE),
            ({"number": "+12"}, Reason.NO_ZONE),
            ({"own_zone": "Mars/Olympus"}, Reason.NO_ZONE),
        ],
    )
    def test_unknown_means_no(self, about: dict[str, str], reason: Reason) -> None:
        for purpose in ("", Purpose.SERVICE):
            found = verdict(NOON, purpose, **about)
            assert (found.allowed, found.reason) == (False, reason)

    def test_a_rule_without_windows_is_never_open(self) -> None:
        only()
        rule("", "09:00", "18:00", days=range(0))

        assert verdict(NOON, Purpose.SERVICE).reason == Reason.NEVER_OPEN

    def test_a_window_with_seconds_opens_nothing(self) -> None:
        only(("", "09:00:30", "18:00"), (Purpose.MARKETING, "09:00", "18:00:30"))

        assert verdict(NOON, Purpose.SERVICE).reason == Reason.NEVER_OPEN
        assert verdict(NOON, Purpose.MARKETING).reason == Reason.NEVER_OPEN

    def test_it_closes_to_the_minute(self) -> None:
        only(("", "09:00", "18:00"))
        closes = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)

        assert verdict(closes - timedelta(microseconds=1), Purpose.SERVICE).allowed
        assert not verdict(closes, Purpose.SERVICE).allowed

    def test_the_persons_own_zone_goes_before_the_numbers(self) -> None:
        only(("", "09:00", "18:00"))

        assert verdict(NOON, Purpose.SERVICE).allowed
        assert not verdict(NOON, Purpose.SERVICE, own_zone="America/New_York").allowed

    def test_it_is_read_in_one_query_and_then_never_again(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            book = hours.book()
            for number in range(50):
                book.verdict(NOON, f"+9198765432{number:02}", "IN", Purpose.SERVICE)
        with django_assert_num_queries(1):
            hours.book(["IN"]).verdict(NOON, NUMBER, "IN", "")

    def test_where_hours_do_not_apply_everything_is_open(
        self, settings: Any, django_assert_num_queries: Any
    ) -> None:
        settings.CALLING_HOURS_APPLY = False

        with django_assert_num_queries(0):
            assert verdict(NIGHT, "", country="FR", number="+12").allowed


class TestPresets:
    def test_they_are_there_after_migrating(self) -> None:
        stored = {
            (found.country, found.purpose): hours.as_rules(found) for found in CallingRule.objects.all()
        }

        assert stored == {(preset.country, preset.purpose): preset for preset in presets.load()}
        assert all(CallingRule.objects.values_list("is_preset", flat=True))

    def test_what_people_changed_stays(self) -> None:
        mine = CallingRule.objects.get(country="IN", purpose="")
        mine.is_preset, mine.source, mine.reviewed_on = False, "Our counsel", date(2020, 1, 1)
        mine.save()
        mine.windows.all().delete()

        hours.ensure_presets("default")

        mine.refresh_from_db()
        assert (mine.source, mine.windows.count()) == ("Our counsel", 0)

    def test_what_nobody_changed_is_renewed_by_a_later_review(self) -> None:
        CallingRule.objects.filter(country="IN", purpose="").update(
            source="An older release", reviewed_on=date(2020, 1, 1)
        )
        CallingWindow.objects.filter(rule__country="IN", weekday=0).delete()

        hours.ensure_presets("default")

        renewed = CallingRule.objects.get(country="IN", purpose="")
        assert hours.as_rules(renewed) in presets.load()

    def test_what_is_missing_is_entered_again(self) -> None:
        CallingRule.objects.filter(country="AU").delete()

        hours.ensure_presets("default")
        hours.ensure_presets("default")

        assert CallingRule.objects.count() == len(presets.load())

    def test_it_knows_what_would_return(self) -> None:
        assert hours.is_shipped(CallingRule(country="IN", purpose=""))
        assert not hours.is_shipped(CallingRule(country="FR", purpose=""))


@pytest.mark.django_db(transaction=True)
def test_they_return_after_the_database_was_emptied() -> None:
    call_command("flush", interactive=False, verbosity=0)

    assert CallingRule.objects.count() == len(presets.load())
