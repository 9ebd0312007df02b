"""gunicorn as it is configured here, with its access log switched on."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent
TOKEN = "5a1f0c9e7b3d.secretsecret"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(address: str) -> None:
    """Ask until somebody answers; what they answer does not matter."""
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 (our own server)
        except urllib.error.HTTPError:
            return
        except OSError:
            assert time.monotonic() < deadline, "gunicorn did not answer"
            time.sleep(0.1)
        else:
            return


@pytest.mark.worker
def test_the_access_log_hides_the_token_of_a_webhook_address(tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "access.log"
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--access-logfile", str(log)],
        cwd=BASE_DIR,
        env={**os.environ, "DATA_DIR": str(tmp_path), "WEB_CONCURRENCY": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        # Without its last slash the address is only redirected, which needs no database.
        ask(f"http://127.0.0.1:{port}/webhooks/osvi/calls/{TOKEN}?number=%2B919876543210")
    finally:
        server.terminate()
        server.wait(30)

    lines = log.read_text()
    assert "/webhooks/osvi/calls/[token]" in lines
    assert TOKEN not in lines
