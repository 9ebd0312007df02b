"""Dispatch against a real HTTP server: each class of answer ends in the status that the design says."""

import json
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.models import CallEvent, CallLog, ConsoleState
from calls.osvi import contract
from calls.osvi.client import OsviClient
from calls.services import sending
from calls.services.cancel import cancel
from calls.services.dispatch import dispatch, webhook_address
from tests.conftest import TOKEN
from tests.osvi.http_server import (
    Answer,
    Handler,
    ScriptedServer,
    cut_off,
    hang_up,
    reply,
    reset,
    stay_silent,
)

MakeCall = Callable[..., Any]
ACCEPTED = reply(200, {"success": True, "data": {"call_id": "call_abc123xyz"}})


def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def sent(osvi: ScriptedServer) -> int:
    return sum(request.method == "POST" for request in osvi.received)


def moves(call: CallLog) -> list[str]:
    return [event.to_status for event in call.events.all() if event.to_status]


@pytest.fixture
def send(call: CallLog, osvi: ScriptedServer, osvi_client: OsviClient) -> Callable[[Answer], CallLog]:
    def send_and_read(answer: Answer) -> CallLog:
        osvi.script(answer)
        dispatch(call.pk, client=osvi_client)
        call.refresh_from_db()
        return call

    return send_and_read


def test_an_accepted_call(send, osvi: ScriptedServer) -> None:
    call = send(ACCEPTED)

    assert (call.status, call.call_id, call.send_attempts) == (CallStatus.ACCEPTED, "call_abc123xyz", 1)
    assert call.sent_at is not None
    assert call.next_poll_at is not None
    assert call.outcome_due_at is not None
    assert call.next_poll_at > call.sent_at
    assert call.outcome_due_at > call.next_poll_at
    assert moves(call) == [CallStatus.SENDING, CallStatus.ACCEPTED]
    assert ConsoleState.current().osvi_answered_at is not None
    [request] = osvi.received
    body = json.loads(request.body)
    assert request.path == contract.CALL_PATH
    assert request.headers["API-Token"] == TOKEN
    assert body == call.request | {"webhook_url": webhook_address(call)}
    contract.CallRequest.model_validate(body)


def test_no_secret_is_kept(send) -> None:
    call = send(
        reply(400, {"success": False, "error": f"bad {TOKEN}", "details": {"url": "https://a.example/?X"}})
    )

    kept = json.dumps([call.request, call.status_reason, *call.events.values_list("why", flat=True)])
    kept += json.dumps(list(call.events.values_list("evidence", flat=True)))
    assert TOKEN not in kept
    assert call.webhook_token not in kept
    assert "a.example" not in kept


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_refusal_is_final_and_keeps_the_vendors_words(send, status: int) -> None:
    call = send(reply(status, {"success": False, "error": "Agent not found", "details": None}))

    assert call.status == CallStatus.REJECTED
    assert call.status_reason.endswith("Agent not found")
    assert call.events.last().evidence["status"] == status
    assert not sending.is_paused()


def test_a_2xx_that_says_no_is_a_refusal(send) -> None:
    call = send(reply(200, {"success": False, "error": "No balance"}))

    assert call.status == CallStatus.REJECTED
    assert "No balance" in call.status_reason


def test_a_wrong_token_pauses_all_sending(send, make_call: MakeCall, osvi, osvi_client) -> None:
    call = send(reply(401, {"success": False, "error": "Invalid API token"}))
    other = make_call()

    dispatch(other.pk, client=osvi_client)

    other.refresh_from_db()
    assert (call.status, other.status) == (CallStatus.REJECTED, CallStatus.QUEUED)
    assert "token" in ConsoleState.current().sending_paused_reason
    assert sent(osvi) == 1


@pytest.mark.parametrize(("headers", "least", "most"), [({"Retry_After": "120"}, 110, 121), ({}, 1, 6)])
def test_too_many_requests_wait_in_the_queue(
    send, headers: dict[str, Any], least: int, most: int, queue
) -> None:
    call = send(reply(429, {"error": "slow down"}, **headers))

    assert (call.status, call.send_attempts, call.sent_at) == (CallStatus.QUEUED, 1, None)
    wait = (call.not_before - timezone.now()).total_seconds()
    assert least < wait < most
    assert moves(call) == [CallStatus.SENDING, CallStatus.QUEUED]


def test_it_waits_as_long_as_it_was_told(send, osvi) -> None:
    send(reply(429, {"error": "slow down"}, Retry_After="120"))

    call = send(ACCEPTED)

    assert call.status == CallStatus.QUEUED
    assert sent(osvi) == 1


