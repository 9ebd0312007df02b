"""A server that knows nothing but the vendor's OpenAPI document for `POST /v1/call`, and answers as told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from tests.osvi.http_server import Answer, Handler, ScriptedServer, reply, serve

DOCUMENT = Path(__file__).resolve().parents[3] / "shared" / "osvi-call.openapi.yaml"
needs_document = pytest.mark.skipif(not DOCUMENT.exists(), reason="the vendor's OpenAPI document is absent")

TOKEN = "0123456789abcdef"
REFUSALS = {
    400: (
        "ErrorBadRequest",
        {"success": False, "error": "number is on the trunk's blocklist", "details": None},
    ),
    401: ("ErrorUnauthorized", {"success": False, "error": "Invalid API token"}),
    403: (
        "ErrorForbidden",
        {
            "success": False,
            "error": "Agent not found or not associated with this account",
            "details": None,
        },
    ),
}

_formats = FormatChecker(())


@_formats.checks("uri")
def _is_address(value: object) -> bool:
    parts = urlsplit(str(value))
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


@cache
def validator(schema: str) -> Draft202012Validator:
    """Return the check for one schema of the document (OpenAPI 3.1 speaks JSON Schema 2020-12)."""
    document = yaml.safe_load(DOCUMENT.read_text())
    wanted = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    return Draft202012Validator(wanted, format_checker=_formats)


def complaints(body: Any, schema: str = "CallRequest") -> list[str]:
    """Return what the document has against a body."""
    return [f"{error.json_path}: {error.message}" for error in validator(schema).iter_errors(body)]


@dataclass
class VendorServer:
    """`bodies` is what was posted, `problems` what the document has against it."""

    server: ScriptedServer
    bodies: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url

    def script(self, *answers: Answer) -> None:
        """Give these answers, in order, the last one again and again, to bodies that the document accepts."""
        self.server.script(*(self._checked(answer) for answer in answers))

    def _checked(self, answer: Answer) -> Answer:
        def check(handler: Handler) -> None:
            request = self.server.received[-1]
            body = json.loads(request.body)
            found = complaints(body)
            self.bodies.append(body)
            self.problems += found
            if (request.method, request.path) != ("POST", "/v1/call"):
                reply(404, {"success": False, "error": "Not Found"})(handler)
            elif request.headers.get("API-Token") != TOKEN:
                refused(401)(handler)
            elif found:
                reply(400, {"success": False, "error": "; ".join(found), "details": None})(handler)
            else:
                answer(handler)

        return check


def accepted(call_id: str = "call_abc123xyz") -> Answer:
    body = {"success": True, "data": {"call_id": call_id}}
    assert complaints(body, "CallResponse") == []
    return reply(200, body)


def refused(status: int) -> Answer:
    schema, body = REFUSALS[status]
    # The document says "nullable", which its own version of JSON Schema does not know.
    assert complaints({key: value for key, value in body.items() if value is not None}, schema) == []
    return reply(status, body)


@contextmanager
def vendor_server() -> Iterator[VendorServer]:
    with serve() as server:
        yield VendorServer(server)
