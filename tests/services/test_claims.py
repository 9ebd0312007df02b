"""Races for one row: whatever the order, the person is rung at most once."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from calls.choices import CallStatus, EventSource
from calls.models import CallLog
from calls.services.cancel import TooLate, cancel
from calls.services.dispatch import dispatch
from calls.services.sweep import sweep
from tests.osvi.http_server import reply
from tests.services.together import together

pytestmark = pytest.mark.django_db(transaction=True)

ACCEPTED = reply(200, {"success": True, "data": {"call_id": "call_1"}})
MakeCall = Callable[..., Any]


@pytest.mark.parametrize("workers", [2, 6])
def test_of_several_workers_one_sends(call: CallLog, osvi, osvi_client, queue, workers: int) -> None:
    osvi.script(ACCEPTED)

    results = together(*[lambda: dispatch(call.pk, client=osvi_client)] * workers)

    call.refresh_from_db()
    assert results == [None] * workers
    assert len(osvi.received) == 1
    assert (call.status, call.send_attempts) == (CallStatus.ACCEPTED, 1)
    assert call.events.filter(to_status=CallStatus.SENDING).count() == 1


def test_cancelling_wins_or_says_that_it_came_too_late(make_call: MakeCall, osvi, osvi_client, queue) -> None:
    osvi.script(reply(400, {"error": "no"}))
    for _ in range(5):
        osvi.received.clear()
        call = make_call()

        _, cancelled = together(
            partial(dispatch, call.pk, client=osvi_client),
            partial(cancel, call.pk, source=EventSource.PERSON),
        )

        call.refresh_from_db()
        if isinstance(cancelled, TooLate):
            assert (call.status, len(osvi.received)) == (CallStatus.REJECTED, 1)
        else:
            assert (call.status, len(osvi.received)) == (CallStatus.CANCELLED, 0)


def test_sweeps_and_workers_together(make_call: MakeCall, osvi, osvi_client, queue) -> None:
    osvi.script(reply(429, {}, Retry_After="60"))
    calls = [make_call() for _ in range(3)]

    together(sweep, sweep, *[partial(dispatch, call.pk, client=osvi_client) for call in calls * 2])

    assert len(osvi.received) == 3
    assert set(CallLog.objects.values_list("status", "send_attempts")) == {(CallStatus.QUEUED, 1)}