def test_it_is_sent_when_the_wait_is_over(send, osvi) -> None:
    send(reply(429, {"error": "slow down"}, Retry_After="120"))
    CallLog.objects.update(not_before=timezone.now())

    call = send(ACCEPTED)

    assert (call.status, call.send_attempts) == (CallStatus.ACCEPTED, 2)
    assert moves(call) == [CallStatus.SENDING, CallStatus.QUEUED, CallStatus.SENDING, CallStatus.ACCEPTED]


@pytest.mark.parametrize(
    "answer",
    [
        reply(500, {"error": "boom"}),
        reply(502, raw=b"<html>bad gateway</html>"),
        reply(302, {}, Location="http://127.0.0.1:9/"),
        reply(409, {"error": "conflict"}),
        reply(200, raw=b"not json"),
        reply(200, {"success": True, "data": {}}),
        reply(200, {"success": True, "data": {"call_id": "x" * 10_000}}),
        reply(200, ["call_abc123xyz"]),
        cut_off(200, b'{"success": true'),
        hang_up,
        reset,
    ],
    ids=[
        "500",
        "502",
        "redirect",
        "409",
        "not-json",
        "no-id",
        "endless-id",
        "list",
        "cut",
        "hang-up",
        "reset",
    ],
)
def test_whatever_may_have_rung_is_unconfirmed_and_never_repeated(
    send, osvi, osvi_client, answer: Answer
) -> None:
    call = send(answer)

    assert call.status == CallStatus.UNCONFIRMED
    assert call.next_poll_at is not None
    assert "may be ringing" in call.status_reason
    dispatch(call.pk, client=osvi_client)
    assert sent(osvi) == 1


def test_silence_is_unconfirmed(call: CallLog, osvi: ScriptedServer) -> None:
    osvi.script(stay_silent)

    dispatch(call.pk, client=OsviClient(osvi.url, TOKEN, connect_timeout=5, read_timeout=0.2))

    call.refresh_from_db()
    assert call.status == CallStatus.UNCONFIRMED
    assert "0.2 seconds" in call.status_reason


def test_a_refused_connection_is_tried_again_with_growing_gaps(call: Any) -> None:
    client = OsviClient(f"http://127.0.0.1:{unused_port()}", TOKEN, connect_timeout=0.5, read_timeout=0.4)
    waits = []
    for _ in range(3):
        CallLog.objects.update(not_before=None)
        dispatch(call.pk, client=client)
        call.refresh_from_db()
        assert (call.status, call.sent_at) == (CallStatus.QUEUED, None)
        waits.append(round((call.not_before - timezone.now()).total_seconds()))

    assert waits == [5, 10, 20]
    assert ConsoleState.objects.filter(osvi_answered_at__isnull=False).count() == 0


class TestNeverSends:
    @pytest.fixture(autouse=True)
    def _accepts(self, osvi: ScriptedServer) -> None:
        osvi.script(ACCEPTED)

    @pytest.mark.parametrize("status", [status for status in CallStatus if status != CallStatus.QUEUED])
    def test_in_any_status_but_queued(
        self, make_call: MakeCall, osvi, osvi_client, status: CallStatus
    ) -> None:
        call = make_call(status)

        dispatch(call.pk, client=osvi_client)

        assert osvi.received == []
        assert CallLog.objects.get().status == status

    def test_before_its_time(self, call: CallLog, osvi, osvi_client) -> None:
        CallLog.objects.update(not_before=timezone.now() + timedelta(seconds=30))

        dispatch(call.pk, client=osvi_client)

        assert osvi.received == []

    def test_after_its_deadline(self, call: CallLog, osvi, osvi_client) -> None:
        """Nudges survive an outage of the worker; nobody is rung hours later because of that."""
        CallLog.objects.update(send_until=timezone.now() - timedelta(seconds=1))

        dispatch(call.pk, client=osvi_client)

        assert osvi.received == []
        assert CallLog.objects.get().status == CallStatus.QUEUED

    def test_while_paused(self, call: CallLog, osvi, osvi_client) -> None:
        sending.pause("Because.")

        dispatch(call.pk, client=osvi_client)

        assert osvi.received == []
        assert CallLog.objects.get().status == CallStatus.QUEUED

    def test_when_cancelled(self, call: CallLog, osvi, osvi_client) -> None:
        cancel(call.pk, source=EventSource.PERSON)

        dispatch(call.pk, client=osvi_client)

        assert osvi.received == []

    def test_what_does_not_exist(self, db: None, osvi, osvi_client) -> None:
        dispatch(4711, client=osvi_client)

        assert osvi.received == []

    def test_a_second_time(self, call: CallLog, osvi, osvi_client) -> None:
        for _ in range(3):
            dispatch(call.pk, client=osvi_client)

        assert sent(osvi) == 1

    def test_what_does_not_fit_the_contract(self, call: CallLog, osvi, osvi_client) -> None:
        CallLog.objects.update(request=call.request | {"country_code": "XX"})

        dispatch(call.pk, client=osvi_client)

        call.refresh_from_db()
        assert osvi.received == []
        assert call.status == CallStatus.BLOCKED
        assert "Nobody was rung" in call.status_reason
        assert call.events.get().evidence["problems"]

    @pytest.mark.django_db(transaction=True)
    def test_inside_a_transaction_where_the_claim_would_not_be_committed(
        self, call: CallLog, osvi, osvi_client
    ) -> None:
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            dispatch(call.pk, client=osvi_client)

        assert osvi.received == []


