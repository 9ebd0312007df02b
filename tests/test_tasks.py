"""Queue entry points: an id in, one service call out, and nothing escapes that would make the queue repeat."""

import threading
from datetime import datetime

import pytest
from django.utils import timezone

from calls import tasks
from calls.choices import CallStatus, Verdict, WebhookRoute
from calls.models import CallLog, ConsoleState, WebhookDelivery
from calls.services import sending
from tests.osvi.http_server import reply

pytestmark = pytest.mark.django_db(transaction=True)


def run_all(queue) -> list[str]:
    """Run what is in the queue as a worker does; return the names of the tasks."""
    names = []
    while (task := queue.dequeue()) is not None:
        names.append(task.name)
        queue.execute(task)
    return names


def test_a_call_travels_by_its_id(call: CallLog, osvi_settings, queue) -> None:
    osvi_settings.script(reply(200, {"success": True, "data": {"call_id": "id-1"}}))

    tasks.dispatch_call(call.pk)
    tasks.dispatch_call(call.pk)

    assert run_all(queue)[:2] == ["dispatch_call", "dispatch_call"]
    assert [request.method for request in osvi_settings.received].count("POST") == 1
    assert CallLog.objects.get().status == CallStatus.ACCEPTED


def test_a_question_travels_by_the_calls_id(make_call, osvi_settings, queue) -> None:
    osvi_settings.script(reply(200, {"success": True, "data": {"call_id": "id-1", "status": "busy"}}))
    call = make_call(CallStatus.ACCEPTED, call_id="id-1", next_poll_at=timezone.now())

    tasks.reconcile_call(call.pk)
    run_all(queue)

    assert CallLog.objects.get().outcome == "busy"


def test_a_delivery_travels_by_its_id(make_call, queue) -> None:
    delivery = WebhookDelivery.objects.create(
        route=WebhookRoute.CALL, call=make_call(CallStatus.ACCEPTED), body=b'{"call_status": "busy"}'
    )

    tasks.apply_delivery(delivery.pk)
    run_all(queue)

    delivery.refresh_from_db()
    assert delivery.verdict == Verdict.APPLIED


def test_no_task_is_repeated_by_the_queue() -> None:
    for task in (tasks.dispatch_call, tasks.reconcile_call, tasks.apply_delivery, tasks.sweep):
        instance = task.s(1) if task is not tasks.sweep else task.s()
        assert instance.retries == 0


def test_the_sweep_runs_every_minute_and_shows_that_the_worker_lives(queue) -> None:
    assert sending.worker_is_silent()

    tasks.sweep()
    run_all(queue)

    assert not sending.worker_is_silent()
    assert ConsoleState.current().worker_seen_at is not None
    validate = tasks.sweep.task_class().validate_datetime
    assert all(validate(datetime(2026, 1, 1, 0, minute)) for minute in range(60))  # noqa: DTZ001


def test_a_worker_that_starts_sweeps_at_once(make_call, queue, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "_started", threading.Event())
    make_call(CallStatus.SCHEDULED, scheduled_for=timezone.now(), not_before=timezone.now())

    tasks.start()

    assert CallLog.objects.get().status == CallStatus.QUEUED
    assert not sending.worker_is_silent()
