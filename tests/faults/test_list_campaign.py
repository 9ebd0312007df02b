"""Randomised trials of lists: several workers look at one list, die between any two steps, and people interfere.

After each round the console is left to heal; then nobody may have been rung more often than the list's rule
says, everybody must be accounted for, and no call may be left without an answer to what happened.
"""

import os
import random
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, close_old_connections, connection, connections
from django.db.models import F
from django.utils import timezone

from calls.choices import CallStatus, ContactStatus, ListStatus
from calls.models import Agent, CallList, CallLog, CallTemplate, Contact
from calls.osvi.transport import Transport
from calls.services import list_place, list_run, list_settle, list_status
from calls.services.dispatch import dispatch
from calls.services.list_advance import advance
from calls.services.list_figures import progress
from calls.services.list_launch import launch
from calls.services.reconcile import reconcile
from calls.services.sweep import sweep
from osvi_simulator.server import SimulatorServer
from tests.faults.conftest import let_time_pass
from tests.faults.list_cast import (
    decide,
    fast,
    make_list,
    make_template,
    may_ring,
    number,
    people,
    story,
)
from tests.faults.test_campaign import Chaos, WorkerDied

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 12
STEPS = 160
THREADS = 4
ROUNDS = int(os.environ.get("CAMPAIGN_ROUNDS", "100"))
# A refused token and slow answers have tests of their own.
DIGITS = [
    "00",
    "00",
    "00",
    "01",
    "02",
    "03",
    "04",
    "05",
    "11",
    "21",
    "22",
    "24",
    "25",
    "26",
    "28",
    "29",
    "31",
]


@pytest.fixture
def chaos(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chaos]:
    seed = random.randrange(2**32)
    print(f"seed of the campaign: {seed}")  # noqa: T201  # pytest shows it with a failure
    chaos = Chaos(seed)
    for owner, name in (
        (CallLog, "move"),
        (CallLog, "save"),
        (Transport, "exchange"),
        (list_place, "place"),
        (list_settle, "settle"),
        (list_status, "save"),
        (list_status, "save_contact"),
        (list_status, "take_back"),
    ):
        monkeypatch.setattr(owner, name, chaos.wrap(getattr(owner, name)))
    yield chaos
    chaos.switched_on = False


def work(call_list: CallList, chaos: Chaos, steps: int) -> None:
    """One worker's life: looks at the list, sends and asks about its calls; a person presses a button now and then."""
    for _ in range(steps):
        try:
            _step(call_list.pk, chaos)
        except (WorkerDied, DatabaseError):
            connection.close()
        except (ValidationError, list_run.TooLate):
            continue
    connections.close_all()


def _step(list_pk: int, chaos: Chaos) -> None:
    calls = CallLog.objects.filter(contact__call_list=list_pk)
    throw = chaos.random.random()
    if throw < 0.35:
        # Waits for another call are over soon.
        if throw < 0.1:
            Contact.objects.filter(call_list=list_pk, next_attempt_at__isnull=False).update(
                next_attempt_at=timezone.now()
            )
        advance(list_pk)
    elif throw < 0.9:
        keys = list(calls.order_by("-pk").values_list("pk", flat=True)[:8])
        if keys:
            chosen = chaos.random.choice(keys)
            dispatch(chosen) if throw < 0.65 else reconcile(chosen, even_if_not_due=True)
    elif throw < 0.93:
        sweep()
    elif throw < 0.96:
        list_run.pause(list_pk, by=None)
    elif throw < 0.995:
        list_run.resume(list_pk, by=None)
    else:
        waiting = Contact.objects.filter(call_list=list_pk, status=ContactStatus.WAITING)
        for pk in waiting.values_list("pk", flat=True)[:1]:
            list_run.remove(pk, by=None)


def heal(call_list: CallList) -> None:
    """What a console without faults does in the hours after, until the list has ended."""
    for hour in range(40):
        let_time_pass()
        decide(call_list)
        now = timezone.now()
        call_list.contacts.filter(next_attempt_at__gt=now).update(next_attempt_at=now)
        calls = CallLog.objects.filter(contact__call_list=call_list)
        calls.filter(status=CallStatus.UNCONFIRMED).update(sent_at=F("sent_at") - timedelta(minutes=5))
        if hour > 20:
            calls.filter(status=CallStatus.ACCEPTED).update(outcome_due_at=now)
        sweep()
        for pk in calls.values_list("pk", flat=True):
            dispatch(pk)
            reconcile(pk)
        for _ in range(3):
            advance(call_list.pk)
        call_list.refresh_from_db()
        if call_list.status == ListStatus.FINISHED:
            return
    stuck = [(contact.status, story(contact)) for contact in call_list.contacts.exclude(status="done")]
    raise AssertionError(f"{call_list.status} {call_list.status_reason} {stuck}")


def run_round(template: CallTemplate, simulator: SimulatorServer, chaos: Chaos, index: int) -> None:
    numbers = [number((index * PEOPLE + each) % 1000, chaos.random.choice(DIGITS)) for each in range(PEOPLE)]
    call_list = make_list(template, people(numbers))
    launch(call_list.pk, fast(), by=None)
    chaos.switched_on = True
    workers = [
        threading.Thread(target=work, name=f"worker-{each}", args=(call_list, chaos, STEPS // THREADS))
        for each in range(THREADS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    chaos.switched_on = False
    close_old_connections()
    heal(call_list)
    for contact in call_list.contacts.all():
        rings = simulator.rings(contact.phone_number)
        assert rings <= may_ring(contact.phone_number), story(contact)
        if contact.status == ContactStatus.DONE and rings == 0:
            # Whoever was not rung was refused, or it is not known, which the call says.
            assert contact.last_call is not None
            assert contact.last_call.status in {CallStatus.REJECTED, CallStatus.UNCONFIRMED}, story(contact)
        open_calls = contact.calls.filter(
            status__in=[CallStatus.QUEUED, CallStatus.SENDING, CallStatus.ACCEPTED]
        )
        assert not open_calls.exists(), story(contact)
    assert progress(call_list).total == PEOPLE


def run_campaign(agent: Agent, simulator: SimulatorServer, chaos: Chaos, settings, rounds: int) -> None:
    settings.CALL_FAILURES_BEFORE_PAUSE = 10**6
    settings.CALL_FIRST_POLL = 0.01
    settings.PUBLIC_BASE_URL = "http://127.0.0.1:9"
    settings.LIST_CALLS_PER_MINUTE, settings.LIST_CALLS_AT_ONCE = 6000, 400
    # The same numbers come again in later rounds.
    settings.CALL_DUPLICATE_WINDOW = 0
    simulator.configure(speed=200.0)
    template = make_template(agent)
    for index in range(rounds):
        simulator.journal.clear()
        run_round(template, simulator, chaos, index)
        CallList.objects.exclude(status=ListStatus.FINISHED).update(status=ListStatus.CANCELLED)
    assert chaos.deaths > rounds, "the campaign is meant to be a hard one"


def test_a_sample_of_list_trials(agent: Agent, simulator: SimulatorServer, chaos: Chaos, settings):
    run_campaign(agent, simulator, chaos, settings, rounds=2)


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_many_list_trials(agent: Agent, simulator: SimulatorServer, chaos: Chaos, settings):
    run_campaign(agent, simulator, chaos, settings, rounds=ROUNDS)
