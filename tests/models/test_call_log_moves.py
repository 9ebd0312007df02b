"""The state machine: each move of MOVES works and leaves one event, every other one is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from calls.choices import MOVES, CallStatus, EventSource
from calls.models import CallEvent, CallLog, ImpossibleMove

POSSIBLE = [(origin, to) for origin in CallStatus for to in sorted(MOVES[origin])]
IMPOSSIBLE = [(origin, to) for origin in CallStatus for to in CallStatus if to not in MOVES[origin]]

MakeCall = Callable[..., Any]


def test_every_status_has_its_moves() -> None:
    assert set(MOVES) == set(CallStatus)
    # Once a request may have left, only certainty that nothing did leads back to the queue.
    assert [origin for origin in CallStatus if CallStatus.QUEUED in MOVES[origin]] == [
        CallStatus.SCHEDULED,
        CallStatus.SENDING,
    ]
    assert [origin for origin in CallStatus if CallStatus.SENDING in MOVES[origin]] == [CallStatus.QUEUED]


@pytest.mark.parametrize(("origin", "to"), POSSIBLE)
def test_it_moves_and_leaves_one_event(make_call: MakeCall, origin: CallStatus, to: CallStatus) -> None:
    call = make_call(origin)

    assert call.move(to, source=EventSource.WORKER, why="Because.", evidence={"status": 200}, tag="kept")

    stored = CallLog.objects.get()
    assert (stored.status, stored.status_reason, stored.tag) == (to, "Because.", "kept")
    assert (call.status, call.status_reason, call.tag) == (to, "Because.", "kept")
    event = CallEvent.objects.get()
    assert (event.from_status, event.to_status, event.why) == (origin, to, "Because.")
    assert (event.source, event.evidence) == (EventSource.WORKER, {"status": 200})


@pytest.mark.parametrize(("origin", "to"), IMPOSSIBLE)
def test_it_refuses_every_other_move(make_call: MakeCall, origin: CallStatus, to: CallStatus) -> None:
    call = make_call(origin)

    with pytest.raises(ImpossibleMove, match=f"from {origin} to {to}"):
        call.move(to, source=EventSource.WORKER, why="Because.")

    assert CallLog.objects.get().status == origin
    assert not CallEvent.objects.exists()


@pytest.mark.parametrize(("origin", "to"), POSSIBLE)
def test_the_slower_one_loses_quietly(make_call: MakeCall, origin: CallStatus, to: CallStatus) -> None:
    mine = make_call(origin)
    elsewhere = next(status for status in CallStatus if status not in {origin, to})
    CallLog.objects.update(status=elsewhere)

    assert mine.move(to, source=EventSource.WORKER, why="Because.", tag="lost") is False

    stored = CallLog.objects.get()
    assert (stored.status, stored.tag) == (elsewhere, "")
    assert (mine.status, mine.tag) == (origin, "")
    assert not CallEvent.objects.exists()


def test_a_move_may_depend_on_more_than_the_status(call: CallLog) -> None:
    CallLog.objects.update(send_attempts=1)

    assert not call.move(
        CallStatus.SENDING, source=EventSource.WORKER, why="Because.", only_if={"send_attempts": 0}
    )
    assert call.move(
        CallStatus.SENDING, source=EventSource.WORKER, why="Because.", only_if={"send_attempts": 1}
    )


def test_a_move_and_its_event_stand_or_fall_together(call: CallLog) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        call.move(CallStatus.SENDING, source=EventSource.WORKER, why=None)  # type: ignore[arg-type]

    assert CallLog.objects.get().status == CallStatus.QUEUED
    assert not CallEvent.objects.exists()


def test_the_database_refuses_an_unknown_status(call: CallLog) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CallLog.objects.update(status="ringing")


def test_a_template_cannot_move_a_call() -> None:
    for method in ("move", "note"):
        assert getattr(CallLog, method).alters_data


class TestWebhookToken:
    def test_it_leads_to_its_call_only(self, make_call: MakeCall) -> None:
        one, other = make_call(), make_call()

        assert CallLog.objects.from_webhook_token(one.webhook_token) == one
        assert CallLog.objects.from_webhook_token(other.webhook_token) == other

    @pytest.mark.parametrize(
        "spoil", [str.upper, lambda token: token[:-1], lambda token: f"{token}a", lambda _: ""]
    )
    def test_a_changed_one_leads_nowhere(self, call: CallLog, spoil: Callable[[str], str]) -> None:
        assert CallLog.objects.from_webhook_token(spoil(call.webhook_token)) is None

    def test_the_reference_alone_leads_nowhere(self, call: CallLog) -> None:
        assert CallLog.objects.from_webhook_token(call.reference.hex) is None

    def test_it_survives_a_change_of_the_secret_key(self, call: CallLog, settings) -> None:
        token = call.webhook_token
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "a-new-one"

        assert CallLog.objects.from_webhook_token(token) == call