def test_a_claim_loses_against_a_worker_that_was_told_to_wait(
    call: Any, osvi, osvi_client, monkeypatch
) -> None:
    """One worker reads the row; another sends, is told 429 and queues it again; the first must not send."""
    from calls.services import dispatch as module

    build = module._final_request

    def slow_build(read: CallLog) -> Any:
        monkeypatch.setattr(module, "_final_request", build)
        osvi.script(reply(429, {}, Retry_After="120"))
        dispatch(call.pk, client=osvi_client)
        osvi.script(ACCEPTED)
        return build(read)

    monkeypatch.setattr(module, "_final_request", slow_build)
    dispatch(call.pk, client=osvi_client)

    call.refresh_from_db()
    assert sent(osvi) == 1
    assert (call.status, call.send_attempts) == (CallStatus.QUEUED, 1)
    assert call.not_before > timezone.now() + timedelta(seconds=60)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ACCEPTED, CallStatus.FINISHED),
        (reply(400, {"error": "no"}), CallStatus.FINISHED),
        (reply(429, {"error": "no"}), CallStatus.FINISHED),
        (reply(500, {"error": "no"}), CallStatus.FINISHED),
        (hang_up, CallStatus.FINISHED),
    ],
    ids=["200", "400", "429", "500", "hang-up"],
)
def test_news_before_the_answer(
    call: CallLog, osvi, osvi_client, queue, client, answer: Answer, expected: CallStatus
) -> None:
    """The webhook of a very short call overtakes the answer to its own request."""
    from django.db import connection

    from calls import tasks

    def deliver_then_answer(handler: Handler) -> None:
        news = {"call_status": "picked", "call_log_id": "log-1", "call_summary": "Came first."}
        delivered = client.post(
            f"/webhooks/osvi/calls/{call.webhook_token}/", news, content_type="application/json"
        )
        assert delivered.status_code == 200
        for task in queue.pending():
            if task.name == tasks.apply_delivery.task_class.__name__:
                tasks.apply_delivery.func(*task.args)
        connection.close()
        answer(handler)

    osvi.script(deliver_then_answer)
    dispatch(call.pk, client=osvi_client)

    call.refresh_from_db()
    assert sent(osvi) == 1
    assert (call.status, call.outcome, call.summary) == (expected, "picked", "Came first.")
    assert call.call_id == ("call_abc123xyz" if answer is ACCEPTED else "")
    assert moves(call) == [CallStatus.SENDING, CallStatus.FINISHED]
    # What the late answer said stays in the timeline.
    assert CallEvent.objects.filter(call=call, source=EventSource.WORKER).count() == 2


def test_one_id_for_two_calls_is_an_anomaly_that_breaks_nothing(
    make_call: MakeCall, osvi, osvi_client
) -> None:
    osvi.script(ACCEPTED)
    first, second = make_call(), make_call()

    dispatch(first.pk, client=osvi_client)
    dispatch(second.pk, client=osvi_client)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.call_id) == (CallStatus.ACCEPTED, "call_abc123xyz")
    assert (second.status, second.call_id) == (CallStatus.ACCEPTED, "")
    assert second.events.filter(why__contains="id that another call has already").count() == 1
    assert second.next_poll_at is not None


class TestRunOfFailures:
    def test_it_pauses_sending(self, make_call: MakeCall, osvi, osvi_client, settings) -> None:
        settings.CALL_FAILURES_BEFORE_PAUSE = 3
        osvi.script(reply(500, {}))
        for _ in range(5):
            dispatch(make_call().pk, client=osvi_client)

        assert sent(osvi) == 3
        assert CallLog.objects.filter(status=CallStatus.QUEUED).count() == 2
        assert "last 3 calls" in ConsoleState.current().sending_paused_reason

    def test_one_answer_in_between_breaks_it(self, make_call: MakeCall, osvi, osvi_client, settings) -> None:
        settings.CALL_FAILURES_BEFORE_PAUSE = 3
        failure = reply(500, {})
        osvi.script(failure, failure, reply(400, {"error": "no"}), failure, failure, ACCEPTED)
        for _ in range(6):
            dispatch(make_call().pk, client=osvi_client)

        assert sent(osvi) == 6
        assert not sending.is_paused()
