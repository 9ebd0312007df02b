"""From "Place call" to the request at OSVI, with an idle worker."""

import statistics
import time
from datetime import datetime
from functools import partial

from benchmarks.support import Simulator, ask_for_call, simulator, worker
from tests.support.processes import wait_until

CALLS = 20


def has_arrived(osvi: Simulator, number: int) -> bool:
    return len(osvi.placed()) == number


def main() -> None:
    waits = []
    with simulator() as osvi, worker(osvi.url, threads=4):
        for number in range(CALLS):
            # Longer than the worker's longest look-again gap, so that it is idle when the nudge comes.
            time.sleep(0.7)
            call = ask_for_call(1_000 + number, nudge_worker=True)
            wait_until(partial(has_arrived, osvi, number + 1), seconds=20, what="the request", every=0.01)
            arrived = datetime.fromisoformat(osvi.placed()[-1]["time"])
            waits.append((arrived - call.requested_at).total_seconds())
    print(
        f"- placed call to request at OSVI, idle worker, {CALLS} calls: median "
        f"{statistics.median(waits) * 1000:.0f} ms, longest {max(waits) * 1000:.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main()
