"""Reads one request into a verdict and raw bytes; decides nothing about calls."""

import json
from dataclasses import dataclass

from django.http import HttpRequest, UnreadablePostError

from calls.choices import Verdict

# The largest body that is read. Conversations are far smaller; anything larger is not news of a call.
LARGEST_BODY = 1024 * 1024


@dataclass(frozen=True)
class Reading:
    """What arrived: the raw body (empty if it was refused unread) and whether it can be news."""

    verdict: Verdict
    body: bytes = b""


def read(request: HttpRequest) -> Reading:
    """Read the body, at most LARGEST_BODY bytes of it. Never raises because of what was sent."""
    if request.method != "POST":
        return Reading(Verdict.WRONG_METHOD)
    if _announced_size(request) > LARGEST_BODY:
        return Reading(Verdict.TOO_LARGE)
    try:
        body = _body(request)
    except UnreadablePostError:
        return Reading(Verdict.BROKEN_TEXT)
    if len(body) > LARGEST_BODY:
        return Reading(Verdict.TOO_LARGE)
    return Reading(_verdict(request, body), body)


def _body(request: HttpRequest) -> bytes:
    """Return at most one byte more than the limit.

    Without a Content-Length Django reads nothing; a server that ends the stream itself, as gunicorn does,
    lets a chunked body be read all the same.
    """
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if chunked and request.META.get("wsgi.input_terminated"):
        return bytes(request.META["wsgi.input"].read(LARGEST_BODY + 1))
    return request.read(LARGEST_BODY + 1)


def _announced_size(request: HttpRequest) -> int:
    try:
        return int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return 0


def _verdict(request: HttpRequest, body: bytes) -> Verdict:
    content_type = (request.content_type or "").lower()
    if content_type and content_type != "application/json" and not content_type.endswith("+json"):
        return Verdict.WRONG_TYPE
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Verdict.BROKEN_TEXT
    try:
        message = json.loads(text)
    # RecursionError: a few kilobytes of "[[[[…" are enough.
    except (ValueError, RecursionError):
        return Verdict.NOT_JSON
    return Verdict.RECEIVED if isinstance(message, dict) else Verdict.WRONG_SHAPE
