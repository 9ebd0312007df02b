"""Two worker processes on one queue: every nudge given three times, every call placed once."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
import redis
from huey.api import Huey

from calls import tasks
from calls.choices import CallStatus
from calls.models import CallLog
from osvi_simulator.server import SimulatorServer
from tests.support.nudges import shared_queue
from tests.support.processes import Worker, wait_until

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
CALLS = 60


def _engine_is_there(engine: str) -> bool:
    try:
        if engine == "postgresql":
            psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
        if engine == "redis":
            redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3).ping()
    except (psycopg.Error, redis.RedisError):
        return False
    return True


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def queue(request: pytest.FixtureRequest, tmp_path) -> Iterator[tuple[str, Huey]]:
    """An empty queue of each engine, with its address."""
    engine = request.param
    if not _engine_is_there(engine):
        pytest.skip(f"{engine} is not reachable, so its queue is not tested")
    url = {
        "sqlite": f"sqlite:///{tmp_path / 'queue.sqlite3'}",
        "redis": REDIS_URL,
        "postgresql": POSTGRES_URL,
    }[engine]
    with shared_queue(url) as opened:
        opened.flush()
        yield url, opened
        opened.flush()


def test_each_call_is_placed_once(
    queue: tuple[str, Huey],
    simulator: SimulatorServer,
    ask_for_call: Callable[..., CallLog],
    worker_settings: dict[str, Any],
):
    calls = [ask_for_call(f"3{number:02}00") for number in range(CALLS)]
    queue_url, shared = queue
    for call in calls * 3:
        tasks.dispatch_call(call.pk)
    options = worker_settings | {"queue_url": queue_url}
    with Worker(**options) as first, Worker(**options) as second:
        # Nobody listens for webhooks here: the workers find out by asking.
        wait_until(
            lambda: (
                CallLog.objects.filter(status=CallStatus.FINISHED).count() == CALLS
                and not shared.pending_count()
            ),
            seconds=60,
            what=f"all calls to finish\n{first.log()}\n{second.log()}",
        )
    assert [simulator.rings(call.phone_number.as_e164) for call in calls] == [1] * CALLS
    for call in calls:
        assert call.events.filter(to_status=CallStatus.SENDING).count() == 1
