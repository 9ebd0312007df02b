"""Where the nudges of the process that runs the tests go: nowhere, unless a test opens a queue for them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from unittest.mock import patch

from huey.api import Huey
from huey.contrib.djhuey import HUEY

from tests.support.processes import open_queue


@contextmanager
def shared_queue(url: str) -> Iterator[Huey]:
    """Let this process, its live server too, nudge the workers of the queue at `url`; it is closed at the end."""
    queue = open_queue(url)
    with closing(queue.storage), patch.object(HUEY, "storage", queue.storage):
        yield queue
