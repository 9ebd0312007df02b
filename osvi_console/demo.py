"""`make demo`: the whole console on this machine, against a simulated OSVI, until Ctrl-C.

Prepares the database, then keeps three processes running: simulator, web, worker. PORT and SIMULATOR_PORT
say where they listen. Everything it keeps is in .demo/: database, queue, secret key and one log per process.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import NoReturn

BASE_DIR = Path(__file__).resolve().parent.parent
DEMO_DIR = BASE_DIR / ".demo"
HOST = "127.0.0.1"
USER = PASSWORD = "demo"  # noqa: S105 (reachable from this machine only)
SIMULATOR_TOKEN = "simulator-token0"  # noqa: S105 (guards nothing)
READY_SECONDS = 60
STOP_SECONDS = 10
LOOK_EVERY = 0.1


class Stop(Exception):
    """The demo ends; the message, if any, says why in one sentence."""


class PortError(Exception):
    """A port cannot be used; the message says which and what to do."""


def demo_environment(
    port: int, simulator_port: int, *, directory: Path, secret_key: str, inherited: dict[str, str]
) -> dict[str, str]:
    """Return the environment of the demo's processes.

    Every variable that settings.py reads is given a value here, and its NAME_FILE is emptied: what stands in
    the environment wins over a `.env` file, so the demo can never reach a real account that is set up there.
    """
    decided = {
        "SECRET_KEY": secret_key,
        "SECRET_KEY_FALLBACKS": "",
        "DEBUG": "0",
        "PUBLIC_BASE_URL": f"http://{HOST}:{port}",
        "ALLOWED_HOSTS": "localhost",
        "DATA_DIR": str(directory),
        "DATABASE_URL": f"sqlite:///{directory / 'console.sqlite3'}",
        "DATABASE_CONNECTION_AGE": "60",
        "QUEUE_URL": f"sqlite:///{directory / 'queue.sqlite3'}",
        "WORKER_THREADS": "8",
        "OSVI_API_URL": f"http://{HOST}:{simulator_port}",
        "OSVI_API_TOKEN": SIMULATOR_TOKEN,
        "OSVI_CONNECT_TIMEOUT": "5",
        "OSVI_READ_TIMEOUT": "30",
        "OSVI_ALLOW_PRIVATE_ADDRESSES": "1",
        "OSVI_WEBHOOK_SECRETS": "demo-webhook-secret",
        "CONSOLE_ENVIRONMENT": "simulator",
        "DEFAULT_COUNTRY": "IN",
        "TIME_ZONE": inherited.get("TIME_ZONE", "Asia/Kolkata"),
        "LOG_LEVEL": inherited.get("LOG_LEVEL", "INFO"),
        "CALL_QUEUE_DEADLINE": "3600",
        "CALL_OUTCOME_DEADLINE": "7200",
        "CALL_FIRST_POLL": "2",
        "CALL_FAILURES_BEFORE_PAUSE": "5",
        "CALL_DUPLICATE_WINDOW": "900",
        # Nobody's telephone rings, so the demo works at any hour and any number of times.
        "CALLING_HOURS_APPLY": "0",
        "CALLS_PER_NUMBER_A_DAY": "0",
        "CALLS_PER_NUMBER_A_WEEK": "0",
        "CALLS_A_DAY": "5000",
        "LIST_CALLS_PER_MINUTE": "120",
        "LIST_CALLS_AT_ONCE": "20",
        "LIST_EXPECTED_ROWS": "3000",
        "EMAIL_URL": "",
        "DEFAULT_FROM_EMAIL": "osvi-console@localhost",
        "SECURE_SSL_REDIRECT": "0",
        "SECURE_HSTS_SECONDS": "0",
        "BEHIND_TLS_PROXY": "0",
    }
    return {
        **inherited,
        **{f"{name}_FILE": "" for name in decided},
        "GUNICORN_CMD_ARGS": "",
        "WEB_CONCURRENCY": "2",
        **decided,
        "DJANGO_SETTINGS_MODULE": "osvi_console.settings",
        "PYTHONUNBUFFERED": "1",
    }


def port_from(name: str, default: int) -> int:
    """Return the port that environment variable `name` gives, else `default`. Raises PortError."""
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise PortError(f"{name}={text} is not a port number.")
    return int(text)


def check_ports(port: int, simulator_port: int) -> None:
    """Raise PortError if the two are equal or one of them is in use."""
    if port == simulator_port:
        raise PortError(f"PORT and SIMULATOR_PORT are both {port}; they must differ.")
    for name, number in (("PORT", port), ("SIMULATOR_PORT", simulator_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, number))
            except OSError as error:
                raise PortError(
                    f"Port {number} cannot be used ({error.strerror}): is a demo running already? "
                    f"Choose another one with `make demo {name}=…`."
                ) from error


def secret_key(directory: Path) -> str:
    """Return the demo's secret key, made once so that logins survive a restart."""
    path = directory / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


