"""Which engine carries the nudges: one address says it all."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

NAME = "osvi-console"


def huey_settings(url: str, *, workers: int) -> dict[str, Any]:
    """Return Django's HUEY setting for a queue address.

    `url` is sqlite:///path, redis://host:port/db, postgresql://user@host/db, or memory:// (tests: the
    queue lives and dies with the process). `workers` is the number of worker threads.
    Raises ImproperlyConfigured for any other scheme.
    """
    match urlsplit(url).scheme:
        case "sqlite":
            engine = {
                "huey_class": "huey.SqliteHuey",
                "filename": url.removeprefix("sqlite:///"),
                "timeout": 20,
                # A nudge lost in a power cut is made good by the sweep, so nobody waits for the disk.
                "fsync": False,
            }
        case "redis" | "rediss":
            engine = {"huey_class": "huey.PriorityRedisHuey", "url": url}
        case "postgres" | "postgresql":
            engine = {"huey_class": "huey.PostgresHuey", "dsn": url}
        case "memory":
            engine = {"huey_class": "huey.MemoryHuey"}
        case scheme:
            raise ImproperlyConfigured(
                f"QUEUE_URL starts with {scheme!r}; use sqlite:///path, redis://… or postgresql://…"
            )
    return {
        "name": NAME,
        "immediate": False,
        # Tasks answer to nobody: what happened is written on the call's own row.
        "results": False,
        **engine,
        "consumer": {
            "workers": workers,
            "worker_type": "thread",
            # An idle worker looks again after half a second at most, so that a call goes out at once.
            "max_delay": 0.5,
            # Process managers say TERM when they mean "finish what you hold".
            "graceful_signal": "TERM",
            "shutdown_timeout": 60,
        },
    }
