"""How fast a worker sends queued calls to an API that takes 150 ms, against bare threads that only POST."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from threading import local

import requests

from benchmarks.support import Simulator, agent, ask_for_call, simulator, worker
from calls.choices import CallStatus
from calls.models import CallLog
from calls.services import nudge
from osvi_simulator.options import DEFAULT_TOKEN
from tests.support.processes import wait_until

CALLS = 1_000
THREADS = 16
LATENCY_MS = 150
FLOOR = THREADS / (LATENCY_MS / 1000)


def rate_of_bare_threads(url: str) -> float:
    """Calls per second of 16 threads that do nothing but POST the same body."""
    body = {"agent_uuid": agent().agent_uuid, "phone_number": "9876500000", "country_code": "IN"}
    sessions = local()

    def post(_number: int) -> None:
        if not hasattr(sessions, "session"):
            sessions.session = requests.Session()
        answer = sessions.session.post(
            f"{url}/v1/call", json=body, headers={"API-Token": DEFAULT_TOKEN}, timeout=30
        )
        answer.raise_for_status()

    started = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(post, range(CALLS)))
    return CALLS / (time.monotonic() - started)


def rate_of_workers(osvi: Simulator, processes: int) -> float:
    """Calls per second from the first request to the last, by the simulator's own clock."""
    already = len(osvi.placed())
    CallLog.objects.update(status=CallStatus.FINISHED)
    calls = [ask_for_call(already + number, nudge_worker=False) for number in range(CALLS)]
    with ExitStack() as running:
        for _ in range(processes):
            running.enter_context(worker(osvi.url, threads=THREADS // processes))
        for call in calls:
            nudge.dispatch(call.pk)
        accepted = CallLog.objects.filter(status=CallStatus.ACCEPTED)
        wait_until(lambda: accepted.count() == CALLS, seconds=120, what="all requests", every=0.5)
    times = [datetime.fromisoformat(entry["time"]) for entry in osvi.placed()[already:]]
    return CALLS / ((max(times) - min(times)).total_seconds() + LATENCY_MS / 1000)


def main() -> None:
    with simulator("--latency-ms", str(LATENCY_MS)) as osvi:
        bare = rate_of_bare_threads(osvi.url)
        print(
            f"- {CALLS} queued calls, {THREADS} threads, API of {LATENCY_MS} ms, floor {FLOOR:.1f} calls/s:"
        )
        print(f"    - bare threads: {bare:.1f} calls/s = {bare / FLOOR:.0%} of the floor", flush=True)
        for processes in (1, 2):
            console = rate_of_workers(osvi, processes)
            print(
                f"    - {processes} worker process(es): {console:.1f} calls/s = {console / FLOOR:.0%} of the floor, "
                f"{console / bare:.0%} of bare threads",
                flush=True,
            )


if __name__ == "__main__":
    main()
