"""System checks: misconfiguration is said at start-up, with what to do about it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection
from django.utils import timezone

from calls.osvi import contract

REAL_OSVI_HOST = "api.osvi.ai"
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
# Zero would ask OSVI without end, give every call up at once, or wait for an answer for no time at all.
POSITIVE = (
    "CALL_QUEUE_DEADLINE",
    "CALL_OUTCOME_DEADLINE",
    "CALL_FIRST_POLL",
    "CALL_FAILURES_BEFORE_PAUSE",
    "OSVI_CONNECT_TIMEOUT",
    "OSVI_READ_TIMEOUT",
)
# Zero is no cap.
CAPS = ("CALLS_PER_NUMBER_A_DAY", "CALLS_PER_NUMBER_A_WEEK", "CALLS_A_DAY")
ENVIRONMENTS = frozenset({"simulator", "test", "production"})


def _is_real_osvi() -> bool:
    return urlsplit(settings.OSVI_API_URL).hostname == REAL_OSVI_HOST


@register(Tags.security)
def osvi_settings(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check what the console needs to reach OSVI."""
    found: list[CheckMessage] = []
    if not urlsplit(settings.OSVI_API_URL).hostname:
        found.append(
            Error(
                "OSVI_API_URL has no host.",
                hint="Use https://api.osvi.ai for the real OSVI.",
                id="calls.E001",
            )
        )
    if not contract.is_country(settings.DEFAULT_COUNTRY):
        found.append(
            Error("DEFAULT_COUNTRY is not a country.", hint="Use a two-letter code like IN.", id="calls.E002")
        )
    if settings.CONSOLE_ENVIRONMENT not in ENVIRONMENTS:
        found.append(
            Error(
                f"CONSOLE_ENVIRONMENT is {settings.CONSOLE_ENVIRONMENT!r}.",
                hint=f"Use one of: {', '.join(sorted(ENVIRONMENTS))}.",
                id="calls.E003",
            )
        )
    found += [
        Error(
            f"{name} is {getattr(settings, name)}.",
            hint="Use a number greater than zero, or leave it out.",
            id="calls.E005",
        )
        for name in POSITIVE
        if getattr(settings, name) <= 0
    ]
    found += [
        Error(
            f"{name} is {getattr(settings, name)}.",
            hint="Use a number greater than zero, or 0 for no cap.",
            id="calls.E007",
        )
        for name in CAPS
        if getattr(settings, name) < 0
    ]
    telephones_ring = settings.CONSOLE_ENVIRONMENT == "production" or _is_real_osvi()
    if telephones_ring and not settings.CALLING_HOURS_APPLY:
        found.append(
            Error(
                "CALLING_HOURS_APPLY is off, so people could be called in the middle of the night.",
                hint="Take it out; it is for consoles that only talk to the simulator.",
                id="calls.E006",
            )
        )
    if settings.DEBUG and _is_real_osvi():
        found.append(
            Warning(
                "DEBUG is on while calls go to the real OSVI.",
                hint="Set DEBUG=false, or point OSVI_API_URL at the simulator.",
                id="calls.W001",
            )
        )
    if settings.OSVI_ALLOW_PRIVATE_ADDRESSES and _is_real_osvi():
        found.append(
            Warning(
                "OSVI_ALLOW_PRIVATE_ADDRESSES is on while calls go to the real OSVI.",
                hint="Take it out: otherwise a recording's address could lead into your own network.",
                id="calls.W005",
            )
        )
    return found


@register(Tags.security, deploy=True)
def deployment_settings(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check what a console that is open to OSVI and to staff needs besides."""
    found: list[CheckMessage] = []
    public = urlsplit(settings.PUBLIC_BASE_URL)
    if not settings.OSVI_API_TOKEN:
        found.append(
            Error(
                "OSVI_API_TOKEN is not set, so no call can be placed.",
                hint="Copy it from the OSVI dashboard, Settings → API, into OSVI_API_TOKEN or OSVI_API_TOKEN_FILE.",
                id="calls.E004",
            )
        )
    if _is_real_osvi() and (public.scheme != "https" or public.hostname in LOCAL_HOSTS):
        found.append(
            Warning(
                "OSVI cannot deliver news to PUBLIC_BASE_URL, or delivers it unencrypted.",
                hint="Use the console's own https:// address. Until then outcomes arrive by polling alone.",
                id="calls.W002",
            )
        )
    if settings.CONSOLE_ENVIRONMENT == "production" and not _is_real_osvi():
        found.append(
            Warning(
                "CONSOLE_ENVIRONMENT says production, but OSVI_API_URL is not the real OSVI.",
                hint="Set CONSOLE_ENVIRONMENT to simulator or test so that everybody can see it.",
                id="calls.W003",
            )
        )
    return found


@register(Tags.database)
def worker_is_alive(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> Sequence[CheckMessage]:
    """Warn when the worker has fallen silent. Asks the database, so it runs with `check --database default`."""
    if "default" not in (databases or ()):
        return []
    # Imported here: checks are registered before the models are loaded.
    from calls.models import ConsoleState
    from calls.services.sending import WORKER_SILENT_AFTER

    # `migrate` runs this check before it makes the tables.
    if ConsoleState._meta.db_table not in connection.introspection.table_names():
        return []
    seen = ConsoleState.objects.values_list("worker_seen_at", flat=True).first()
    if seen is None or timezone.now() - seen <= WORKER_SILENT_AFTER:
        return []
    return [
        Warning(
            f"No worker has given a sign of life since {seen:%Y-%m-%d %H:%M} UTC, so no call goes out.",
            hint="Start one: python manage.py run_huey. It works on what waits.",
            id="calls.W004",
        )
    ]
