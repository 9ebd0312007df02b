"""`make test`: every check and the suite on every engine found, in one command; `.ci/run` calls the same.

Stops at the first step that fails, and always ends in a summary. With CI=true PostgreSQL, Redis and Chromium
must be there; elsewhere what is missing is skipped aloud.
Environment: TEST_POSTGRES_URL, TEST_REDIS_URL, TEST_PROCESSES (2). Exit code 0 if everything passed, else 1.
"""

import argparse
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL") or "postgresql://postgres@127.0.0.1:5432/test"
REDIS_URL = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/15"
PROCESSES = int(os.environ.get("TEST_PROCESSES") or "2")
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
COUNTED = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed|xpassed)\b")
NO_TESTS_COLLECTED = 5


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def postgres_reachable() -> bool:
    """Return whether a database can be opened at TEST_POSTGRES_URL within three seconds."""
    import psycopg

    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def redis_reachable() -> bool:
    """Return whether Redis answers at TEST_REDIS_URL within three seconds."""
    import redis

    try:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError:
        return False
    return True


def chromium_found() -> bool:
    """Return whether a Chromium that the browser tests can drive is on this machine."""
    return any(
        map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"))
    )


@dataclass
class Found:
    """Which engines this machine has."""

    postgres: bool = field(default_factory=postgres_reachable)
    redis: bool = field(default_factory=redis_reachable)
    chromium: bool = field(default_factory=chromium_found)

    def tell(self) -> list[str]:
        """Say what was found and what is skipped. Returns what is missing although it is required."""
        missing = []
        for name, where, there in (
            ("SQLite", "always", True),
            ("PostgreSQL", "TEST_POSTGRES_URL", self.postgres),
            ("Redis", "TEST_REDIS_URL", self.redis),
            ("Chromium", "on the PATH", self.chromium),
        ):
            if there:
                say(f"  {name}: found")
            elif IN_CI:
                say(f"  {name}: NOT FOUND ({where}), and CI requires it")
                missing.append(name)
            else:
                say(f"  {name}: not found ({where}); SKIPPING what needs it")
        return missing


