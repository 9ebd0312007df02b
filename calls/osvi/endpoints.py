"""What every endpoint of the client shares: one request, and its answer sorted by what may be done next."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils.translation import gettext_noop as _

from calls.osvi import contract
from calls.osvi.errors import (
    NotFound,
    NothingSent,
    OsviError,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TokenRejected,
    Unavailable,
)
from calls.osvi.transport import Answer, Interrupted, Transport

# The longest wait that a Retry-After may impose, in seconds.
LONGEST_RETRY_AFTER = 3_600.0
# The vendor's words are shown beside a field or in a list, not as a page.
_WORDS_SHOWN = 500

TOKEN_REFUSED = (TokenRejected, _("OSVI does not accept the API token: %(words)s"))

Refusals = Mapping[int, tuple[type[Rejected], str]]


@dataclass(frozen=True, slots=True)
class Once:
    """How a request that must never be sent twice says that it failed; `refusals` are the certain ones."""

    unsendable: str
    silent: str
    broken: str
    unreadable: str
    unclear: str
    refused: str
    refusals: Refusals


class Endpoints:
    """The OSVI API at `base_url`. Time limits in seconds. One instance serves all threads."""

    def __init__(self, base_url: str, token: str, *, connect_timeout: float, read_timeout: float) -> None:
        self._transport = Transport(
            base_url, token, connect_timeout=connect_timeout, read_timeout=read_timeout
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.base_url!r})"

    def _send_once(
        self, path: str, content: dict[str, Any], once: Once, read_id: Callable[[Any], str]
    ) -> tuple[str, Answer]:
        """Send a POST that rings people. Return the id that OSVI took it under, and the answer.

        `read_id` finds the id in the body of a 2xx answer, else "". Only a status that certainly means "no"
        counts as no. Raises NothingSent or RateLimited (nobody is rung; may be repeated
        later), Rejected and its kinds (nobody is rung; final), OutcomeUnknown (somebody may be rung; never
        repeat).
        """
        try:
            body = json.dumps(content, allow_nan=False).encode()
        except ValueError as error:
            raise Rejected(once.unsendable) from error
        try:
            answer = self._transport.exchange("POST", path, body=body)
        except Interrupted as failure:
            raise self._lost(failure, once) from None
        if 200 <= answer.status < 300:
            if taken_as := read_id(answer.body):
                return taken_as, answer
            if says_no(answer.body):
                raise self._refused(answer, Rejected, once.refused)
            raise OutcomeUnknown(once.unreadable, status=answer.status, evidence=answer.evidence)
        if answer.status == 429:
            raise rate_limited(answer)
        if answer.status in once.refusals:
            raise self._refused(answer, *once.refusals[answer.status])
        raise OutcomeUnknown(
            once.unclear, words={"status": answer.status}, status=answer.status, evidence=answer.evidence
        )

    def _lost(self, failure: Interrupted, once: Once) -> OsviError:
        if not failure.sent:
            return unreachable(failure)
        if failure.timed_out:
            return OutcomeUnknown(
                once.silent,
                words={"seconds": f"{self._transport.timeouts[1]:g}"},
                evidence=failure.evidence,
            )
        return OutcomeUnknown(once.broken, evidence=failure.evidence)

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Ask once and return a 2xx answer that holds JSON.

        Raises TokenRejected (401), NotFound (404), Rejected (other refusals), RateLimited (429), NothingSent
        (no connection) or Unavailable (everything that may be different next time).
        """
        try:
            answer = self._transport.exchange("GET", path, params=params)
        except Interrupted as failure:
            if not failure.sent:
                raise unreachable(failure) from None
            raise Unavailable(
                _("OSVI gave no answer. Nothing was changed; ask again later."), evidence=failure.evidence
            ) from None
        if answer.status == 429:
            raise rate_limited(answer)
        if answer.status in _READING_REFUSALS:
            raise self._refused(answer, *_READING_REFUSALS[answer.status])
        if not 200 <= answer.status < 300 or answer.body is None:
            raise unreadable(answer)
        if says_no(answer.body):
            raise self._refused(answer, Rejected, _("OSVI refused the question: %(words)s"))
        return answer

    def _get_object(self, path: str) -> dict[str, Any]:
        """Return `data` of the answer, or the whole answer where it has no `data`."""
        answer = self._get(path)
        data = answer.body.get("data", answer.body) if isinstance(answer.body, dict) else None
        if not isinstance(data, dict):
            raise unreadable(answer)
        return data

    def _get_page(self, path: str, params: Mapping[str, str]) -> tuple[list[Any], Any]:
        """Return the items of a page and its `meta`, None where there is none; empty parameters stay away."""
        answer = self._get(path, {name: value for name, value in params.items() if value})
        items, meta = answer.body, None
        if isinstance(answer.body, dict):
            items, meta = answer.body.get("data"), answer.body.get("meta")
        if not isinstance(items, list):
            raise unreadable(answer)
        return items, meta

    def _refused(self, answer: Answer, kind: type[Rejected], sentence: str) -> Rejected:
        words = contract.error_message(answer.body, answer.status)
        words = self._transport.redact(words)[:_WORDS_SHOWN]
        return kind(sentence, words={"words": words}, status=answer.status, evidence=answer.evidence)


_READING_REFUSALS: Refusals = {
    400: (Rejected, _("OSVI refused the question: %(words)s")),
    401: TOKEN_REFUSED,
    403: (Rejected, _("OSVI refused the question: %(words)s")),
    404: (NotFound, _("OSVI does not know this: %(words)s")),
    422: (Rejected, _("OSVI refused the question: %(words)s")),
}


def says_no(body: Any) -> bool:
    """Tell whether an answer denies what its 2xx status says."""
    return isinstance(body, dict) and body.get("success") is False


def rate_limited(answer: Answer) -> RateLimited:
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


def unreachable(failure: Interrupted) -> NothingSent:
    return NothingSent(_("OSVI could not be reached. Nothing was sent."), evidence=failure.evidence)


def unreadable(answer: Answer) -> Unavailable:
    return Unavailable(
        _("OSVI's answer (%(status)d) could not be read. Nothing was changed; ask again later."),
        words={"status": answer.status},
        status=answer.status,
        evidence=answer.evidence,
    )
