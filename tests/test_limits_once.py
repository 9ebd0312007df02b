"""A limit of the OSVI API stands in calls/osvi/contract.py and nowhere else in the code."""

import re
from collections.abc import Iterator
from pathlib import Path

from calls.osvi import contract

BASE_DIR = Path(__file__).resolve().parent.parent
CONTRACT = Path("calls/osvi/contract.py")
CODE = ("calls", "osvi_console", "osvi_simulator", "templates", "static", "tools", "benchmarks")
KINDS = {".py", ".js", ".html"}


def pattern() -> re.Pattern[str]:
    """Match the limits that are no everyday numbers, however their thousands are set apart."""
    numbers = (
        contract.limits("CallRequest.initial_greeting").max_length,
        contract.limits("CallConfigOverrides.max_call_duration_seconds").maximum,
        contract.limits("RetryConfig.interval_minutes").maximum,
    )
    spelled = "|".join(f"{number // 1000}[_,. ]?{number % 1000:03}" for number in numbers if number)
    return re.compile(rf"(?<![\d.])({spelled})(?![\d_])")


def places(root: Path) -> Iterator[str]:
    """Yield file:line of every line of code that holds one of the numbers."""
    wanted = pattern()
    for folder in CODE:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in KINDS or not path.is_file():
                continue
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                if wanted.search(line):
                    yield f"{path.relative_to(root)}:{number}: {line.strip()}"


def test_limits_are_written_in_the_contract_only() -> None:
    elsewhere = [place for place in places(BASE_DIR) if not place.startswith(f"{CONTRACT}:")]

    assert elsewhere == []


def test_every_limit_is_written_once_in_the_contract() -> None:
    found = [place for place in places(BASE_DIR) if place.startswith(f"{CONTRACT}:")]

    assert len(found) == 3


def test_it_finds_a_limit_in_a_migration_and_in_a_page(tmp_path: Path) -> None:
    for path, line in (
        ("calls/migrations/0001_initial.py", "max_length=2000"),
        ("static/form.js", "if (seconds > 1_800) {}"),
        ("templates/form.html", '<input max="1440">'),
        ("calls/harmless.py", "PORT = 20001; DAY = 14400; RATE = 1.1800"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"{line}\n")

    assert {place.split(":")[0] for place in places(tmp_path)} == {
        "calls/migrations/0001_initial.py",
        "static/form.js",
        "templates/form.html",
    }
