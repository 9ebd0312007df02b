"""What the operations commands share: exit codes, `--json`, and words that are safe to print.

Results go to standard output, problems to standard error. docs/reference/commands.md lists the exit codes.
"""

import json
import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, ProgrammingError

# Line feed and tab may stay; the others can move the cursor or restyle the terminal of whoever reads.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# The database is away, locked for long, or has no tables yet.
DATABASE_ERRORS = (OperationalError, ProgrammingError, InterfaceError)


class ExitCode(IntEnum):
    """How a command ends."""

    DONE = 0
    FAILED = 1
    INVALID = 2
    REFUSED = 3
    UNKNOWN = 4
    WAITING = 5
    NOT_SENT = 6


class InvalidOptions(Exception):
    """What was typed cannot be used; `problems` maps the name of an option to sentences."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class OperationsCommand(BaseCommand):
    """A command with `--json`. Subclasses write `add_options` and `run`."""

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def add_options(self, parser: CommandParser) -> None:
        """Declare the command's own options."""

    def run(self, options: dict[str, Any]) -> None:
        """Do the work. Raises InvalidOptions, or CommandError through `fail`."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.run(options)
        except InvalidOptions as error:
            lines = [f"{shown(option)}: {text}" for option, texts in error.problems.items() for text in texts]
            self._stop(options, ExitCode.INVALID, error.problems, "Nothing was done.\n" + "\n".join(lines))
        except DATABASE_ERRORS as error:
            # The text of such an error can repeat the query, and with it people's numbers.
            sentence = (
                f"The database could not be used ({type(error).__name__}). Check that it is running and that "
                "`manage.py migrate` was run."
            )
            self._stop(options, ExitCode.FAILED, {"database": [sentence]}, sentence)

    def result(self, options: Mapping[str, Any], data: Mapping[str, Any], lines: list[str]) -> None:
        """Print a result: `data` as one JSON object with --json, else the lines."""
        # ASCII only, so that any terminal and any locale can take it.
        self.stdout.write(json.dumps(data) if options["json"] else "\n".join(map(plain, lines)))

    def fail(self, code: ExitCode, sentence: str) -> NoReturn:
        """End the command with a sentence on standard error."""
        raise CommandError(plain(sentence), returncode=code)

    def _stop(
        self, options: Mapping[str, Any], code: ExitCode, errors: Mapping[str, list[str]], sentence: str
    ) -> NoReturn:
        if options["json"]:
            self.result(options, {"errors": errors}, [])
        self.fail(code, sentence)


def shown(option: str) -> str:
    """Return the name of an option as it is typed: "max_duration" is "--max-duration", "set.day" "--set day"."""
    if option == option.upper():
        return option
    name, _dot, rest = option.partition(".")
    return f"--{name.replace('_', '-')} {rest}".rstrip()


def plain(text: str) -> str:
    """Return text from anywhere without the characters that control a terminal."""
    return _CONTROL.sub("�", text)


def table(rows: Mapping[str, object]) -> list[str]:
    """Return "name  value" lines with the values aligned; rows without a value are left out."""
    width = max(map(len, rows), default=0)
    gap = "\n" + " " * (width + 2)
    return [
        f"{name:<{width}}  {str(value).replace(chr(10), gap)}"
        for name, value in rows.items()
        if value not in ("", None)
    ]
