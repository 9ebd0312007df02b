"""Whole lists through real workers and the simulator over HTTP: killed, cut off, paused, and still nobody twice."""

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from calls.choices import CallStatus, ContactStatus, ContactVerdict, ListStatus, SuppressionSource
from calls.models import Agent, CallList, CallLog
from calls.services import do_not_call, list_run
from calls.services.list_advance import advance
from calls.services.list_figures import progress
from calls.services.list_launch import launch
from osvi_simulator.server import SimulatorServer
from tests.faults.list_cast import (
    ALL_DIGITS,
    always_open,
    check_rings,
    decide,
    fast,
    let_hours_pass,
    make_list,
    make_template,
    number,
    people,
)
from tests.support.processes import Worker, wait_until

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

# Numbers that no row of numbers() has.
LISTED, RUNG_OFTEN, RUNG_NOW, NO_HOURS = (
    number(991),
    number(992),
    number(993),
    # Nothing is known about calling hours in Vanuatu.
    "+6785551234",
)


@pytest.fixture(autouse=True)
def wide_open(settings, worker_settings: dict[str, Any]) -> None:
    """Ceilings far away, time limits short, and calling hours in force."""
    for name, value in {
        "LIST_CALLS_PER_MINUTE": 6000,
        "LIST_CALLS_AT_ONCE": 400,
        "CALL_OUTCOME_DEADLINE": 600,
        "CALLING_HOURS_APPLY": True,
        "CALLS_PER_NUMBER_A_DAY": 5,
    }.items():
        setattr(settings, name, value)
        worker_settings[name] = str(int(value))
    always_open("IN")


