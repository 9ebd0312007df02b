"""The documentation holds what the code does: settings, states, commands, and links that lead somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import BaseCommand, load_command_class

from calls import choices
from calls.management.output import ExitCode
from osvi_console.demo import demo_environment

BASE_DIR = Path(__file__).resolve().parent.parent
PAGES = sorted([BASE_DIR / "README.md", BASE_DIR / "CHANGELOG.md", *(BASE_DIR / "docs").rglob("*.md")])
SETTINGS = (BASE_DIR / "docs/reference/settings.md").read_text()
STATES = (BASE_DIR / "docs/reference/states.md").read_text()
COMMANDS = (BASE_DIR / "docs/reference/commands.md").read_text()
COMPUTED = object()


def variables() -> dict[str, Any]:
    """Return what settings.py reads from the environment: name → default (COMPUTED if it is no literal)."""
    tree = ast.parse((BASE_DIR / "osvi_console/settings.py").read_text())
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
            and isinstance(node.args[0], ast.Constant)
        ):
            defaults = [keyword.value for keyword in node.keywords if keyword.arg == "default"]
            literal = isinstance(defaults[0], ast.Constant) if defaults else False
            found[str(node.args[0].value)] = defaults[0].value if literal else COMPUTED  # type: ignore[attr-defined]
    return found


def sections(page: str, level: str) -> dict[str, str]:
    """Return name → text of the sections whose heading is one name in backticks."""
    parts = re.split(rf"^{level} `([^`]+)`[^\n]*\n", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_variable_has_an_entry_and_every_entry_a_variable() -> None:
    assert set(sections(SETTINGS, "###")) == set(variables())


@pytest.mark.parametrize("name", sorted(variables()))
def test_an_entry_states_meaning_default_and_example(name: str) -> None:
    entry = sections(SETTINGS, "###")[name]
    default = variables()[name]

    assert re.match(r"\n\S.{20,}", entry)
    assert re.search(rf"^- Example: `{name}(_FILE)?=.+`$", entry, re.MULTILINE)
    stated = re.search(r"^- Default: (.+)$", entry, re.MULTILINE)
    assert stated
    if default not in (COMPUTED, ""):
        assert stated[1] == f"`{default}`"


def test_the_demo_decides_every_variable() -> None:
    environment = demo_environment(
        8001,
        8901,
        directory=Path("/nowhere"),
        secret_key="k",
        inherited={"OSVI_API_TOKEN": "real", "HOME": "/h"},
    )

    for name in variables():
        assert name in environment
        assert environment[f"{name}_FILE"] == ""
    assert environment["OSVI_API_TOKEN"] != "real"
    assert environment["OSVI_API_URL"] == "http://127.0.0.1:8901"
    assert environment["HOME"] == "/h"


def test_the_example_file_names_known_variables_only() -> None:
    named = re.findall(r"^(?:# )?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE)

    assert named
    assert set(named) <= set(variables())


def test_every_state_is_described_and_every_move_drawn() -> None:
    arrows = set(re.findall(r"^    (\w+) --> (\w+)", STATES, re.MULTILINE))
    moves = {(str(origin), str(to)) for origin, targets in choices.MOVES.items() for to in targets}

    assert set(sections(STATES, "###")) == {str(status) for status in choices.CallStatus}
    assert {arrow for arrow in arrows if "[*]" not in arrow} == moves
    for status in choices.CallStatus:
        assert f"*{status.label}*" in sections(STATES, "###")[str(status)]


def test_every_outcome_and_verdict_is_described() -> None:
    for word, label in choices.OUTCOME_LABELS.items():
        assert f"| `{word}` | {label} |" in STATES
    for verdict in choices.Verdict:
        assert f"| {verdict.label} |" in STATES


def commands() -> dict[str, str]:
    """Return our own commands: name → application."""
    return {
        path.stem: application
        for application in ("calls", "osvi_simulator")
        for path in (BASE_DIR / application / "management/commands").glob("[a-z]*.py")
    }


def options(name: str) -> set[str]:
    """Return the long options of a command, without those that every command has."""
    parser = load_command_class(commands()[name], name).create_parser("manage.py", name)
    every = BaseCommand().create_parser("manage.py", name)
    return {
        option
        for option in set(parser._option_string_actions) - set(every._option_string_actions)
        if option.startswith("--")
    }


def test_every_command_has_an_entry_and_every_entry_a_command() -> None:
    assert set(sections(COMMANDS, "##")) == set(commands())


@pytest.mark.parametrize("name", sorted(commands()))
def test_an_entry_names_every_option_of_its_command(name: str) -> None:
    entry = sections(COMMANDS, "##")[name]

    assert {option for option in options(name) if not re.search(rf"{option}(?![\w-])", entry)} == set()


def test_every_exit_code_is_described() -> None:
    stated = {int(code) for code in re.findall(r"^\| (\d) \|", COMMANDS, re.MULTILINE)}

    assert stated == {int(code) for code in ExitCode}


def links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"", text):
            address = target[0] or target[1]
            if not re.match(r"https?:|mailto:", address):
                yield page, address


def anchors(page: Path) -> set[str]:
    """Return the anchors that the headings of a page have on code hosts."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    ("page", "address"),
    [pytest.param(page, address, id=f"{page.relative_to(BASE_DIR)}:{address}") for page, address in links()],
)
def test_a_link_leads_somewhere(page: Path, address: str) -> None:
    path, _, anchor = address.partition("#")
    target = (page.parent / path).resolve() if path else page

    assert target.exists(), f"{page.relative_to(BASE_DIR)} links to {address}"
    if anchor:
        assert anchor in anchors(target)


def test_the_index_leads_to_every_page() -> None:
    index = BASE_DIR / "docs/index.md"
    linked = {(page.parent / address.split("#")[0]).resolve() for page, address in links() if page == index}

    assert {page for page in (BASE_DIR / "docs").rglob("*.md") if page != index} <= linked
