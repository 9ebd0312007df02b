"""Runs every benchmark on every database that is at hand and prints what it measured.

`python -m benchmarks.run` from the top of the project, or `make bench`. Figures depend on the machine; what
counts are the ratios, measured side by side in one run.
"""

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[1]
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/test")
BENCHMARKS = (
    "benchmarks.first_request",
    "benchmarks.dispatch",
    "benchmarks.call_words",
    "benchmarks.history",
    "benchmarks.exports",
    "benchmarks.lists",
    "benchmarks.list_pages",
)


@contextmanager
def postgres_database() -> Iterator[str | None]:
    """A database of its own for the time of the run, or None where no PostgreSQL answers."""
    try:
        server = psycopg.connect(POSTGRES_URL, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        yield None
        return
    name = f"osvi_console_bench_{uuid.uuid4().hex[:8]}"
    with server:
        server.execute(f'create database "{name}"')
        try:
            yield POSTGRES_URL.rpartition("/")[0] + "/" + name
        finally:
            server.execute(f'drop database "{name}" with (force)')


def run(database_url: str, data_dir: str) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "osvi_console.settings",
        "SECRET_KEY": "benchmarks-only",
        "DATA_DIR": data_dir,
        "DATABASE_URL": database_url,
        "QUEUE_URL": f"sqlite:///{data_dir}/queue.sqlite3",
        "CONSOLE_ENVIRONMENT": "test",
        "PUBLIC_BASE_URL": "http://127.0.0.1:9",
        "CALL_FIRST_POLL": "600",
        "LOG_LEVEL": "INFO",
    }
    commands = [["manage.py", "migrate", "-v0"], *(["-m", name] for name in BENCHMARKS)]
    for command in commands:
        subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="osvi-console-bench-") as folder:
        print("## SQLite", flush=True)
        run(f"sqlite:///{folder}/bench.sqlite3", folder)
    with postgres_database() as url, tempfile.TemporaryDirectory(prefix="osvi-console-bench-") as folder:
        if url is None:
            print("## PostgreSQL: not reachable, skipped")
            return
        print("## PostgreSQL", flush=True)
        run(url, folder)


if __name__ == "__main__":
    main()
