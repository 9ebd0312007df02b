"""Cancel: works until the request left, and says so when it is too late."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from calls.choices import CANCELLABLE, CallStatus, EventSource
from calls.models import CallEvent, CallLog
from calls.services.cancel import TooLate, cancel

MakeCall = Callable[..., Any]
LEFT = {CallStatus.SENDING, CallStatus.ACCEPTED, CallStatus.UNCONFIRMED}
ENDED = set(CallStatus) - CANCELLABLE - LEFT - {CallStatus.CANCELLED}


@pytest.mark.parametrize("status", sorted(CANCELLABLE))
def test_it_cancels(make_call: MakeCall, status: CallStatus) -> None:
    user = User.objects.create_user("operator")

    call = cancel(make_call(status).pk, source=EventSource.PERSON, by=user)

    assert call.status == CallLog.objects.get().status == CallStatus.CANCELLED
    event = CallEvent.objects.get()
    assert (event.from_status, event.to_status, event.by) == (status, CallStatus.CANCELLED, user)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        *[(status, "no way to take it back") for status in sorted(LEFT)],
        *[(status, "has ended already") for status in sorted(ENDED)],
    ],
)
def test_it_says_that_it_is_too_late(make_call: MakeCall, status: CallStatus, words: str) -> None:
    call = make_call(status)

    with pytest.raises(TooLate, match=words):
        cancel(call.pk, source=EventSource.PERSON)

    assert CallLog.objects.get().status == status
    assert not CallEvent.objects.exists()


def test_cancelling_twice_is_fine(call: CallLog) -> None:
    for _ in range(2):
        assert cancel(call.pk, source=EventSource.PERSON).status == CallStatus.CANCELLED

    assert CallEvent.objects.count() == 1


def test_it_looks_again_when_the_call_moved_meanwhile(make_call: MakeCall, monkeypatch) -> None:
    call = make_call(CallStatus.SCHEDULED)
    move = CallLog.move

    def become_due_first(self: CallLog, *args: object, **kwargs: object) -> bool:
        monkeypatch.setattr(CallLog, "move", move)
        CallLog.objects.get().move(CallStatus.QUEUED, source=EventSource.SWEEP, why="Its time has come.")
        return move(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(CallLog, "move", become_due_first)

    assert cancel(call.pk, source=EventSource.PERSON).status == CallStatus.CANCELLED
    assert [event.to_status for event in call.events.all()] == [CallStatus.QUEUED, CallStatus.CANCELLED]
