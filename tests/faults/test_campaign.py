"""Randomised trials: workers die between any two steps, answers get lost, nudges repeat, connections break.

After each round the console is left to heal without faults; then no number may have been rung twice, and
every call must say what became of it. A bounded sample runs with the suite, the long campaign with
`pytest -m campaign`.
"""

import os
import random
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import DatabaseError, close_old_connections, connection, connections
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.models import Agent, CallLog
from calls.osvi.transport import Transport
from calls.services import record_outcome as record_outcome_module
from calls.services.cancel import TooLate, cancel
from calls.services.dispatch import dispatch
from calls.services.orders import CallOrder
from calls.services.place import place
from calls.services.reconcile import reconcile
from calls.services.sweep import sweep
from osvi_simulator.scenarios import SCENARIOS, Answer
from osvi_simulator.server import SimulatorServer
from tests.faults.conftest import let_time_pass

pytestmark = pytest.mark.django_db(transaction=True)

CALLS_PER_ROUND = 50
STEPS_PER_ROUND = 250
THREADS = 4
# Rounds of the long campaign: 10,000 calls unless the environment asks for fewer.
ROUNDS = int(os.environ.get("CAMPAIGN_ROUNDS", "200"))
# A refused token and a slow answer would only make the rounds longer; they have tests of their own.
DIGITS = [
    "00",
    *(
        row.digits
        for row in SCENARIOS
        if row.answer not in (Answer.UNAUTHORIZED, Answer.SLOW) and not row.same_call_id
    ),
]
NOT_SENT = {CallStatus.CANCELLED, CallStatus.BLOCKED}
SAYS_WHAT_HAPPENED = NOT_SENT | {
    CallStatus.FINISHED,
    CallStatus.NO_OUTCOME,
    CallStatus.REJECTED,
    CallStatus.UNCONFIRMED,
}


class WorkerDied(BaseException):
    """Stands for kill -9 at one point: no handler of the product catches it."""


class Chaos:
    """Lets the calling thread die before or after the steps that matter, while it is switched on."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.switched_on = False
        self.deaths = 0

    def wrap(self, function: Callable) -> Callable:
        def around(*args, **kwargs):
            self._maybe_die()
            result = function(*args, **kwargs)
            self._maybe_die()
            return result

        return around

    def _maybe_die(self) -> None:
        if self.switched_on and threading.current_thread().name.startswith("worker"):
            throw = self.random.random()
            if throw < 0.04:
                self.deaths += 1
                raise WorkerDied
            if throw < 0.05 and connection.vendor == "postgresql":
                # The database restarts: the driver's connection is gone, the transaction with it.
                connection.ensure_connection()
                connection.connection.close()


@pytest.fixture
def chaos(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chaos]:
    seed = random.randrange(2**32)
    print(f"seed of the campaign: {seed}")  # noqa: T201  # pytest shows it with a failure
    chaos = Chaos(seed)
    for owner, name in (
        (CallLog, "move"),
        (CallLog, "save"),
        (Transport, "exchange"),
        (record_outcome_module, "_record"),
        (record_outcome_module, "_write"),
    ):
        monkeypatch.setattr(owner, name, chaos.wrap(getattr(owner, name)))
    yield chaos
    chaos.switched_on = False


def place_round(agent: Agent, prefix: int, randomness: random.Random) -> list[CallLog]:
    orders = [
        CallOrder(
            agent=agent, phone_number=f"9{prefix:05}{index:02}{randomness.choice(DIGITS)}", country="IN"
        )
        for index in range(CALLS_PER_ROUND)
    ]
    return [place(order, source=EventSource.COMMAND, nudge_worker=False)[0] for order in orders]


def work(calls: list[CallLog], chaos: Chaos, steps: int) -> None:
    """One worker's life: random steps on random calls; when it dies, another one takes over."""
    for _ in range(steps):
        call = chaos.random.choice(calls)
        step = chaos.random.random()
        try:
            if step < 0.55:
                dispatch(call.pk)
            elif step < 0.85:
                reconcile(call.pk, even_if_not_due=True)
            elif step < 0.93:
                sweep()
            else:
                cancel(call.pk, source=EventSource.COMMAND)
        except (WorkerDied, DatabaseError):
            connection.close()
        except TooLate:
            continue
    connections.close_all()


def heal(calls: list[CallLog]) -> None:
    """What a console without faults does in the hours after: sweep, send, ask, close."""
    for hour in range(6):
        let_time_pass()
        if hour == 5:
            CallLog.objects.filter(status=CallStatus.ACCEPTED).update(outcome_due_at=timezone.now())
        sweep()
        for call in calls:
            dispatch(call.pk)
            reconcile(call.pk)
    sweep()


def run_round(agent: Agent, simulator: SimulatorServer, chaos: Chaos, prefix: int) -> None:
    calls = place_round(agent, prefix, chaos.random)
    chaos.switched_on = True
    workers = [
        threading.Thread(target=work, name=f"worker-{index}", args=(calls, chaos, STEPS_PER_ROUND // THREADS))
        for index in range(THREADS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    chaos.switched_on = False
    close_old_connections()
    heal(calls)
    for call in calls:
        call.refresh_from_db()
        rings = simulator.rings(call.phone_number.as_e164)
        story = [f"{event.from_status}→{event.to_status} {event.why}" for event in call.events.all()]
        assert rings <= 1, story
        assert call.status in SAYS_WHAT_HAPPENED, story
        if rings:
            assert call.status not in NOT_SENT, story
        if call.status == CallStatus.FINISHED:
            assert rings == 1, story


def run_campaign(agent: Agent, simulator: SimulatorServer, chaos: Chaos, settings, rounds: int) -> None:
    settings.CALL_FAILURES_BEFORE_PAUSE = 10**6
    settings.CALL_FIRST_POLL = 0.01
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"
    simulator.configure(speed=200.0)
    for prefix in range(rounds):
        run_round(agent, simulator, chaos, prefix)
    assert chaos.deaths > rounds, "the campaign is meant to be a hard one"


def test_a_sample_of_trials(agent: Agent, simulator: SimulatorServer, chaos: Chaos, settings):
    run_campaign(agent, simulator, chaos, settings, rounds=2)


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_ten_thousand_trials(agent: Agent, simulator: SimulatorServer, chaos: Chaos, settings):
    run_campaign(agent, simulator, chaos, settings, rounds=ROUNDS)