def good_numbers(count: int, random: Random) -> list[str]:
    """Return numbers with every fault of the simulator, most of which end well."""
    # Every fault in turn for half of them, so that the list does not pause itself more than now and then.
    digits = [ALL_DIGITS[index // 2 % len(ALL_DIGITS)] if index % 2 else "00" for index in range(count)]
    random.shuffle(digits)
    return [number(index, ending) for index, ending in enumerate(digits)]


def bad_rows(good: list[str], agent: Agent) -> list[list[str]]:
    """Return a row of every kind that the check leaves out."""
    do_not_call.suppress(LISTED, agent=None, reason="asked", source=SuppressionSource.STAFF)
    now = timezone.now()
    facts = {"agent": agent, "country": "IN", "request": {}}
    for hour in range(5):
        CallLog.objects.create(
            **facts,
            phone_number=RUNG_OFTEN,
            status=CallStatus.FINISHED,
            outcome="picked",
            sent_at=now - timedelta(hours=2 + hour),
            requested_at=now - timedelta(hours=2 + hour),
        )
    CallLog.objects.create(**facts, phone_number=RUNG_NOW, status=CallStatus.NO_OUTCOME, sent_at=now)
    return [
        ["No number", "", "3 May", ""],
        ["Letters", "98765abc00", "3 May", ""],
        ["Short", "+9198765", "3 May", ""],
        ["Missing", number(990), "", ""],
        ["Zone", number(989), "3 May", "Mars/Base"],
        ["Twin", good[0], "3 May", ""],
        ["Listed", LISTED, "3 May", ""],
        ["Often", RUNG_OFTEN, "3 May", ""],
        ["Now", RUNG_NOW, "3 May", ""],
        ["Vanuatu", NO_HOURS, "3 May", ""],
    ]


EXPECTED_VERDICTS = Counter(
    {
        ContactVerdict.BAD_NUMBER: 3,
        ContactVerdict.MISSING_VALUE: 1,
        ContactVerdict.BAD_VALUE: 1,
        ContactVerdict.DUPLICATE: 1,
        ContactVerdict.DO_NOT_CALL: 1,
        ContactVerdict.OVER_CAP: 1,
        ContactVerdict.RECENT: 1,
        ContactVerdict.NO_HOURS: 1,
    }
)


def cut_off_the_database() -> None:
    """Let PostgreSQL end all sessions at once, or restart it where the environment allows that."""
    if os.environ.get("TEST_RESTART_POSTGRES"):
        version = max(path.name for path in Path("/etc/postgresql").iterdir())
        command = ["pg_ctlcluster", "--skip-systemctl-redirect", version, "main", "restart", "-m", "fast"]
        subprocess.run(command, check=True)
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    connections.close_all()


def work_through(
    call_list: CallList, simulator: SimulatorServer, start_worker: Callable[..., Worker], *, seconds: float
) -> int:
    """Let two workers bring the list to its end; one dies and the database goes away in the middle.

    Returns how often the list paused itself and a person let it go on.
    """
    people_to_call = call_list.contacts.filter(status=ContactStatus.WAITING).count()
    done = call_list.contacts.filter(status=ContactStatus.DONE)
    workers = [start_worker(WORKER_THREADS="4") for _process in range(2)]
    decisions = 0
    # What happens once so many people are done.
    breaks = [(people_to_call // 5, "kill"), (people_to_call // 2, "cut off")]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        decisions += decide(call_list)
        if call_list.status == ListStatus.FINISHED:
            assert not breaks, "the list is meant to be disturbed"
            return decisions
        if breaks and done.count() > breaks[0][0]:
            _number, what = breaks.pop(0)
            if what == "kill":
                workers[0].kill()
                workers.append(start_worker(WORKER_THREADS="4"))
            elif connection.vendor == "postgresql":
                cut_off_the_database()
                wait_until(_database_answers, seconds=30, what="the database to be back")
        let_hours_pass(call_list)
        time.sleep(1)
    left = call_list.contacts.exclude(status__in=["done", "skipped"])
    stuck = [(c.row, c.phone_number, c.status, c.last_call and c.last_call.status) for c in left[:20]]
    logs = "\n".join(worker.log()[-2000:] for worker in workers)
    raise AssertionError(f"The list did not end: {stuck}\n{logs}")


def _database_answers() -> bool:
    try:
        return CallList.objects.exists()
    except DatabaseError:
        connections.close_all()
        return False


def run_everything(
    count: int, agent: Agent, simulator: SimulatorServer, start_worker: Callable[..., Worker], seconds: float
) -> None:
    random = Random(4)
    good = good_numbers(count, random)
    rows = people(good) + bad_rows(good, agent)
    call_list = make_list(make_template(agent), rows)
    verdicts = Counter(call_list.contacts.values_list("verdict", flat=True))
    assert verdicts.pop(ContactVerdict.READY) == count
    assert verdicts == EXPECTED_VERDICTS
    launch(call_list.pk, fast(), by=None, confirmed=["size", "sequential", "bad_rows"])
    started = time.monotonic()
    decisions = work_through(call_list, simulator, start_worker, seconds=seconds)
    print(f"{count} people in {time.monotonic() - started:.0f} s, {decisions} times resumed")  # noqa: T201
    check_rings(call_list, simulator)
    counted = progress(call_list)
    assert counted.total == len(rows) == call_list.total
    assert counted.calling == counted.waiting == 0
    assert counted.left_out == len(rows) - count
    for who in (LISTED, RUNG_OFTEN, RUNG_NOW, NO_HOURS):
        assert simulator.rings(who) == 0
    # Every call says what became of it.
    open_calls = CallLog.objects.filter(
        contact__call_list=call_list, status__in=["queued", "sending", "accepted"]
    )
    assert not open_calls.exists()


def test_a_list_with_every_fault_runs_to_its_end(
    agent: Agent, simulator: SimulatorServer, start_worker: Callable[..., Worker], web: str
):
    run_everything(2 * len(ALL_DIGITS), agent, simulator, start_worker, seconds=120)


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_a_thousand_people_with_every_fault(
    agent: Agent, simulator: SimulatorServer, start_worker: Callable[..., Worker], web: str
):
    run_everything(988, agent, simulator, start_worker, seconds=1200)


def test_pausing_holds_within_five_seconds(
    agent: Agent, simulator: SimulatorServer, start_worker: Callable[..., Worker], web: str
):
    simulator.configure(latency_ms=200.0)
    call_list = make_list(make_template(agent), people([number(index) for index in range(300)]))
    launch(call_list.pk, fast(at_once=150), by=None, confirmed=["sequential"])
    start_worker(WORKER_THREADS="16")
    wait_until(lambda: len(placed(simulator)) > 40, seconds=60, what="the list to be in full swing")

    pressed = timezone.now()
    stopped = list_run.pause(call_list.pk, by=None)
    returned = timezone.now()
    # Longer than a pause may take, to see that nothing comes after it.
    time.sleep(7)
    times = placed(simulator)
    late = (max(times) - returned).total_seconds()
    print(  # noqa: T201
        f"pause() took {(returned - pressed).total_seconds():.2f} s, last request {late:+.2f} s after it; "
        f"{stopped.on_their_way} on their way, {stopped.taken_back} taken back"
    )
    assert (max(times) - pressed).total_seconds() < 5
    assert call_list.contacts.filter(status=ContactStatus.WAITING).count() >= 300 - len(times)
    # What had left is told about although the list is paused, and nobody is called twice after resuming.
    list_run.resume(call_list.pk, by=None)
    more = len(times) + 40
    wait_until(lambda: len(placed(simulator)) > more, seconds=60, what="the list to go on")
    list_run.cancel(call_list.pk, by=None)
    assert set(simulator.journal.rings.values()) == {1}


def placed(simulator: SimulatorServer) -> list[datetime]:
    """Return when requests for calls arrived."""
    return [
        datetime.fromisoformat(entry.time) for entry in simulator.journal.requests if entry.path == "/v1/call"
    ]


def test_a_list_begins_within_seconds(
    agent: Agent, simulator: SimulatorServer, start_worker: Callable[..., Worker], web: str
):
    call_list = make_list(make_template(agent), people([number(1)]))
    start_worker()
    launch(call_list.pk, fast(), by=None)
    wait_until(lambda: placed(simulator), seconds=5, what="the first call")


def test_who_is_suppressed_while_the_call_waits_is_not_rung(
    agent: Agent, simulator: SimulatorServer, start_worker: Callable[..., Worker], web: str
):
    numbers = [number(index) for index in range(30)]
    call_list = make_list(make_template(agent), people(numbers))
    do_not_call.suppress(numbers[29], agent=None, reason="before", source=SuppressionSource.STAFF)
    launch(call_list.pk, fast(at_once=12), by=None)
    # The calls of the first people wait to be sent, the others wait in the list.
    now = timezone.now()
    for second in range(5):
        advance(call_list.pk, now + timedelta(seconds=second))
    assert CallLog.objects.filter(status=CallStatus.QUEUED).count() == 12
    suppressed = [*numbers[:6], *numbers[20:24], numbers[29]]
    for who in suppressed:
        do_not_call.suppress(who, agent=None, reason="asked", source=SuppressionSource.STAFF)
    start_worker(WORKER_THREADS="8")

    def is_over() -> bool:
        call_list.refresh_from_db()
        return call_list.status == ListStatus.FINISHED

    wait_until(is_over, seconds=90, what="the list to end")
    assert [simulator.rings(who) for who in suppressed] == [0] * len(suppressed)
    assert [simulator.rings(who) for who in numbers if who not in suppressed] == [1] * (30 - len(suppressed))
    left_out = call_list.contacts.filter(status=ContactStatus.SKIPPED)
    assert set(left_out.values_list("verdict", flat=True)) == {ContactVerdict.DO_NOT_CALL}
    assert left_out.count() == len(suppressed)
