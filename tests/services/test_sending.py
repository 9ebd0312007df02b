"""Pause and resume, and signs of life."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import CallLog, ConsoleState
from calls.services import sending
from calls.services.dispatch import dispatch
from tests.osvi.http_server import reply
from tests.services.together import together


def test_pausing_twice_keeps_the_first_reason(db: None) -> None:
    assert sending.pause("First.")
    assert not sending.pause("Second.")

    assert sending.is_paused()
    assert ConsoleState.current().sending_paused_reason == "First."


@pytest.mark.django_db(transaction=True)
def test_resuming_nudges_what_may_go_out_now(make_call: Callable[..., CallLog], queue) -> None:
    waiting = make_call()
    make_call(not_before=timezone.now() + timedelta(minutes=1))
    make_call(send_until=timezone.now() - timedelta(seconds=1))
    make_call(CallStatus.CANCELLED)
    sending.pause("Because.")

    assert sending.resume(None) == 1

    assert not sending.is_paused()
    assert [task.args for task in queue.pending()] == [(waiting.pk,)]


@pytest.mark.django_db(transaction=True)
def test_pause_against_resume_against_a_worker(call: CallLog, osvi, osvi_client, queue) -> None:
    """However these three fall, the call is sent once or waits."""
    osvi.script(reply(200, {"success": True, "data": {"call_id": "call_1"}}))
    ConsoleState.current()

    together(
        lambda: sending.pause("Because."),
        lambda: sending.resume(None),
        lambda: dispatch(call.pk, client=osvi_client),
        lambda: dispatch(call.pk, client=osvi_client),
    )

    call.refresh_from_db()
    assert (call.status, len(osvi.received)) in {(CallStatus.ACCEPTED, 1), (CallStatus.QUEUED, 0)}
    assert sending.is_paused() == bool(ConsoleState.current().sending_paused_reason)


@pytest.mark.django_db(transaction=True)
def test_the_state_is_one_row_however_many_ask_first(queue) -> None:
    results = together(*[ConsoleState.current] * 4)

    assert {type(result) for result in results} == {ConsoleState}
    assert ConsoleState.objects.count() == 1


def test_a_worker_is_silent_until_it_is_seen(db: None) -> None:
    assert sending.worker_is_silent()

    sending.note_worker_alive()
    assert not sending.worker_is_silent()

    ConsoleState.objects.update(
        worker_seen_at=timezone.now() - sending.WORKER_SILENT_AFTER - timedelta(seconds=1)
    )
    assert sending.worker_is_silent()


def test_signs_of_life_are_written_at_most_every_few_seconds(db: None) -> None:
    sending.note_osvi_answered()
    first = ConsoleState.current().osvi_answered_at

    sending.note_osvi_answered()
    assert ConsoleState.current().osvi_answered_at == first

    old = timezone.now() - sending.SIGN_OF_LIFE_EVERY - timedelta(seconds=1)
    ConsoleState.objects.update(osvi_answered_at=old)
    sending.note_osvi_answered()
    assert ConsoleState.objects.filter(osvi_answered_at__gt=old).exists()
