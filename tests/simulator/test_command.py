"""The command as a process, and the page that describes it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
import requests

from osvi_simulator import campaigns, dnd, scenarios

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a process that is gone afterwards, whatever the test found."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "osvi_simulator", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_stops_when_told(number: signal.Signals):
    with running("--port", "0", OSVI_API_TOKEN="token-of-setting") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("OSVI simulator on http://127.0.0.1:")
        url = line.split()[-1]
        headers = {"API-Token": "token-of-setting"}
        assert requests.get(f"{url}/v1/active_agents", headers=headers, timeout=10).status_code == 200
        process.send_signal(number)
        assert process.wait(timeout=30) == 0


def test_a_port_in_use_is_an_error_in_words():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running("--port", port) as process:
            _, complaint = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in complaint


@pytest.mark.parametrize("table", [scenarios, dnd, campaigns], ids=lambda module: module.__name__)
def test_the_page_shows_the_tables_that_the_code_obeys(table: ModuleType):
    page = (ROOT / "docs" / "reference" / "simulator.md").read_text(encoding="utf-8")
    assert table.markdown_table() in page
