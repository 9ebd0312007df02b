"""What the benchmarks share: Django, a simulator process, an agent, and calls to measure with."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
import requests

django.setup()

from calls.choices import EventSource  # noqa: E402  # needs django.setup()
from calls.models import Agent, CallLog  # noqa: E402
from calls.services.orders import CallOrder  # noqa: E402
from calls.services.place import place  # noqa: E402
from osvi_simulator.agents import AGENTS  # noqa: E402
from osvi_simulator.options import DEFAULT_TOKEN  # noqa: E402
from tests.support import calling_hours  # noqa: E402
from tests.support.processes import ROOT, Worker  # noqa: E402


class Simulator:
    """The simulator as a process of its own, so that it does not share the benchmark's interpreter lock."""

    def __init__(self, url: str) -> None:
        self.url = url

    def placed(self) -> list[dict[str, Any]]:
        """Return the journal's entries of placed calls."""
        journal = requests.get(f"{self.url}/_simulator/journal", timeout=60).json()
        return [entry for entry in journal["requests"] if entry["method"] == "POST"]


@contextmanager
def simulator(*options: str) -> Iterator[Simulator]:
    """A simulator, whose people may be called at any hour: the guards are asked, and let every call pass."""
    calling_hours.only_for_every_purpose()
    calling_hours.open_always()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "osvi_simulator", "--port", "0", "--token", DEFAULT_TOKEN, *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Simulator(process.stdout.readline().split()[-1])
    finally:
        process.terminate()
        process.wait()


def agent() -> Agent:
    return Agent.objects.get_or_create(agent_uuid=AGENTS[0].agent_id, defaults={"name": AGENTS[0].name})[0]


def ask_for_call(number: int, *, nudge_worker: bool) -> CallLog:
    order = CallOrder(
        agent=agent(),
        phone_number=f"9{number:07}00",
        country="IN",
        person_name="Bench",
        # A second run on the same database rings the same numbers.
        confirmed_duplicate=True,
    )
    return place(order, source=EventSource.COMMAND, nudge_worker=nudge_worker)[0]


def worker(url: str, *, threads: int) -> Worker:
    from django.conf import settings

    return Worker(
        queue_url=settings.QUEUE_URL, threads=threads, OSVI_API_URL=url, OSVI_API_TOKEN=DEFAULT_TOKEN
    )
