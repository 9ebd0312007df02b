"""What can go wrong with a request to OSVI, sorted by what may be done next."""

from typing import Any

from django.utils.translation import gettext


class OsviError(Exception):
    """A request to OSVI failed. `str(error)` is a sentence for staff; never contains a secret.

    `message` is a sentence marked for translation, `words` fill its placeholders; `status` is the HTTP status,
    if one came back; `evidence` is what may be kept about the answer.
    """

    def __init__(
        self,
        message: str,
        *,
        words: dict[str, Any] | None = None,
        status: int | None = None,
        evidence: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.words = words or {}
        self.status = status
        self.evidence = evidence or {}

    def __str__(self) -> str:
        return self._filled(gettext(self.message))

    @property
    def recorded(self) -> str:
        """The sentence as the history keeps it: in the language of the code, whoever asked."""
        return self._filled(self.message)

    def _filled(self, sentence: str) -> str:
        return sentence % self.words if self.words else sentence


class NothingSent(OsviError):
    """The connection could not be opened, so nothing left: worth repeating later."""


class RateLimited(OsviError):
    """OSVI said 429: nothing was placed; repeat after `retry_after` seconds (None: choose a gap)."""

    def __init__(self, message: str, *, retry_after: float | None = None, **more: Any) -> None:
        super().__init__(message, **more)
        self.retry_after = retry_after


class Rejected(OsviError):
    """OSVI refused the request for good; `str(error)` ends in the provider's own words."""


class TokenRejected(Rejected):
    """401: the token is wrong. No request can succeed until a person changes it."""


class AgentRejected(Rejected):
    """403 or 404 to a request in an agent's name: it does not exist or belongs to another account."""


class NotFound(Rejected):
    """404: OSVI does not know this id."""


class OutcomeUnknown(OsviError):
    """The request may have left and no readable answer came: somebody may be rung. Never repeat."""


class Unavailable(OsviError):
    """A request that may be repeated without harm got no readable answer: ask again later."""
