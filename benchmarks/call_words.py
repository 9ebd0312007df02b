"""What the full-text index of calls costs whoever writes: each write with the triggers and without them."""

import statistics
import time
from collections.abc import Callable
from itertools import count

from django.db import connection

from benchmarks.support import agent
from calls.choices import CallStatus, EventSource
from calls.models import CallLog, Transcript, call_words_index

TIMES, ROUNDS = 200, 3
_numbers = count()
_TEXT = "Good day, it is about your appointment on Monday at ten. Yes, I will be there, thank you. " * 8


def _new() -> CallLog:
    return CallLog(
        agent=agent(), person_name="Asha Rao", phone_number=f"+9197{next(_numbers):08}", country="IN"
    )


def _saved() -> CallLog:
    call = _new()
    call.save()
    return call


WRITES: dict[str, tuple[Callable[[], CallLog], Callable[[CallLog], object]]] = {
    "a new call": (_new, lambda call: call.save()),
    "a call is being sent": (
        _saved,
        lambda call: call.move(CallStatus.SENDING, source=EventSource.WORKER, why="Because."),
    ),
    "summary and answers come": (
        _saved,
        lambda call: CallLog.objects.filter(pk=call.pk).update(
            summary=_TEXT[:200], extracted={"confirmed": "yes", "day": "Monday"}
        ),
    ),
    "a transcript comes": (_saved, lambda call: Transcript.objects.create(call=call, text=_TEXT)),
}


def medians() -> dict[str, float]:
    """Return the median time of each write in milliseconds."""
    found = {}
    for name, (prepare, write) in WRITES.items():
        times = []
        for call in [prepare() for _time in range(TIMES)]:
            started = time.perf_counter()
            write(call)
            times.append((time.perf_counter() - started) * 1000)
        found[name] = statistics.median(times)
    return found


def main() -> None:
    indexed, bare = [], []
    # By turns, and the best round counts: whatever else the machine does then spoils neither side.
    for _round in range(ROUNDS):
        indexed.append(medians())
        call_words_index.uninstall(connection)
        bare.append(medians())
        call_words_index.install(connection)
    print(f"- full-text index, median of {TIMES} writes, best of {ROUNDS} rounds, with and without it:")
    for name in WRITES:
        with_it, without = (min(found[name] for found in rounds) for rounds in (indexed, bare))
        print(f"    - {name}: {with_it:.2f} ms, {without:.2f} ms", flush=True)


if __name__ == "__main__":
    main()
