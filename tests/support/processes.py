"""Real worker processes for tests and benchmarks."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import connection
from huey.api import Huey
from huey.utils import load_class

from osvi_console.queue import huey_settings

ROOT = Path(__file__).resolve().parents[2]
STARTED = "The worker has started."


def database_url() -> str:
    """Return the address of the database that this process uses (the test database, in tests)."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    part = connection.settings_dict
    return f"postgresql://{part['USER']}:{part['PASSWORD']}@{part['HOST']}:{part['PORT'] or 5432}/{name}"


def wait_until(condition: Callable[[], object], *, seconds: float, what: str, every: float = 0.05) -> None:
    """Return when `condition` holds, looking `every` so many seconds; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds:g} seconds in vain: {what}")
        time.sleep(every)


def open_queue(url: str) -> Huey:
    """Return the queue at `url`, as the product would open it."""
    options = huey_settings(url, workers=1)
    options.pop("consumer")
    return load_class(options.pop("huey_class"))(options.pop("name"), **options)


class Worker:
    """`manage.py run_huey` as a process of its own, with the test's database and queue.

    `settings_` are environment variables, e.g. OSVI_API_URL. Leaving the context ends the process politely.
    """

    def __init__(self, *, queue_url: str, threads: int = 4, **settings_: str) -> None:
        self.environment = os.environ | {
            "DATABASE_URL": database_url(),
            "QUEUE_URL": queue_url,
            "WORKER_THREADS": str(threads),
            "SECRET_KEY": settings.SECRET_KEY,
            "DATA_DIR": tempfile.mkdtemp(prefix="osvi-console-worker-"),
            **settings_,
        }
        self.log_path = Path(self.environment["DATA_DIR"]) / "worker.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> Self:
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run_huey"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        if wait:
            wait_until(lambda: STARTED in self.log(), seconds=30, what=f"the worker to start\n{self.log()}")
        return self

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def kill(self) -> None:
        """kill -9: no handler runs, nothing is finished."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
