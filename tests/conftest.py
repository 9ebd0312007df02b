"""What most tests need: an agent, a template, a call in a given status, and an OSVI that answers as written."""

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import Agent, CallLog, CallTemplate
from calls.osvi.client import OsviClient, get_client
from tests.osvi.http_server import ScriptedServer, serve

AGENT_UUID = "agent_IsZ3Q6Sf_60Eh26XQMGbz-R_og"
NUMBER = "+919876543210"
TOKEN = "tok-0123456789ab"

# Statuses in which a request has left, or may have.
_LEFT = frozenset(CallStatus) - {
    CallStatus.SCHEDULED,
    CallStatus.QUEUED,
    CallStatus.BLOCKED,
    CallStatus.CANCELLED,
}


# What is tested there knows no database, or brings its own; and walks through all pages, which show the same on each.
_PURE = (
    "tests/hours/",
    "tests/spreadsheets/",
    "tests/osvi/",
    "tests/simulator/",
    "tests/commands/test_command_line.py",
)
_WALKS = ("tests/promises/",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that no database changes, so that they run once and not once for each."""
    for item in items:
        if item.nodeid.startswith(_PURE):
            item.add_marker(pytest.mark.pure)
        elif item.nodeid.startswith(_WALKS):
            item.add_marker(pytest.mark.looks)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Test SQLite as it is used: a file, which several threads open each for itself."""
    database = django_settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(Path(django_settings.DATA_DIR) / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """The real ones take half a second of the processor for each person with a password."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def agent(db: None) -> Agent:
    # Its do-not-call list was read a moment ago.
    next_read = timezone.now() + timedelta(hours=1)
    return Agent.objects.create(agent_uuid=AGENT_UUID, name="Reminders", do_not_call_next_read_at=next_read)


@pytest.fixture
def template(agent: Agent) -> CallTemplate:
    template = CallTemplate.objects.create(
        name="Appointment",
        agent=agent,
        country="IN",
        greeting="Hello {{ person_name | there }}, your appointment is on {{ appointment_date }}.",
        prompt="Confirm the appointment on {{ appointment_date }}.",
        additional_data={"clinic": "City Dental"},
        max_call_duration_seconds=300,
    )
    template.data_points.create(key="confirmed", description="Ask whether they come.", required=True)
    template.record_version(None)
    return template


@pytest.fixture
def make_call(agent: Agent) -> Callable[..., CallLog]:
    """Return a function that writes a call in any status, as the services leave it."""

    def make(status: CallStatus = CallStatus.QUEUED, **fields: Any) -> CallLog:
        now = timezone.now()
        reference = fields.pop("reference", None) or uuid.uuid4()
        given: dict[str, Any] = {
            "status": status,
            "reference": reference,
            "agent": agent,
            "person_name": "John Doe",
            "phone_number": NUMBER,
            "country": "IN",
            "request": {
                "agent_uuid": agent.agent_uuid,
                "phone_number": "9876543210",
                "country_code": "IN",
                "additional_data": {"osvi_console_reference": str(reference)},
            },
            "send_until": now + timedelta(hours=1),
        }
        if status == CallStatus.SCHEDULED:
            given["scheduled_for"] = given["not_before"] = now + timedelta(hours=1)
        if status in _LEFT:
            given |= {"sent_at": now, "send_attempts": 1, "outcome_due_at": now + timedelta(hours=3)}
        return CallLog.objects.create(**given | fields)

    return make


@pytest.fixture
def call(make_call: Callable[..., CallLog]) -> CallLog:
    """A call that waits to be sent."""
    return make_call()


@pytest.fixture
def osvi() -> Iterator[ScriptedServer]:
    """A real HTTP server in OSVI's place, whose answers the test writes."""
    with serve() as server:
        yield server


@pytest.fixture
def osvi_client(osvi: ScriptedServer) -> OsviClient:
    return OsviClient(osvi.url, TOKEN, connect_timeout=5, read_timeout=10)


@pytest.fixture
def osvi_settings(osvi: ScriptedServer, settings: Any) -> Iterator[ScriptedServer]:
    """The console itself talks to the scripted OSVI."""
    settings.OSVI_API_URL = osvi.url
    settings.OSVI_API_TOKEN = TOKEN
    get_client.cache_clear()
    yield osvi
    get_client.cache_clear()


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The queue that carries the nudges, empty before and after."""
    from huey.contrib.djhuey import HUEY

    from calls.services import nudge

    HUEY.flush()
    # What was asked for before went with the rest.
    monkeypatch.setattr(nudge, "_wake_ups", deque())
    yield HUEY
    HUEY.flush()
