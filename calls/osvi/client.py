"""The only HTTP in the product: one typed method per OSVI endpoint that is used.

Failures leave as the types of `calls.osvi.errors`, sorted by what may be done next, each with a sentence for
staff. Nothing is ever sent twice from here: the API has no idempotency key, and a repeated POST is a second
real call.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext_noop as _

from calls.osvi import contract, values
from calls.osvi.errors import (
    AgentRejected,
    NotFound,
    NothingSent,
    OsviError,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TokenRejected,
    Unavailable,
)
from calls.osvi.outcomes import CallOutcome, Turn, from_call, read_turns
from calls.osvi.transport import Answer, Interrupted, Transport

# The longest wait that a Retry-After may impose, in seconds.
LONGEST_RETRY_AFTER = 3_600.0
# The vendor's words are shown beside a field or in a list, not as a page.
_WORDS_SHOWN = 500


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """OSVI accepted a call under `call_id`; `evidence` is what may be kept about the answer."""

    call_id: str
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ActiveAgent:
    """An agent that can take calls; `agent_id` is what a call request names `agent_uuid`."""

    agent_id: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class CallPage:
    """One page of the call list, newest first."""

    outcomes: list[CallOutcome]
    total_pages: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A link that works for whoever holds it, for `expires_in_seconds` (0: not said). Never store it."""

    url: str = field(repr=False)
    expires_in_seconds: int


