"""Sweep: what was lost, late or left by a dead worker is found again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from calls.choices import CallStatus, Verdict, WebhookRoute
from calls.models import CallLog, WebhookDelivery
from calls.services import nudge, sending
from calls.services import sweep as module
from calls.services.sweep import SETTLED_AFTER, stale_sending_before, sweep

pytestmark = pytest.mark.django_db(transaction=True)

MakeCall = Callable[..., Any]
SECOND = timedelta(seconds=1)


def statuses() -> list[str]:
    return list(CallLog.objects.order_by("pk").values_list("status", flat=True))


def nudges(queue) -> list[tuple[str, int]]:
    return [(task.name.removeprefix("queue_task_"), task.args[0]) for task in queue.pending()]


def test_it_finds_nothing_to_do(db: None, queue) -> None:
    assert set(sweep().values()) == {0}
    assert nudges(queue) == []


def test_it_queues_what_is_due(make_call: MakeCall, queue) -> None:
    now = timezone.now()
    due = make_call(CallStatus.SCHEDULED, scheduled_for=now - SECOND, not_before=now - SECOND)
    make_call(CallStatus.SCHEDULED, scheduled_for=now + timedelta(minutes=1))

    assert sweep()["due"] == 1

    assert statuses() == [CallStatus.QUEUED, CallStatus.SCHEDULED]
    assert ("dispatch_call", due.pk) in nudges(queue)


def test_it_gives_up_what_could_not_be_sent_in_time(make_call: MakeCall, queue) -> None:
    make_call(send_until=timezone.now() - SECOND)
    make_call()

    assert sweep()["given_up"] == 1

    assert statuses() == [CallStatus.BLOCKED, CallStatus.QUEUED]
    assert "Nobody was rung" in CallLog.objects.earliest("pk").status_reason


def test_it_parks_what_a_dead_worker_left_and_never_queues_it_again(make_call: MakeCall, queue) -> None:
    stale = timezone.now() - stale_sending_before()
    dead = make_call(CallStatus.SENDING, sent_at=stale - SECOND)
    make_call(CallStatus.SENDING, sent_at=stale + timedelta(seconds=30))

    assert sweep()["unconfirmed"] == 1

    assert statuses() == [CallStatus.UNCONFIRMED, CallStatus.SENDING]
    assert nudges(queue) == [("reconcile_call", dead.pk)]


def test_it_closes_what_nobody_knows_about(make_call: MakeCall, queue) -> None:
    make_call(CallStatus.ACCEPTED, outcome_due_at=timezone.now() - SECOND)
    make_call(CallStatus.ACCEPTED, outcome_due_at=timezone.now() + timedelta(minutes=1))

    assert sweep()["no_outcome"] == 1

    assert statuses() == [CallStatus.NO_OUTCOME, CallStatus.ACCEPTED]


def test_a_lost_nudge_is_recovered(make_call: MakeCall, queue) -> None:
    lost = make_call(requested_at=timezone.now() - SETTLED_AFTER - SECOND)
    make_call()  # its own nudge is still under way

    assert sweep()["nudged"] == 1

    assert nudges(queue) == [("dispatch_call", lost.pk)]


def test_nothing_is_nudged_to_be_sent_while_paused(make_call: MakeCall, queue) -> None:
    make_call(requested_at=timezone.now() - SETTLED_AFTER - SECOND)
    sending.pause("Because.")

    assert sweep()["nudged"] == 0
    assert nudges(queue) == []


def test_a_lost_question_is_recovered(make_call: MakeCall, queue) -> None:
    due = make_call(CallStatus.ACCEPTED, next_poll_at=timezone.now() - SECOND)
    make_call(CallStatus.ACCEPTED, next_poll_at=timezone.now() + timedelta(minutes=1))

    assert sweep()["asked"] == 1
    assert nudges(queue) == [("reconcile_call", due.pk)]


def committed_at(moment: datetime, monkeypatch: pytest.MonkeyPatch, pk: int, next_poll_at: datetime) -> None:
    """Plan the question of `next_poll_at` in a transaction that commits at `moment`."""
    with transaction.atomic():
        CallLog.objects.filter(pk=pk).update(next_poll_at=next_poll_at)
        nudge.reconcile(pk, at=next_poll_at)
        monkeypatch.setattr(nudge, "time", SimpleNamespace(time=moment.timestamp))


def test_the_wake_up_of_a_late_commit_looks_at_the_second_of_the_question(
    make_call: MakeCall, queue, monkeypatch
) -> None:
    call = make_call(CallStatus.ACCEPTED)
    question = timezone.now().replace(microsecond=950_000) + 5 * SECOND

    committed_at(question - 4 * SECOND + SECOND / 10, monkeypatch, call.pk, question)

    [(_task, second)] = nudges(queue)
    queue.flush()
    assert module.nudge_questions(second) == 1
    assert nudges(queue) == [("reconcile_call", call.pk)]


def test_a_question_whose_second_has_passed_at_the_commit_is_asked_at_once(
    make_call: MakeCall, queue, monkeypatch
) -> None:
    call = make_call(CallStatus.ACCEPTED)
    question = timezone.now() + SECOND / 10

    committed_at(question + SECOND, monkeypatch, call.pk, question)

    assert nudges(queue) == [("reconcile_call", call.pk)]


def test_a_lost_delivery_is_recovered(queue) -> None:
    old = timezone.now() - SETTLED_AFTER - SECOND
    lost = WebhookDelivery.objects.create(route=WebhookRoute.CALL, received_at=old)
    WebhookDelivery.objects.create(route=WebhookRoute.CALL)
    WebhookDelivery.objects.create(route=WebhookRoute.CALL, received_at=old, verdict=Verdict.APPLIED)

    assert sweep()["deliveries"] == 1
    assert nudges(queue) == [("apply_delivery", lost.pk)]


def test_a_large_backlog_is_taken_in_batches_oldest_first(make_call: MakeCall, queue, monkeypatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    past = timezone.now() - SETTLED_AFTER - SECOND
    waiting = [make_call(requested_at=past) for _ in range(3)]
    late = [make_call(send_until=timezone.now() - SECOND) for _ in range(3)]

    assert sweep() | {"asked": 0} == sweep() | {"given_up": 2, "asked": 0}

    assert nudges(queue)[:2] == [("dispatch_call", call.pk) for call in waiting[:2]]
    assert [CallLog.objects.get(pk=call.pk).status for call in late] == [CallStatus.BLOCKED] * 3
