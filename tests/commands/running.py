"""Runs a command as a script does and keeps what it printed and how it ended."""

import json
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from tests.commands.vendor import TOKEN


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        answer = json.loads(self.out)
        assert isinstance(answer, dict)
        return answer


def run(command: str, *arguments: str) -> Ended:
    """Run a command in this process. The API token must not show, whatever happens."""
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command(command, *arguments, stdout=out, stderr=err)
    except CommandError as error:
        err.write(f"{error}\n")
        code = error.returncode
    assert TOKEN not in out.getvalue() + err.getvalue()
    return Ended(code, out.getvalue(), err.getvalue())