class OsviClient:
    """The OSVI API at `base_url`. Time limits in seconds. One instance serves all threads."""

    def __init__(self, base_url: str, token: str, *, connect_timeout: float, read_timeout: float) -> None:
        self._transport = Transport(
            base_url, token, connect_timeout=connect_timeout, read_timeout=read_timeout
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.base_url!r})"

    def place_call(self, request: contract.CallRequest) -> PlacedCall:
        """Ask OSVI to ring somebody, once.

        Raises NothingSent or RateLimited (nobody is rung; may be repeated later), Rejected, TokenRejected or
        AgentRejected (nobody is rung; final), OutcomeUnknown (a call may be ringing; never repeat).
        """
        try:
            body = json.dumps(request.body(), allow_nan=False).encode()
        except ValueError as error:
            raise Rejected(_("The call was not sent: its data cannot be passed on to OSVI.")) from error
        try:
            answer = self._transport.exchange("POST", contract.CALL_PATH, body=body)
        except Interrupted as failure:
            raise self._placing_interrupted(failure) from None
        return self._placed(answer)

    def active_agents(self) -> list[ActiveAgent]:
        """Return the agents that can take calls, most recently changed first. Raises as `_get` does."""
        answer = self._get("/v1/active_agents")
        items = answer.body.get("data") if isinstance(answer.body, dict) else answer.body
        if not isinstance(items, list):
            raise _unreadable(answer)
        agents = [
            ActiveAgent(
                values.identifier(item.get("agent_id") or item.get("agent_uuid")),
                values.word(item.get("name")),
                values.word(item.get("status")),
            )
            for item in items
            if isinstance(item, dict)
        ]
        return [agent for agent in agents if agent.agent_id]

    def list_calls(
        self, *, agent_uuid: str = "", phone_number: str = "", page: int = 1, per_page: int = 100
    ) -> CallPage:
        """Return one page of calls, newest first; `phone_number` may be a part of the number.

        There is no filter by date on purpose: the API applies it to the time of answering, which a call that
        was not answered does not have. Raises as `_get` does.
        """
        wanted = {
            "agent_uuid": agent_uuid,
            "phone_number": phone_number,
            "page": str(page),
            "per_page": str(per_page),
        }
        answer = self._get("/v1/calls", {name: value for name, value in wanted.items() if value})
        items, meta = answer.body, None
        if isinstance(answer.body, dict):
            items, meta = answer.body.get("data"), answer.body.get("meta")
        if not isinstance(items, list):
            raise _unreadable(answer)
        total_pages = values.whole(meta.get("total_pages")) if isinstance(meta, dict) else None
        return CallPage([from_call(item) for item in items if isinstance(item, dict)], total_pages or 1)

    def get_call(self, call_id: str) -> CallOutcome:
        """Return what OSVI knows of a call. Raises as `_get` does; NotFound does not mean that it failed."""
        return from_call(self._get_object(f"/v1/call/{quote(call_id, safe='')}"))

    def get_transcript(self, call_id: str) -> tuple[tuple[Turn, ...], list[Any]]:
        """Return the turns and the array as it came; both empty when nothing was captured, or not yet."""
        raw = self._get_object(f"/v1/call/{quote(call_id, safe='')}/transcript").get("transcript")
        raw = [raw] if isinstance(raw, str) else raw
        return read_turns(raw), raw if isinstance(raw, list) else []

    def get_recording(self, call_id: str) -> Recording:
        """Return a fresh link to the recording. Raises NotFound if there is none, and as `_get` does."""
        data = self._get_object(f"/v1/call/{quote(call_id, safe='')}/recording")
        url = values.text(data.get("recording_url"))
        if not _is_web_address(url):
            raise NotFound(_("OSVI has no recording of this call."))
        return Recording(url, values.whole(data.get("expires_in_seconds")) or 0)

    # --- Placing ------------------------------------------------------------------------------

    def _placed(self, answer: Answer) -> PlacedCall:
        """Sort the answer to a POST. Only a status that certainly means "no" counts as no."""
        call_id = _call_id(answer.body)
        if 200 <= answer.status < 300:
            if call_id:
                return PlacedCall(call_id, answer.evidence)
            if isinstance(answer.body, dict) and answer.body.get("success") is False:
                raise self._refused(answer, Rejected, _("OSVI refused the call: %(words)s"))
            raise OutcomeUnknown(
                _("OSVI's answer could not be read. The call may be ringing."),
                status=answer.status,
                evidence=answer.evidence,
            )
        if answer.status == 429:
            raise _rate_limited(answer)
        if answer.status in _PLACING_REFUSALS:
            raise self._refused(answer, *_PLACING_REFUSALS[answer.status])
        raise OutcomeUnknown(
            _(
                "OSVI answered with an error (%(status)d) that does not say whether the call was placed. "
                "It may be ringing."
            ),
            words={"status": answer.status},
            status=answer.status,
            evidence=answer.evidence,
        )

    def _placing_interrupted(self, failure: Interrupted) -> OsviError:
        if not failure.sent:
            return _unreachable(failure)
        if failure.timed_out:
            return OutcomeUnknown(
                _("OSVI did not answer within %(seconds)s seconds. The call may be ringing."),
                words={"seconds": f"{self._transport.timeouts[1]:g}"},
                evidence=failure.evidence,
            )
        return OutcomeUnknown(
            _("The connection to OSVI broke before an answer came. The call may be ringing."),
            evidence=failure.evidence,
        )

    def _refused(self, answer: Answer, kind: type[Rejected], sentence: str) -> Rejected:
        words = contract.error_message(answer.body, answer.status)
        words = self._transport.redact(words)[:_WORDS_SHOWN]
        return kind(sentence, words={"words": words}, status=answer.status, evidence=answer.evidence)

    # --- Reading ------------------------------------------------------------------------------

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Ask once and return a 2xx answer that holds JSON.

        Raises TokenRejected (401), NotFound (404), Rejected (other refusals), RateLimited (429), NothingSent
        (no connection) or Unavailable (everything that may be different next time).
        """
        try:
            answer = self._transport.exchange("GET", path, params=params)
        except Interrupted as failure:
            raise self._reading_interrupted(failure) from None
        if answer.status == 429:
            raise _rate_limited(answer)
        if answer.status in _READING_REFUSALS:
            raise self._refused(answer, *_READING_REFUSALS[answer.status])
        if not 200 <= answer.status < 300 or answer.body is None:
            raise _unreadable(answer)
        if isinstance(answer.body, dict) and answer.body.get("success") is False:
            raise self._refused(answer, Rejected, _("OSVI refused the question: %(words)s"))
        return answer

    def _get_object(self, path: str) -> dict[str, Any]:
        """Return `data` of the answer, or the whole answer where it has no `data`."""
        answer = self._get(path)
        data = answer.body.get("data", answer.body) if isinstance(answer.body, dict) else None
        if not isinstance(data, dict):
            raise _unreadable(answer)
        return data

    def _reading_interrupted(self, failure: Interrupted) -> OsviError:
        if not failure.sent:
            return _unreachable(failure)
        return Unavailable(
            _("OSVI gave no answer. Nothing was changed; ask again later."), evidence=failure.evidence
        )


@cache
def get_client() -> OsviClient:
    """Return the client that the Django settings describe, one per process (tests:
    `get_client.cache_clear()`).
    """
    return OsviClient(
        settings.OSVI_API_URL,
        settings.OSVI_API_TOKEN,
        connect_timeout=settings.OSVI_CONNECT_TIMEOUT,
        read_timeout=settings.OSVI_READ_TIMEOUT,
    )


_PLACING_REFUSALS: dict[int, tuple[type[Rejected], str]] = {
    400: (Rejected, _("OSVI refused the call: %(words)s")),
    401: (TokenRejected, _("OSVI does not accept the API token: %(words)s")),
    403: (AgentRejected, _("OSVI refused the agent: %(words)s")),
    404: (AgentRejected, _("OSVI refused the agent: %(words)s")),
    422: (Rejected, _("OSVI refused the call: %(words)s")),
}
_READING_REFUSALS: dict[int, tuple[type[Rejected], str]] = {
    400: (Rejected, _("OSVI refused the question: %(words)s")),
    401: (TokenRejected, _("OSVI does not accept the API token: %(words)s")),
    403: (Rejected, _("OSVI refused the question: %(words)s")),
    404: (NotFound, _("OSVI does not know this: %(words)s")),
    422: (Rejected, _("OSVI refused the question: %(words)s")),
}


def _call_id(body: Any) -> str:
    """Return the id of an accepted call: `data.call_id`, in the oldest edition at top level; else ""."""
    if not isinstance(body, dict):
        return ""
    data = body.get("data")
    nested = values.identifier(data.get("call_id")) if isinstance(data, dict) else ""
    return nested or values.identifier(body.get("call_id"))


def _rate_limited(answer: Answer) -> RateLimited:
    return RateLimited(
        _("OSVI asks for fewer requests for a while. Nothing was placed."),
        retry_after=_retry_after(answer.retry_after),
        status=answer.status,
        evidence=answer.evidence,
    )


def _retry_after(header: str) -> float | None:
    """Return the wait in seconds that a Retry-After asks for, as number or date; None if it says nothing."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    # Written so that NaN ends as None.
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER) if seconds == seconds else None


def _unreachable(failure: Interrupted) -> NothingSent:
    return NothingSent(_("OSVI could not be reached. Nothing was sent."), evidence=failure.evidence)


def _unreadable(answer: Answer) -> Unavailable:
    return Unavailable(
        _("OSVI's answer (%(status)d) could not be read. Nothing was changed; ask again later."),
        words={"status": answer.status},
        status=answer.status,
        evidence=answer.evidence,
    )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
