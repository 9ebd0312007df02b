"""A record of every request received and every webhook sent, so that a test can count who was rung."""

import json
import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

# Older entries make room; the count of rings is kept apart and forgets nothing.
CAPACITY = 200_000


def _now() -> str:
    return datetime.now(UTC).isoformat()


def mask(token: str) -> str:
    """Return the token with all but its last four characters hidden; "" stays ""."""
    return "•" * 12 + token[-4:] if len(token) > 8 else "•" * 12 if token else ""


@dataclass(slots=True)
class ReceivedRequest:
    """`status` is None while no answer was given and where the connection was closed instead of one."""

    time: str
    method: str
    path: str
    token: str
    body: str
    phone: str = ""
    status: int | None = None
    rang: bool = False


@dataclass(slots=True)
class SentWebhook:
    """`status` is what the receiver answered; None, with `error`, when it did not."""

    time: str
    phone: str
    call_id: str
    method: str
    url: str
    body: str
    status: int | None = None
    error: str = ""


class Journal:
    """Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[ReceivedRequest] = deque(maxlen=CAPACITY)
        self._webhooks: deque[SentWebhook] = deque(maxlen=CAPACITY)
        self._rings: Counter[str] = Counter()

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every request under /v1, oldest first."""
        with self._lock:
            return list(self._requests)

    @property
    def webhooks(self) -> list[SentWebhook]:
        """Every webhook that was answered or could not be delivered, oldest first."""
        with self._lock:
            return list(self._webhooks)

    @property
    def rings(self) -> dict[str, int]:
        """How many requests rang each number (E.164)."""
        with self._lock:
            return dict(self._rings)

    def received(self, method: str, path: str, token: str, body: bytes) -> ReceivedRequest:
        """Enter a request before anything is done about it; the caller completes the entry."""
        entry = ReceivedRequest(_now(), method, path, mask(token), body.decode("utf-8", "replace"))
        with self._lock:
            self._requests.append(entry)
        return entry

    def rang(self, entry: ReceivedRequest) -> None:
        """Note that this request rang its number."""
        with self._lock:
            entry.rang = True
            self._rings[entry.phone] += 1

    def sent(self, webhook: SentWebhook) -> None:
        with self._lock:
            self._webhooks.append(webhook)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self._webhooks.clear()
            self._rings.clear()

    def as_json(self, phone: str = "") -> dict[str, list[dict[str, Any]]]:
        """Return both lists, of one number (E.164) or of all; a body that is JSON is given parsed."""
        return {
            "requests": [_readable(entry) for entry in self.requests if phone in ("", entry.phone)],
            "webhooks": [_readable(entry) for entry in self.webhooks if phone in ("", entry.phone)],
        }


def _readable(entry: ReceivedRequest | SentWebhook) -> dict[str, Any]:
    values = asdict(entry)
    try:
        values["body"] = json.loads(entry.body) if entry.body else None
    except ValueError:
        values["body"] = entry.body
    return values
