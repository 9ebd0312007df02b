"""System checks: each misconfiguration is named, with a hint."""

from typing import Any

import pytest
from django.utils import timezone

from calls.checks import CAPS, POSITIVE, deployment_settings, osvi_settings, worker_is_alive
from calls.models import ConsoleState
from calls.services.sending import WORKER_SILENT_AFTER

SOUND = {
    "OSVI_API_URL": "https://api.osvi.ai",
    "OSVI_API_TOKEN": "tok-0123456789ab",
    "PUBLIC_BASE_URL": "https://calls.example.org",
    "CONSOLE_ENVIRONMENT": "production",
    "DEFAULT_COUNTRY": "IN",
    "DEBUG": False,
    "OSVI_ALLOW_PRIVATE_ADDRESSES": False,
    "CALLING_HOURS_APPLY": True,
}
SIMULATED = {"OSVI_API_URL": "http://127.0.0.1:8900", "CONSOLE_ENVIRONMENT": "simulator"}


@pytest.fixture
def found(settings) -> Any:
    def run(**changes: Any) -> list[str]:
        for name, value in (SOUND | changes).items():
            setattr(settings, name, value)
        messages = [*osvi_settings(None), *deployment_settings(None)]
        assert all(message.hint for message in messages)
        return [message.id or "" for message in messages]

    return run


def test_a_sound_console_is_silent(found) -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"OSVI_API_URL": "api.osvi.ai", "CONSOLE_ENVIRONMENT": "test"}, ["calls.E001"]),
        ({"OSVI_API_URL": "", "CONSOLE_ENVIRONMENT": "test"}, ["calls.E001"]),
        ({"DEFAULT_COUNTRY": "XX"}, ["calls.E002"]),
        ({"CONSOLE_ENVIRONMENT": "staging"}, ["calls.E003"]),
        ({"OSVI_API_TOKEN": ""}, ["calls.E004"]),
        ({"DEBUG": True}, ["calls.W001"]),
        ({"OSVI_ALLOW_PRIVATE_ADDRESSES": True}, ["calls.W005"]),
        ({"PUBLIC_BASE_URL": "http://calls.example.org"}, ["calls.W002"]),
        ({"PUBLIC_BASE_URL": "https://127.0.0.1:8000"}, ["calls.W002"]),
        ({"OSVI_API_URL": "http://127.0.0.1:8900"}, ["calls.W003"]),
        ({**SIMULATED, "DEBUG": True}, []),
        ({"CALLING_HOURS_APPLY": False}, ["calls.E006"]),
        ({"CALLING_HOURS_APPLY": False, "CONSOLE_ENVIRONMENT": "test"}, ["calls.E006"]),
        ({"CALLING_HOURS_APPLY": False, **SIMULATED}, []),
        *[({name: -1}, ["calls.E007"]) for name in CAPS],
        *[({name: 0}, []) for name in CAPS],
        *[({name: 0}, ["calls.E005"]) for name in POSITIVE],
        *[({name: -1}, ["calls.E005"]) for name in POSITIVE],
    ],
)
def test_it_finds(found, changes: dict[str, Any], expected: list[str]) -> None:
    assert found(**changes) == expected


def test_it_keeps_the_token_to_itself(found, settings) -> None:
    found(PUBLIC_BASE_URL="http://calls.example.org", CONSOLE_ENVIRONMENT="staging", DEBUG=True)
    texts = [
        f"{message.msg} {message.hint}" for message in [*osvi_settings(None), *deployment_settings(None)]
    ]

    assert len(texts) == 3
    assert not any(settings.OSVI_API_TOKEN in text for text in texts)


def worker_messages(**seen: Any) -> list[str | None]:
    ConsoleState.objects.update_or_create(pk=ConsoleState.KEY, defaults=seen)
    return [message.id for message in worker_is_alive(None, databases=["default"])]


@pytest.mark.django_db
def test_a_worker_that_fell_silent_is_named() -> None:
    assert worker_messages(worker_seen_at=timezone.now() - 2 * WORKER_SILENT_AFTER) == ["calls.W004"]


@pytest.mark.django_db
def test_a_worker_that_lives_or_was_never_started_is_no_warning() -> None:
    assert worker_messages(worker_seen_at=timezone.now()) == []
    assert worker_messages(worker_seen_at=None) == []


def test_without_a_database_nothing_is_asked() -> None:
    assert worker_is_alive(None, databases=None) == []
