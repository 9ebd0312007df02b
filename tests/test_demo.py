"""The supervisor of `make demo`, with real processes."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from osvi_console import demo
from osvi_console.demo import PortError, Stop, Supervisor

SLEEPS = "import time; time.sleep(60)"
# Says so once it ignores TERM, starts a child that does the same, and tells the child's id.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(dict(os.environ), tmp_path)
    yield supervisor
    supervisor.stop()


def is_running(pid: int) -> bool:
    """Return whether a process exists and is not merely waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition: object) -> None:
    deadline = time.monotonic() + 20
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_process_that_ends_by_itself_is_named_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start("web", sys.executable, "-c", SLEEPS)
    supervisor.start("worker", sys.executable, "-c", "print('no such table'); raise SystemExit(3)")

    with pytest.raises(Stop, match=r"The worker ended by itself \(exit code 3\)") as stop:
        supervisor.watch()

    assert "no such table" in str(stop.value)


def test_stop_ends_every_process(supervisor: Supervisor) -> None:
    supervisor.start("web", sys.executable, "-c", SLEEPS)
    supervisor.start("worker", sys.executable, "-c", SLEEPS)

    supervisor.stop()

    assert [process.poll() is not None for process in supervisor.running.values()] == [True, True]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_a_process_that_does_not_want_to_stop_is_killed_with_its_children(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "STOP_SECONDS", 0.5)
    supervisor.start("worker", sys.executable, "-c", STUBBORN)
    log = tmp_path / "worker.log"
    wait_for(lambda: log.read_text().endswith("\n"))
    child = int(log.read_text())

    supervisor.stop()

    assert supervisor.running["worker"].returncode == -9
    wait_for(lambda: not is_running(child))


def test_a_step_that_fails_stops_the_demo(supervisor: Supervisor) -> None:
    with pytest.raises(Stop, match="The step “migrate” failed") as stop:
        supervisor.run("migrate", sys.executable, "-c", "raise SystemExit('disk full')")

    assert "disk full" in str(stop.value)
    assert supervisor.running == {}


def test_a_signal_ends_it_without_a_complaint(supervisor: Supervisor) -> None:
    supervisor.asked_to_stop = True

    with pytest.raises(Stop) as stop:
        supervisor.watch()

    assert str(stop.value) == ""


def test_a_taken_port_is_said_in_a_sentence() -> None:
    with socket.socket() as taken, socket.socket() as free:
        for one in (taken, free):
            one.bind(("127.0.0.1", 0))
        taken.listen()
        port, other = taken.getsockname()[1], free.getsockname()[1]
        free.close()

        with pytest.raises(PortError, match=rf"^Port {port} cannot be used .* `make demo PORT=…`\.$"):
            demo.check_ports(port, other)
        with pytest.raises(PortError, match="SIMULATOR_PORT"):
            demo.check_ports(other, port)


def test_two_equal_ports_are_refused() -> None:
    with pytest.raises(PortError, match="they must differ"):
        demo.check_ports(8000, 8000)


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)

    with pytest.raises(PortError, match="PORT="):
        demo.port_from("PORT", 8000)


def test_an_empty_port_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")

    assert demo.port_from("PORT", 8000) == 8000


def test_the_secret_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = demo.secret_key(tmp_path)

    assert demo.secret_key(tmp_path) == first
    assert len(first) >= 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0
