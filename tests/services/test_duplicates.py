"""The guard against ringing a person twice: whom it stops, what lets a call through, and races."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.models import Agent, CallLog
from calls.services import duplicates
from calls.services.orders import CallOrder
from calls.services.place import place
from tests.services.together import together

NUMBER = "+919876543210"
WINDOW = timedelta(seconds=settings.CALL_DUPLICATE_WINDOW)


@pytest.fixture
def order(agent: Agent) -> CallOrder:
    return CallOrder(agent=agent, phone_number=NUMBER, country="IN")


@pytest.fixture
def earlier(make_call: Callable[..., CallLog]) -> Callable[..., CallLog]:
    """Make a call to the number that rang `ago` before now."""

    def make(status: CallStatus, ago: timedelta = timedelta(minutes=1), **fields: Any) -> CallLog:
        times = {"sent_at": timezone.now() - ago} if status not in _UNSENT else {}
        return make_call(status, phone_number=NUMBER, **times | fields)

    return make


_UNSENT = {CallStatus.SCHEDULED, CallStatus.QUEUED, CallStatus.CANCELLED, CallStatus.BLOCKED}


def stopped_by(order: CallOrder) -> list[CallLog]:
    """Place; return the earlier calls that stopped it, none if it was placed."""
    try:
        place(order, source=EventSource.PERSON)
    except ValidationError as caught:
        (error,) = caught.error_dict[duplicates.FIELD]
        assert error.code == duplicates.CODE
        return list((error.params or {})["calls"])
    return []


@pytest.mark.parametrize(
    "status",
    [
        CallStatus.SCHEDULED,
        CallStatus.QUEUED,
        CallStatus.SENDING,
        CallStatus.ACCEPTED,
        CallStatus.UNCONFIRMED,
    ],
)
def test_a_call_that_has_not_ended_stops_another_however_old(
    order: CallOrder, earlier: Callable[..., CallLog], status: CallStatus
) -> None:
    call = earlier(status, ago=timedelta(days=3))

    assert stopped_by(order) == [call]
    assert CallLog.objects.count() == 1


@pytest.mark.parametrize("status", [CallStatus.FINISHED, CallStatus.NO_OUTCOME])
def test_a_call_that_rang_stops_another_for_a_while(
    order: CallOrder, earlier: Callable[..., CallLog], status: CallStatus
) -> None:
    call = earlier(status, ago=WINDOW - timedelta(seconds=30))
    assert stopped_by(order) == [call]

    CallLog.objects.update(sent_at=timezone.now() - WINDOW - timedelta(seconds=1))
    assert stopped_by(order) == []


def test_a_long_call_counts_from_its_end(order: CallOrder, earlier: Callable[..., CallLog]) -> None:
    call = earlier(CallStatus.FINISHED, ago=2 * WINDOW, finished_at=timezone.now())

    assert stopped_by(order) == [call]


@pytest.mark.parametrize(
    "status", [CallStatus.REJECTED, CallStatus.NOT_PLACED, CallStatus.CANCELLED, CallStatus.BLOCKED]
)
def test_a_call_that_rang_nobody_stops_nothing(
    order: CallOrder, earlier: Callable[..., CallLog], status: CallStatus
) -> None:
    earlier(status)

    assert stopped_by(order) == []


def test_it_waits_while_osvi_may_ring_again_by_itself(
    order: CallOrder, earlier: Callable[..., CallLog]
) -> None:
    call = earlier(
        CallStatus.FINISHED,
        ago=2 * WINDOW,
        outcome="not_picked",
        next_poll_at=timezone.now(),
        request={"call_config_overrides": {"retry_config": {"enabled": True}}},
    )
    assert stopped_by(order) == [call]

    CallLog.objects.update(outcome="picked")
    assert stopped_by(order) == []


def test_another_number_is_another_matter(order: CallOrder, earlier: Callable[..., CallLog]) -> None:
    earlier(CallStatus.ACCEPTED)

    assert stopped_by(replace(order, phone_number="+919876543211")) == []


def test_a_call_for_later_is_measured_at_its_own_time(
    order: CallOrder, earlier: Callable[..., CallLog]
) -> None:
    earlier(CallStatus.FINISHED)

    assert stopped_by(replace(order, scheduled_for=timezone.now() + timedelta(minutes=1)))
    assert not stopped_by(replace(order, scheduled_for=timezone.now() + 2 * WINDOW))


def test_a_confirmation_lets_it_through(order: CallOrder, earlier: Callable[..., CallLog]) -> None:
    earlier(CallStatus.FINISHED)

    assert stopped_by(replace(order, confirmed_duplicate=True)) == []


def test_a_confirmation_holds_for_the_call_that_was_shown(
    order: CallOrder, earlier: Callable[..., CallLog]
) -> None:
    shown = earlier(CallStatus.FINISHED)
    newer = earlier(CallStatus.FINISHED)

    assert stopped_by(replace(order, confirmed_duplicate=uuid.uuid4())) == [newer, shown]
    assert stopped_by(replace(order, confirmed_duplicate=shown.reference)) == [newer, shown]
    assert stopped_by(replace(order, confirmed_duplicate=newer.reference)) == []


def test_the_sentence_says_what_is_known_and_names_nobody(
    order: CallOrder, earlier: Callable[..., CallLog]
) -> None:
    for status, words in (
        (CallStatus.SCHEDULED, "is scheduled for"),
        (CallStatus.ACCEPTED, "has not ended"),
        (CallStatus.FINISHED, "was called at"),
    ):
        call = earlier(status, person_name="John Doe")
        assert words in duplicates.sentence(call)
        assert "John" not in duplicates.sentence(call)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_the_same_moment_one_is_stopped(order: CallOrder, queue: Any) -> None:
    orders = [replace(order, form_token=uuid.uuid4()) for _ in range(4)]

    results = together(*[lambda order=order: stopped_by(order) for order in orders])

    call = CallLog.objects.get()
    assert sorted(results, key=len) == [[], [call], [call], [call]]


@pytest.mark.django_db(transaction=True)
def test_two_people_who_saw_the_same_call_ring_once(
    order: CallOrder, earlier: Callable[..., CallLog], queue: Any
) -> None:
    shown = earlier(CallStatus.FINISHED)
    orders = [replace(order, form_token=uuid.uuid4(), confirmed_duplicate=shown.reference) for _ in range(2)]

    results = together(*[lambda order=order: stopped_by(order) for order in orders])

    assert sorted(len(calls) for calls in results) == [0, 2]
    assert CallLog.objects.count() == 2
