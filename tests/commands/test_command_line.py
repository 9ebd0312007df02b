"""The commands as a script meets them: processes with exit codes and two streams."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from osvi_simulator.agents import AGENTS
from osvi_simulator.server import SimulatorServer
from tests.commands.vendor import TOKEN

BASE_DIR = Path(__file__).resolve().parents[2]


class Console:
    """A console of its own: a SQLite database and queue in a directory, pointed at a simulator."""

    def __init__(self, directory: Path, osvi_url: str) -> None:
        self.environment = {
            **os.environ,
            "DATA_DIR": str(directory),
            "DATABASE_URL": f"sqlite:///{directory}/console.sqlite3",
            "QUEUE_URL": f"sqlite:///{directory}/queue.sqlite3",
            "OSVI_API_URL": osvi_url,
            "OSVI_API_TOKEN": TOKEN,
            "CALL_FIRST_POLL": "0.2",
            "PUBLIC_BASE_URL": "http://127.0.0.1:9",
            "DEBUG": "0",
        }

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert TOKEN not in done.stdout + done.stderr
        return done


@pytest.fixture
def simulator() -> Iterator[SimulatorServer]:
    with SimulatorServer(token=TOKEN, speed=20) as server:
        yield server


@pytest.fixture
def console(tmp_path: Path, simulator: SimulatorServer) -> Console:
    return Console(tmp_path, simulator.url)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, made once for all tests of this file."""
    directory = tmp_path_factory.mktemp("migrated")
    console = Console(directory, "http://127.0.0.1:9")
    assert console.manage("migrate", "--verbosity", "0").returncode == 0
    return directory / "console.sqlite3"


@pytest.fixture
def migrated(console: Console, empty_database: Path, tmp_path: Path) -> Console:
    shutil.copy(empty_database, tmp_path / "console.sqlite3")
    return console


def options(to: str) -> tuple[str, ...]:
    return ("place_call", "--agent", AGENTS[0].agent_id, "--to", to, "--country", "IN", "--json")


def test_a_script_reads_exit_codes_and_one_object(migrated: Console, simulator: SimulatorServer) -> None:
    done = migrated.manage(*options("9876543210"), "--now", "--wait", "20")
    refused = migrated.manage(*options("9876543231"), "--now")
    unknown = migrated.manage(*options("9876543225"), "--now")
    invalid = migrated.manage(*options("98"), "--now")

    assert [one.returncode for one in (done, refused, unknown, invalid)] == [0, 3, 4, 2]
    assert json.loads(done.stdout)["outcome"] == "picked"
    assert json.loads(refused.stdout)["status"] == "rejected"
    assert json.loads(unknown.stdout)["status"] == "unconfirmed"
    assert list(json.loads(invalid.stdout)["errors"]) == ["to"]
    assert simulator.rings("+919876543210") == 1


def test_a_mistyped_option_is_told_with_the_usage(console: Console) -> None:
    done = console.manage("place_call", "--tow", "9876543210")

    assert done.returncode == 2
    assert "usage:" in done.stderr
    assert done.stdout == ""


def test_bytes_that_are_no_text_are_invalid_input(migrated: Console) -> None:
    done = migrated.manage(*options("9876543210"), "--now", "--name", os.fsdecode(b"\xff"))

    assert done.returncode == 2


@pytest.mark.parametrize(
    "command",
    [
        ("place_call", "--agent", "agent_x", "--to", "9876543210", "--now"),
        ("check_osvi",),
    ],
    ids=lambda command: command[0],
)
def test_a_database_without_tables_is_told_in_a_sentence(command: tuple[str, ...], console: Console) -> None:
    done = console.manage(*command, "--json")

    assert done.returncode == 1
    assert "migrate" in done.stdout + done.stderr
    assert isinstance(json.loads(done.stdout), dict)


def test_a_queue_that_is_away_is_told_without_its_password(migrated: Console) -> None:
    away = {"QUEUE_URL": "redis://:sesame-42@127.0.0.1:9/0"}
    check = migrated.manage("check_osvi", "--json", **away)

    queue = next(one for one in json.loads(check.stdout)["checks"] if one["name"] == "queue")
    assert check.returncode == 1
    assert queue["ok"] is False
    assert "sesame-42" not in check.stdout + check.stderr


@pytest.fixture
def worker(migrated: Console) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_huey"],
        cwd=BASE_DIR,
        env=migrated.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield process
    process.send_signal(signal.SIGTERM)
    process.wait(20)


@pytest.mark.worker
def test_a_worker_sends_it_and_the_command_waits_for_the_outcome(
    worker: Any, migrated: Console, simulator: SimulatorServer
) -> None:
    assert migrated.manage("sync_agents").returncode == 0

    done = migrated.manage(*options("9876543211"), "--wait", "40")

    assert done.returncode == 0
    assert json.loads(done.stdout)["outcome"] == "picked"
    assert simulator.rings("+919876543211") == 1
    assert migrated.manage("check_osvi").returncode == 0
