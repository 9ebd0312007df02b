"""Caps: which calls count, in which window, when a number is free again, and a day's hard stop that holds."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import CallStatus
from calls.models import Agent, CallLog, DayTally
from calls.services import caps, preferences
from tests.conftest import NUMBER
from tests.services.together import together

MakeCall = Callable[..., CallLog]
OTHER = "+919812345678"
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _caps(settings: Any) -> None:
    settings.CALLS_PER_NUMBER_A_DAY, settings.CALLS_PER_NUMBER_A_WEEK = 2, 4


@pytest.fixture
def rang(make_call: MakeCall) -> MakeCall:
    """Return a function that writes a call which rang so many hours before NOW."""

    def write(hours: float, **fields: Any) -> CallLog:
        given = {"status": CallStatus.FINISHED, "sent_at": NOW - timedelta(hours=hours)} | fields
        return make_call(**given)

    return write


def used() -> tuple[int, int]:
    return caps.used([NUMBER], NOW)[NUMBER]


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (CallStatus.SENDING, True),
        (CallStatus.ACCEPTED, True),
        (CallStatus.UNCONFIRMED, True),
        (CallStatus.FINISHED, True),
        (CallStatus.NO_OUTCOME, True),
        (CallStatus.REJECTED, False),
        (CallStatus.NOT_PLACED, False),
        (CallStatus.QUEUED, False),
        (CallStatus.SCHEDULED, False),
        (CallStatus.CANCELLED, False),
        (CallStatus.BLOCKED, False),
    ],
)
def test_what_may_have_rung_counts(make_call: MakeCall, status: CallStatus, counts: bool) -> None:
    fields = {"sent_at": NOW} if counts or status in {CallStatus.REJECTED, CallStatus.NOT_PLACED} else {}
    make_call(status, **fields)

    assert used() == ((1, 1) if counts else (0, 0))


def test_the_windows_roll(rang: MakeCall) -> None:
    for hours in (1, 23.9, 24, 100, 7 * 24 - 0.1, 7 * 24, 500):
        rang(hours)
    rang(1, phone_number=OTHER)

    assert caps.used([NUMBER, OTHER, "+919800000000"], NOW) == {
        NUMBER: (2, 5),
        OTHER: (1, 1),
        "+919800000000": (0, 0),
    }


def test_it_counts_how_often_osvi_rang_again(rang: MakeCall) -> None:
    rang(1, retry_count=2)
    rang(30, retry_count=0)

    assert used() == (3, 4)


def test_tests_on_ones_own_telephone_do_not_count(rang: MakeCall, django_user_model: type[User]) -> None:
    asha, ravi = (django_user_model.objects.create_user(name) for name in ("asha", "ravi"))
    preferences.remember_test_number(asha, PhoneNumber.from_string(NUMBER))
    rang(1, is_test=True, placed_by=asha)
    assert used() == (0, 0)

    # A test that rings somebody, a call to a colleague, and one by the command line.
    rang(1, is_test=True, placed_by=ravi)
    rang(1, placed_by=asha)
    rang(1, is_test=True)
    assert used() == (3, 3)


def test_many_numbers_take_few_queries(rang: MakeCall, django_assert_num_queries: Any) -> None:
    rang(1)
    numbers = [f"+9198{number:08}" for number in range(12_000)]

    with django_assert_num_queries(3):
        counts = caps.used([*numbers, NUMBER], NOW)

    assert len(counts) == 12_001
    assert counts[NUMBER] == (1, 1)
    assert counts[numbers[0]] == (0, 0)


def test_without_caps_nothing_is_asked(rang: MakeCall, settings: Any, django_assert_num_queries: Any) -> None:
    settings.CALLS_PER_NUMBER_A_DAY = settings.CALLS_PER_NUMBER_A_WEEK = settings.CALLS_A_DAY = 0
    rang(1)

    with django_assert_num_queries(0):
        assert used() == (0, 0)
        assert caps.over_cap(99, 99) == ""
        assert caps.free_again_at(NUMBER, NOW) is None
        assert caps.take_one_of_today(NOW)
        assert not caps.day_is_full(NOW)
        caps.give_back(NOW.date())


@pytest.mark.parametrize(
    ("day", "week", "expected"),
    [(0, 0, ""), (1, 3, ""), (2, 2, "day"), (3, 3, "day"), (1, 4, "week"), (2, 4, "week"), (0, 9, "week")],
)
def test_over_cap(day: int, week: int, expected: str) -> None:
    assert caps.over_cap(day, week) == expected


def test_one_cap_alone(settings: Any) -> None:
    settings.CALLS_PER_NUMBER_A_DAY = 0
    assert (caps.over_cap(99, 3), caps.over_cap(99, 4)) == ("", "week")
    settings.CALLS_PER_NUMBER_A_DAY, settings.CALLS_PER_NUMBER_A_WEEK = 2, 0
    assert (caps.over_cap(1, 99), caps.over_cap(2, 99)) == ("", "day")


@pytest.mark.parametrize(
    ("hours_ago", "free_in"),
    [
        ((), None),
        ((1,), None),
        # Two within a day: when the older of them is a day old.
        ((1, 5), 19),
        ((1, 5, 7), 19),
        # Four within a week: when the fourth newest is a week old, although the day has room.
        ((30, 40, 50, 60), 7 * 24 - 60),
        ((1, 5, 100, 150), 19),
        ((1, 5, 100, 110), 7 * 24 - 110),
    ],
)
def test_when_a_number_is_free_again(rang: MakeCall, hours_ago: tuple[int, ...], free_in: int | None) -> None:
    for hours in hours_ago:
        rang(hours)

    free_at = caps.free_again_at(NUMBER, NOW)

    assert free_at == (None if free_in is None else NOW + timedelta(hours=free_in))
    if free_at is not None:
        assert caps.over_cap(*caps.used([NUMBER], free_at)[NUMBER]) == ""
        before = free_at - timedelta(seconds=1)
        assert caps.over_cap(*caps.used([NUMBER], before)[NUMBER]) != ""


class TestTheDaysHardStop:
    @pytest.fixture(autouse=True)
    def _cap(self, settings: Any, db: None) -> None:
        settings.CALLS_A_DAY = 3

    def test_it_counts_to_the_number_and_no_further(self) -> None:
        assert [caps.take_one_of_today(NOW) for _call in range(5)] == [True, True, True, False, False]
        assert caps.day_is_full(NOW)
        assert DayTally.objects.get().sent == 3

    def test_what_is_given_back_can_be_taken_again(self) -> None:
        for _call in range(3):
            caps.take_one_of_today(NOW)
        caps.give_back(timezone.localdate(NOW))

        assert [caps.take_one_of_today(NOW) for _call in range(2)] == [True, False]

    def test_nothing_is_given_back_that_was_not_taken(self) -> None:
        caps.give_back(timezone.localdate(NOW))
        caps.take_one_of_today(NOW)
        caps.give_back(timezone.localdate(NOW))
        caps.give_back(timezone.localdate(NOW))

        assert DayTally.objects.get().sent == 0

    def test_days_are_those_of_the_consoles_zone(self, settings: Any) -> None:
        """18:30 UTC is midnight in India."""
        before = datetime(2026, 3, 10, 18, 29, tzinfo=UTC)
        after = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
        caps.take_one_of_today(before)
        caps.take_one_of_today(after)

        assert set(DayTally.objects.values_list("day", "sent")) == {
            (date(2026, 3, 10), 1),
            (date(2026, 3, 11), 1),
        }
        assert caps.next_day(before) == after
        assert caps.next_day(after) == after + timedelta(days=1)

    def test_a_claim_that_is_rolled_back_took_nothing(self) -> None:
        with transaction.atomic():
            caps.take_one_of_today(NOW)
            transaction.set_rollback(True)

        assert not DayTally.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_moment_never_take_more(settings: Any, agent: Agent) -> None:
    settings.CALLS_A_DAY = 5

    def claim() -> bool:
        with transaction.atomic():
            return caps.take_one_of_today(NOW)

    taken = together(*[claim] * 12)

    assert sorted(map(bool, taken)) == [False] * 7 + [True] * 5
    assert DayTally.objects.get().sent == 5
