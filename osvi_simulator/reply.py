"""Requests and answers between the socket and the endpoints, and the vendor's envelopes."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """`query` holds the first value of each parameter; `headers` have lower-case names."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` None closes the connection without a byte."""

    status: int | None
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


HANG_UP = Reply(None)


def json_reply(status: int, content: Any, **headers: str) -> Reply:
    """Return a JSON answer; header names are given with underscores (Retry_After)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, {"Content-Type": "application/json"} | named)


def data(content: Any) -> Reply:
    return json_reply(200, {"success": True, "data": content})


def refusal(status: int, sentence: str, details: dict[str, Any] | None = None) -> Reply:
    """Return the envelope of 400 and 403."""
    return json_reply(status, {"success": False, "error": sentence, "details": details})


def plain_refusal(status: int, sentence: str, **headers: str) -> Reply:
    """Return the envelope without `details`: 401, 404 and 5xx."""
    return json_reply(status, {"success": False, "error": sentence}, **headers)


INVALID_TOKEN = plain_refusal(401, "Invalid API token")
UNKNOWN_AGENT = refusal(403, "Agent not found or not associated with this account")
NOT_FOUND = plain_refusal(404, "Not found")
SERVER_ERROR = plain_refusal(500, "Internal server error")
GATEWAY_DOWN = Reply(503, b"<html><body>503 Service Unavailable</body></html>", {"Content-Type": "text/html"})