def answers(url: str) -> bool:
    """Return whether a web server answers at `url`, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 (our own address)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


class Supervisor:
    """Starts processes, watches them, and stops those it started, by their ids."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self.environment = environment
        self.logs = logs
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.asked_to_stop = False

    def listen(self) -> None:
        """From now on a signal to stop is noted, and obeyed at the next look."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def start(self, name: str, *command: str) -> None:
        """Start a process that is meant to keep running; its output goes to <name>.log."""
        with (self.logs / f"{name}.log").open("wb") as log:
            # A session of its own: Ctrl-C reaches only the supervisor, which then stops all in order.
            self.running[name] = subprocess.Popen(  # noqa: S603 (our own commands)
                command,
                cwd=BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, name: str, *command: str) -> None:
        """Run one step to its end. Raises Stop if it fails."""
        self.start(name, *command)
        step = self.running[name]
        while step.poll() is None:
            time.sleep(LOOK_EVERY)
            self.look(except_for=name)
        del self.running[name]
        if step.returncode:
            raise Stop(f"The step “{name}” failed:\n{self.last_lines(name)}")

    def wait_until_answering(self, name: str, url: str) -> None:
        """Return when a process answers. Raises Stop if it does not within a minute."""
        deadline = time.monotonic() + READY_SECONDS
        while not answers(url):
            if time.monotonic() > deadline:
                raise Stop(f"The {name} did not answer within {READY_SECONDS} s:\n{self.last_lines(name)}")
            time.sleep(LOOK_EVERY)
            self.look()

    def look(self, except_for: str = "") -> None:
        """Raise Stop if we were asked to stop or a process ended by itself."""
        if self.asked_to_stop:
            raise Stop
        for name, process in self.running.items():
            if name != except_for and process.poll() is not None:
                raise Stop(
                    f"The {name} ended by itself (exit code {process.returncode}), so the demo stops:\n"
                    f"{self.last_lines(name)}"
                )

    def watch(self) -> NoReturn:
        """Look after the processes until Stop is raised."""
        while True:
            self.look()
            time.sleep(LOOK_EVERY)

    def stop(self) -> None:
        """Ask every process to end; after ten seconds end those that still run."""
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.running.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                # The process leads its own session, so this takes its children along and nobody else's.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def last_lines(self, name: str, count: int = 15) -> str:
        """Return the end of a process's log, indented, with the place of the whole."""
        path = self.logs / f"{name}.log"
        lines = path.read_text(errors="replace").splitlines()[-count:]
        return "\n".join([*(f"    {line}" for line in lines), f"    (all of it: {path})"])


def bring_up(supervisor: Supervisor, port: int, simulator_port: int) -> None:
    """Start everything in the order in which the parts need each other. Raises Stop if a part fails."""
    manage = (sys.executable, "manage.py")
    supervisor.start(
        "simulator", *manage, "osvi_simulator", "--port", str(simulator_port), "--token", SIMULATOR_TOKEN
    )
    supervisor.run("migrate", *manage, "migrate", "--noinput", "--verbosity", "0")
    supervisor.run("collectstatic", *manage, "collectstatic", "--noinput", "--verbosity", "0")
    supervisor.wait_until_answering("simulator", f"http://{HOST}:{simulator_port}/")
    supervisor.run("load_demo", *manage, "load_demo", "--password", PASSWORD)
    supervisor.start("worker", *manage, "run_huey")
    supervisor.start("web", sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{port}")
    supervisor.wait_until_answering("web", f"http://{HOST}:{port}/admin/login/")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run the demo. Returns 0 after Ctrl-C, 1 if a part failed, 2 if a port cannot be used."""
    try:
        port, simulator_port = port_from("PORT", 8000), port_from("SIMULATOR_PORT", 8900)
        check_ports(port, simulator_port)
    except PortError as error:
        say(str(error))
        return 2
    DEMO_DIR.mkdir(mode=0o700, exist_ok=True)
    environment = demo_environment(
        port,
        simulator_port,
        directory=DEMO_DIR,
        secret_key=secret_key(DEMO_DIR),
        inherited=dict(os.environ),
    )
    supervisor = Supervisor(environment, DEMO_DIR)
    supervisor.listen()
    try:
        bring_up(supervisor, port, simulator_port)
        say(f"OSVI Console: http://{HOST}:{port}/ · user {USER}, password {PASSWORD} · Ctrl-C stops it")
        supervisor.watch()
    except Stop as reason:
        if str(reason):
            say(str(reason))
            return 1
        return 0
    finally:
        supervisor.stop()


if __name__ == "__main__":
    sys.exit(main())
