"""One HTTP exchange with OSVI: an answer read within limits, or an `Interrupted` that says how far it got.

Nothing here knows an endpoint and nothing here repeats a request.
"""

import json
import os
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from calls.osvi.cleaning import clean_text, without_secrets
from osvi_console.redaction import redact

# A server closes idle connections when it likes (common web servers after two to five seconds). A POST that
# rides on such a connection ends without an answer, which looks exactly like an answer lost after the call
# was placed and would need a person to clear up. So a connection that rested longer than this is not used
# again.
IDLE_SECONDS = 1.5
MAX_ANSWER_BYTES = 5 * 1024 * 1024
EXCERPT_CHARACTERS = 4_096
_CHUNK_BYTES = 16 * 1024

# Failures while the connection is being opened: the request itself has not left.
_BEFORE_SENDING = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
_NEVER_SENT = (
    requests.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidProxyURL,
)


class Interrupted(Exception):
    """No status line came back. `sent` says whether the request may have left; `evidence` may be kept."""

    def __init__(self, *, sent: bool, timed_out: bool, evidence: dict[str, Any]) -> None:
        super().__init__(evidence.get("failure", ""))
        self.sent = sent
        self.timed_out = timed_out
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the body that came with it: parsed JSON, or None where it was cut off or is not JSON."""

    status: int
    body: Any
    retry_after: str
    evidence: dict[str, Any]


class Transport:
    """Sends one request at a time per thread to one base address.

    `connect_timeout` and `read_timeout` in seconds; the latter also bounds the reading of the whole body.
    """

    def __init__(self, base_url: str, token: str, *, connect_timeout: float, read_timeout: float) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeouts = (connect_timeout, read_timeout)
        self._auth = _TokenHeader(token)
        self._local = threading.local()

    def exchange(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request, once, and read its answer. `path` begins with "/". Raises Interrupted."""
        started = time.monotonic()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        request = requests.Request(
            method, self.base_url + path, params=params, data=body, headers=headers, auth=self._auth
        )
        try:
            response = self._send(request)
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            interrupted = self._interrupted(error, started)
        else:
            with response:
                return self._read(response, started)
        finally:
            self._local.last_used = time.monotonic()
        # Raised here and not in the handler: the caught exception leads to frames that hold the token.
        raise interrupted

    def redact(self, text: str) -> str:
        """Return the text without links, the token and full telephone numbers: it is kept in the history."""
        return redact(without_secrets(clean_text(text), self._auth.token))

    def _send(self, request: requests.Request) -> requests.Response:
        session = self._session()
        try:
            prepared = session.prepare_request(request)
        except (ValueError, OSError) as error:
            raise requests.exceptions.InvalidURL(type(error).__name__) from None
        if self._local.settings is None:
            # Proxies and certificates named by the environment; the address is the same for every request.
            self._local.settings = session.merge_environment_settings(
                prepared.url or "", {}, True, None, None
            )
        return session.send(prepared, timeout=self.timeouts, allow_redirects=False, **self._local.settings)

    def _session(self) -> requests.Session:
        """Return this thread's session; not one that rested or was inherited through a fork."""
        local = self._local
        usable = getattr(local, "process", None) == os.getpid()
        if usable and time.monotonic() - local.last_used <= IDLE_SECONDS:
            session: requests.Session = local.session
            return session
        if usable:
            local.session.close()
        local.session = requests.Session()
        local.session.mount("http://", HTTPAdapter(max_retries=0))
        local.session.mount("https://", HTTPAdapter(max_retries=0))
        # A compressed answer could unfold to far more than was read from the wire.
        local.session.headers["Accept-Encoding"] = "identity"
        local.session.headers["Accept"] = "application/json"
        local.session.headers["User-Agent"] = "OSVI-Console"
        local.process = os.getpid()
        local.settings = None
        return local.session

    def _interrupted(self, error: Exception, started: float) -> Interrupted:
        cause = _cause(error)
        return Interrupted(
            sent=not _never_sent(error),
            timed_out=isinstance(error, requests.Timeout),
            evidence={
                "failure": self.redact(f"{type(cause).__name__}: {cause}")[:EXCERPT_CHARACTERS],
                "elapsed_ms": _milliseconds_since(started),
            },
        )

    def _read(self, response: requests.Response, started: float) -> Answer:
        raw, complete = _read_body(response, deadline=time.monotonic() + self.timeouts[1])
        evidence: dict[str, Any] = {
            "status": response.status_code,
            "body": self.redact(raw.decode("utf-8", "replace"))[:EXCERPT_CHARACTERS],
            "elapsed_ms": _milliseconds_since(started),
        }
        if not complete:
            evidence["failure"] = "The answer was cut off."
        return Answer(
            status=response.status_code,
            body=_parse(raw) if complete else None,
            retry_after=response.headers.get("Retry-After", ""),
            evidence=evidence,
        )


class _TokenHeader(AuthBase):
    """Adds the token at the last moment. Also keeps requests from looking into ~/.netrc."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["API-Token"] = self.token
        # requests checks headers before authentication, so a line break in the token would pass unseen.
        request.prepare_headers(request.headers)
        return request


def _never_sent(error: Exception) -> bool:
    """Whether the failure is one that happens before a request leaves; after any other it may have left."""
    cause = _cause(error)
    untrusted = isinstance(cause, urllib3.exceptions.SSLError) and any(
        isinstance(part, ssl.SSLCertVerificationError) for part in cause.args
    )
    return untrusted or isinstance(error, _NEVER_SENT) or isinstance(cause, _BEFORE_SENDING)


def _cause(error: Exception) -> Any:
    """Return urllib3's own reason inside the wrappings; its text does not repeat the address asked for."""
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    return reason if isinstance(reason, Exception) else error


def _read_body(response: requests.Response, *, deadline: float) -> tuple[bytes, bool]:
    """Return what could be read within size and time, and whether that is all of it."""
    received = bytearray()
    try:
        while time.monotonic() < deadline:
            # read1 returns what has arrived: a server that trickles cannot hold the worker beyond the
            # deadline.
            chunk = response.raw.read1(_CHUNK_BYTES, decode_content=True)
            if not chunk:
                return bytes(received), True
            received += chunk
            if len(received) > MAX_ANSWER_BYTES:
                break
    except (OSError, urllib3.exceptions.HTTPError):
        return bytes(received), False
    return bytes(received), False


def _parse(raw: bytes) -> Any:
    """Return the parsed JSON, or None. Deep nesting exhausts the parser's stack: another error type."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
