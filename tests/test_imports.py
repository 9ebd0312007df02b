"""The direction of imports (docs/explanation/architecture.md), read from the code itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent

# choices, countries ← hours, osvi, rendering ← models ← services, tasks ← all that a person or a machine enters by.
LEVELS = {
    "choices": 0,
    "countries": 0,
    "hours": 1,
    "osvi": 1,
    "rendering": 1,
    "spreadsheets": 1,
    "models": 2,
    "services": 3,
    "tasks": 3,
    "templatetags": 4,
    "checks": 4,
    "webhooks": 4,
    "admin": 4,
    "management": 4,
}
# The only modules that speak HTTP.
CLIENT = (
    "calls.osvi.client",
    "calls.osvi.endpoints",
    "calls.osvi.dnd",
    "calls.osvi.campaigns",
    "calls.osvi.transport",
    "calls.osvi.recordings",
    "calls.osvi.addresses",
)
# Four doors to the same verbs: none of them goes through another.
DOORS = frozenset({"webhooks", "admin", "management", "tasks"})
# Wiring that Django loads by itself; it may name anything.
WIRING = frozenset({"apps", "migrations", ""})


def module_name(path: Path, root: Path) -> str:
    """Return "calls.osvi.client" for <root>/calls/osvi/client.py, "calls.osvi" for its __init__.py."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, module or module.name) of every import in a file, those inside functions included."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*start, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def is_within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def part(name: str) -> str:
    """Return "osvi" for "calls.osvi.client", "" for "calls"."""
    return name.split(".")[1] if "." in name else ""


def calls_complaint(importer: str, name: str) -> str:
    """Return what is wrong with a module of `calls` importing `name`, or an empty text."""
    here = part(importer)
    if any(is_within(name, module) for module in CLIENT) and here not in {"services", "osvi"}:
        return "only services and osvi may use the client"
    if (is_within(name, "requests") or is_within(name, "urllib3")) and importer not in CLIENT:
        return "only the client speaks HTTP"
    if here == "osvi" and is_within(name, "django.db"):
        return "osvi knows no database"
    if is_within(name, "osvi_simulator"):
        return "the product does not know the simulator"
    if not is_within(name, "calls") or here in WIRING:
        return ""
    there = part(name)
    if here not in LEVELS:
        return f"calls.{here} has no place in LEVELS of this test"
    if LEVELS.get(there, -1) > LEVELS[here]:
        return f"{here} may not import {there}"
    if {here, there} <= DOORS and here != there:
        return f"{here} and {there} are two doors; use a service"
    return ""


def complaint(importer: str, name: str) -> str:
    """Return what is wrong with one import, or an empty text."""
    if is_within(importer, "calls"):
        return calls_complaint(importer, name)
    if is_within(importer, "osvi_simulator") and is_within(name, "calls"):
        allowed = is_within(name, "calls.osvi.contract")
        return "" if allowed else "the simulator knows the contract only"
    if is_within(importer, "osvi_console") and is_within(name, "calls"):
        return "wiring holds no business rule"
    return ""


def complaints(root: Path) -> list[str]:
    """Return every wrong import in the packages under `root`."""
    return [
        f"{path.relative_to(root)}:{line}: {module_name(path, root)} imports {name}: {problem}"
        for package in ("calls", "osvi_simulator", "osvi_console")
        for path in sorted((root / package).rglob("*.py"))
        for line, name in imported(path, root)
        if (problem := complaint(module_name(path, root), name))
    ]


def test_imports_run_one_way() -> None:
    assert complaints(BASE_DIR) == []


@pytest.mark.parametrize(
    ("path", "line", "because"),
    [
        ("calls/osvi/client.py", "from calls.models import CallLog", "osvi may not import models"),
        ("calls/osvi/outcomes.py", "from django.db import transaction", "osvi knows no database"),
        ("calls/choices.py", "from calls.osvi import contract", "choices may not import osvi"),
        ("calls/models/call_log.py", "from calls.services import place", "models may not import services"),
        ("calls/models/call_log.py", "from ..services import place", "models may not import services"),
        ("calls/models/call_log.py", "import calls.services.place", "models may not import services"),
        ("calls/rendering.py", "from calls import models", "rendering may not import models"),
        ("calls/services/place.py", "from calls.admin import site", "services may not import admin"),
        (
            "calls/services/place.py",
            "def f():\n    from calls.webhooks import views",
            "may not import webhooks",
        ),
        ("calls/admin/agents.py", "from calls.osvi.client import OsviClient", "may use the client"),
        ("calls/tasks.py", "from calls.osvi import client", "may use the client"),
        ("calls/admin/lists.py", "from calls.osvi.campaigns import CampaignEndpoints", "may use the client"),
        ("calls/webhooks/views.py", "from calls.osvi import transport", "may use the client"),
        ("calls/admin/agents.py", "from calls.webhooks import views", "two doors"),
        ("calls/services/place.py", "import requests", "only the client"),
        ("calls/services/place.py", "from osvi_simulator import journal", "does not know the simulator"),
        ("calls/stray.py", "from calls import choices", "has no place"),
        ("osvi_simulator/server.py", "from calls.models import CallLog", "the contract only"),
        ("osvi_simulator/server.py", "from calls.osvi import client", "the contract only"),
        ("osvi_console/settings.py", "from calls.services import place", "no business rule"),
    ],
)
def test_it_catches_a_reversed_arrow(tmp_path: Path, path: str, line: str, because: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(f"{line}\n")

    found = complaints(tmp_path)

    assert len(found) == 1
    assert because in found[0]
    assert path in found[0]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("calls/osvi/outcomes.py", "from calls.choices import OUTCOME_LABELS"),
        ("calls/models/call_log.py", "from calls.osvi import contract"),
        ("calls/services/dispatch.py", "from calls.osvi.client import OsviClient"),
        ("calls/osvi/transport.py", "import requests"),
        ("calls/tasks.py", "from calls.services import dispatch"),
        ("calls/webhooks/views.py", "from calls.services import record_outcome"),
        ("osvi_simulator/server.py", "from calls.osvi import contract"),
        ("osvi_simulator/server.py", "from calls.osvi.contract import CallRequest"),
    ],
)
def test_it_lets_a_right_arrow_pass(tmp_path: Path, path: str, line: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(f"{line}\n")

    assert complaints(tmp_path) == []
