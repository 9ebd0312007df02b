"""How fast a worker sends queued calls to an API that takes 150 ms, against bare threads that only POST."""

import time
from concurrent.futures import ThreadPoolExecutor
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


def rate_of_worker(osvi: Simulator, already: int) -> float:
    """Calls per second from the first request to the last, by the simulator's own clock."""
    CallLog.objects.update(status=CallStatus.FINISHED)
    for number in range(CALLS):
        call = ask_for_call(number, nudge_worker=False)
        nudge.dispatch(call.pk)
    with worker(osvi.url, threads=THREADS):
        accepted = CallLog.objects.filter(status=CallStatus.ACCEPTED)
        wait_until(lambda: accepted.count() == CALLS, seconds=120, what="all requests", every=0.5)
    times = [datetime.fromisoformat(entry["time"]) for entry in osvi.placed()[already:]]
    return CALLS / ((max(times) - min(times)).total_seconds() + LATENCY_MS / 1000)


def main() -> None:
    with simulator("--latency-ms", str(LATENCY_MS)) as osvi:
        bare = rate_of_bare_threads(osvi.url)
        console = rate_of_worker(osvi, CALLS)
    print(
        f"- {CALLS} queued calls, {THREADS} threads, API of {LATENCY_MS} ms: {console:.1f} calls/s = "
        f"{console / FLOOR:.0%} of the floor ({FLOOR:.1f}/s), "
        f"{console / bare:.0%} of bare threads ({bare:.1f}/s)",
        flush=True,
    )


if __name__ == "__main__":
    main()
