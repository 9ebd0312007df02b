"""The command as a process, and the page that describes it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from osvi_simulator.scenarios import markdown_table

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "osvi_simulator", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_stops_when_told(number: signal.Signals):
    with start("--port", "0", OSVI_API_TOKEN="token-of-setting") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("OSVI simulator on http://127.0.0.1:")
        url = line.split()[-1]
        headers = {"API-Token": "token-of-setting"}
        assert requests.get(f"{url}/v1/active_agents", headers=headers, timeout=10).status_code == 200
        process.send_signal(number)
        assert process.wait(timeout=5) == 0


def test_a_port_in_use_is_an_error_in_words():
    with start("--port", "0") as first:
        assert first.stdout is not None
        port = first.stdout.readline().strip().rsplit(":", 1)[1]
        with start("--port", port) as second:
            _, complaint = second.communicate(timeout=30)
        assert second.returncode == 1
        assert f"Cannot listen on 127.0.0.1:{port}" in complaint
        first.terminate()


def test_the_page_shows_the_table_that_the_code_obeys():
    page = (ROOT / "docs" / "reference" / "simulator.md").read_text(encoding="utf-8")
    assert markdown_table() in page
