"""docs/reference/commands.md tells every option and every exit code."""

import re
from pathlib import Path

import pytest
from django.core.management import load_command_class
from django.core.management.base import BaseCommand

from calls.management.output import ExitCode

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "commands.md").read_text()
COMMANDS = [
    "place_call",
    "show_call",
    "sync_agents",
    "reconcile_calls",
    "replay_deliveries",
    "check_osvi",
]


def own_options(name: str) -> set[str]:
    """Return the long options that a command adds to Django's own."""

    def options(command: BaseCommand) -> set[str]:
        actions = command.create_parser("manage.py", name)._actions
        return {option for action in actions for option in action.option_strings if option.startswith("--")}

    return options(load_command_class("calls", name)) - options(BaseCommand())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_told(name: str) -> None:
    section = re.split(r"^## ", PAGE.split(f"## `{name}`\n")[1], flags=re.MULTILINE)[0]

    assert own_options(name)
    assert [option for option in sorted(own_options(name)) if f"`{option}" not in section] == []


def test_every_exit_code_is_told() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d) \| ", PAGE, re.MULTILINE)}

    assert told == set(ExitCode)