@dataclass
class Run:
    """The steps taken so far and what they gave."""

    found: Found
    data_dir: str
    steps: list[tuple[str, str, float]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def step(self, name: str, *command: str, **environment: str) -> None:
        """Run one step with its output shown. Raises StepFailed."""
        say(f"\n── {name}")
        started = time.monotonic()
        done = subprocess.run(  # noqa: S603 (our own commands)
            command, cwd=BASE_DIR, env={**self.environment(), **environment}, check=False
        )
        self.note(name, done.returncode, time.monotonic() - started)

    def tests(self, name: str, *arguments: str, **environment: str) -> None:
        """Run pytest with its output shown and its closing line added up. Raises StepFailed."""
        say(f"\n── {name}")
        started = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 (our own commands)
            [sys.executable, "-m", "pytest", "-q", *arguments],
            cwd=BASE_DIR,
            env={**self.environment(), **environment},
            stdout=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        closing = ""
        assert process.stdout is not None  # noqa: S101 (for the type checker: PIPE was asked for)
        try:
            for line in process.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                if COUNTED.search(line) and " in " in line:
                    closing = line
            code = process.wait()
        finally:
            # Whoever ends this command must not leave the suite running behind it.
            if process.poll() is None:
                process.terminate()
                process.wait()
        for number, word in COUNTED.findall(closing):
            self.counts["failed" if word.startswith("error") else word] += int(number)
        self.note(name, 0 if code == NO_TESTS_COLLECTED else code, time.monotonic() - started)

    def note(self, name: str, code: int, seconds: float) -> None:
        self.steps.append((name, "failed" if code else "passed", seconds))
        if code:
            raise StepFailed(name)

    def environment(self) -> dict[str, str]:
        """Return the surroundings of every step: only engines that were found are named."""
        kept = {key: value for key, value in os.environ.items() if key not in OURS}
        kept |= {"DATA_DIR": self.data_dir, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
        # Set, so that a .env file cannot put a real account or database in their place.
        kept |= dict.fromkeys(EMPTIED, "")
        kept |= {
            "DATABASE_URL": f"sqlite:///{self.data_dir}/suite.sqlite3",
            "OSVI_API_URL": "http://127.0.0.1:9",
        }
        if self.found.postgres:
            kept["TEST_POSTGRES_URL"] = POSTGRES_URL
        if self.found.redis:
            kept["TEST_REDIS_URL"] = REDIS_URL
        return kept


# A developer's own setup must not change what the suite sees; and the suite starts hundreds of processes, each of
# which would compile the console anew.
OURS = frozenset(
    {
        "DATABASE_URL",
        "QUEUE_URL",
        "TEST_POSTGRES_URL",
        "TEST_REDIS_URL",
        "OSVI_API_URL",
        "PUBLIC_BASE_URL",
        "CONSOLE_ENVIRONMENT",
        "SECRET_KEY",
        "DEBUG",
        "PYTHONDONTWRITEBYTECODE",
    }
)


EMPTIED = ("OSVI_API_TOKEN", "OSVI_API_TOKEN_FILE", "OSVI_WEBHOOK_SECRETS", "OSVI_WEBHOOK_SECRETS_FILE")


class StepFailed(Exception):
    """A step failed; its name is the message."""


def development_environment(run: Run) -> dict[str, str]:
    return {
        "SECRET_KEY": "only-for-checks",
        "DEBUG": "1",
        "DATABASE_URL": f"sqlite:///{run.data_dir}/lint.sqlite3",
    }


def production_environment(run: Run) -> dict[str, str]:
    """Return what a careful deployment would set, for `check --deploy`."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DEBUG": "0",
        "CONSOLE_ENVIRONMENT": "production",
        "PUBLIC_BASE_URL": "https://calls.example.org",
        "BEHIND_TLS_PROXY": "1",
        "DATABASE_URL": f"sqlite:///{run.data_dir}/deploy.sqlite3",
        "OSVI_API_URL": "https://api.osvi.ai",
        "OSVI_API_TOKEN": "0123456789abcdef",
        "OSVI_WEBHOOK_SECRETS": secrets.token_urlsafe(32),
    }


def lint(run: Run) -> None:
    """Everything that needs no running console. Raises StepFailed."""
    python = sys.executable
    run.step("ruff check", python, "-m", "ruff", "check", ".")
    run.step("ruff format", python, "-m", "ruff", "format", "--check", ".")
    if (BASE_DIR / "templates").is_dir():
        run.step("djlint", python, "-m", "djlint", "templates", "--lint", "--check", "--quiet")
    development = development_environment(run)
    run.step("mypy", python, "-m", "mypy", ".", **development)
    run.step(
        "check --deploy", python, "manage.py", "check", "--deploy", "--fail-level", "WARNING",
        **production_environment(run),
    )  # fmt: skip
    run.step(
        "migrations are complete",
        python,
        "manage.py",
        "makemigrations",
        "--check",
        "--dry-run",
        **development,
    )


def suite(run: Run, *, only_sqlite: bool, quick: bool) -> None:
    """On both processors: the main part, then, unless `quick`, what starts processes or a browser."""
    databases = {"SQLite": ""}
    if run.found.postgres and not only_sqlite:
        databases["PostgreSQL"] = POSTGRES_URL
    for database, url in databases.items():
        # Pages, their scripts and what asks no database do not depend on it.
        away = ["campaign", "looks", "pure"] if url else ["campaign"]
        away += [
            mark
            for mark, there in (
                ("browser", run.found.chromium),
                ("postgres", run.found.postgres),
                ("redis", run.found.redis),
            )
            if not there
        ]
        environment = {"DATABASE_URL": url} if url else {}
        # What is seen in the browser is there on each database once the admin's tests pass on it.
        parts = [("", "not browser and not worker", PROCESSES)]
        if not quick:
            # They wait for others a good part of their time.
            wanted = "worker and not browser" if url else "(browser or worker)"
            parts.append(("processes, ", wanted, PROCESSES + 1))
        for part, marks, processes in parts:
            run.tests(
                f"tests: {part}{database}",
                "-n", str(processes),
                "-m", " and not ".join([marks, *away]),
                **environment,
            )  # fmt: skip


def summary(run: Run, failed: str) -> None:
    """Print what was done; the last line is "N passed, N failed, N skipped". A failed check counts as one."""
    say("\n── summary")
    for name, result, seconds in run.steps:
        say(f"  {result:7} {seconds:6.1f} s  {name}")
    if failed:
        say(f"  stopped at: {failed}")
    counts = run.counts
    failures = max(counts["failed"], 1) if failed else counts["failed"]
    say(f"{counts['passed']} passed, {failures} failed, {counts['skipped']} skipped")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("lint", "sqlite"), help="the checks, or the suite on SQLite")
    parser.add_argument("--quick", action="store_true", help="without what starts processes or a browser")
    options = parser.parse_args()
    only = options.only
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    say(f"Python {sys.version.split()[0]}; engines:")
    with tempfile.TemporaryDirectory(prefix="osvi-console-") as data_dir:
        run = Run(Found(), data_dir)
        missing = run.found.tell()
        failed = f"missing: {', '.join(missing)}" if missing else ""
        try:
            if not failed and only != "sqlite":
                lint(run)
            if not failed and only != "lint":
                suite(run, only_sqlite=only == "sqlite", quick=options.quick)
        except StepFailed as error:
            failed = str(error)
        summary(run, failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
