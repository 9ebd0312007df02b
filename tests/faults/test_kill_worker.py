"""kill -9 of a worker at each step of a sending: nobody is rung twice, and the call says what became of it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection, transaction

from calls.choices import CallStatus
from calls.models import CallLog
from osvi_simulator.server import SimulatorServer
from tests.faults.conftest import let_time_pass
from tests.support.processes import Worker, wait_until

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def status_of(call: CallLog) -> str:
    return CallLog.objects.values_list("status", flat=True).get(pk=call.pk)


def wait_for_no_nudge(call: CallLog) -> None:
    """Make the call look old, so that a worker's first sweep takes it without a nudge of its own."""
    CallLog.objects.filter(pk=call.pk).update(requested_at=call.requested_at - timedelta(minutes=5))


def was_answered(simulator: SimulatorServer, number: str) -> bool:
    return any(
        entry.method == "POST" and entry.phone == number and entry.status == HTTPStatus.OK
        for entry in simulator.journal.requests
    )


@contextmanager
def address_that_never_connects() -> Iterator[str]:
    """A listener whose queue is full: the system holds further connections back, so nothing can be sent."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for connection_ in waiting:
            connection_.setblocking(False)
            connection_.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"
        for connection_ in waiting:
            connection_.close()


@contextmanager
def nobody_else_writes(call: CallLog) -> Iterator[None]:
    """Hold the lock that saving an answer needs: the row's on PostgreSQL, the file's on SQLite."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            CallLog.objects.select_for_update().get(pk=call.pk)
        # On SQLite "atomic" is BEGIN IMMEDIATE, the one write lock.
        yield


def test_killed_before_the_request_left(
    simulator: SimulatorServer,
    ask_for_call: Callable[..., CallLog],
    start_worker: Callable[..., Worker],
):
    call = ask_for_call("10000")
    number = call.phone_number.as_e164
    wait_for_no_nudge(call)
    with address_that_never_connects() as url:
        worker = start_worker(OSVI_API_URL=url, OSVI_CONNECT_TIMEOUT="60")
        wait_until(
            lambda: status_of(call) == CallStatus.SENDING, seconds=10, what="the worker to claim the call"
        )
        worker.kill()
    let_time_pass()
    start_worker()
    wait_until(lambda: status_of(call) == CallStatus.UNCONFIRMED, seconds=10, what="the sweep to find it")
    wait_until(
        lambda: call.events.filter(why__contains="does not show a call").exists(),
        seconds=10,
        what="the evidence to be gathered",
    )
    assert status_of(call) == CallStatus.UNCONFIRMED
    assert simulator.rings(number) == 0


def test_killed_after_the_request_left(
    simulator: SimulatorServer,
    ask_for_call: Callable[..., CallLog],
    start_worker: Callable[..., Worker],
):
    # Numbers ending in 23 are rung at once and answered after several seconds.
    call = ask_for_call("10023")
    number = call.phone_number.as_e164
    wait_for_no_nudge(call)
    worker = start_worker(OSVI_READ_TIMEOUT="60")
    wait_until(lambda: simulator.rings(number), seconds=10, what="the request to arrive")
    worker.kill()
    assert status_of(call) == CallStatus.SENDING
    let_time_pass(120)
    start_worker()
    wait_until(lambda: status_of(call) == CallStatus.FINISHED, seconds=15, what="OSVI's list to show it")
    assert simulator.rings(number) == 1


def test_killed_after_the_answer_came(
    simulator: SimulatorServer,
    ask_for_call: Callable[..., CallLog],
    start_worker: Callable[..., Worker],
):
    call = ask_for_call("10000")
    number = call.phone_number.as_e164
    simulator.configure(latency_ms=1500.0)
    wait_for_no_nudge(call)
    worker = start_worker(OSVI_READ_TIMEOUT="60")
    wait_until(lambda: status_of(call) == CallStatus.SENDING, seconds=10, what="the claim")
    with nobody_else_writes(call):
        wait_until(lambda: was_answered(simulator, number), seconds=10, what="the answer to be given")
        worker.kill()
    simulator.configure(latency_ms=0.0)
    assert status_of(call) == CallStatus.SENDING
    let_time_pass(120)
    start_worker()
    wait_until(lambda: status_of(call) == CallStatus.FINISHED, seconds=15, what="OSVI's list to show it")
    assert simulator.rings(number) == 1
