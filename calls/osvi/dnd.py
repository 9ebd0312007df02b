"""OSVI's own do-not-call list, one per agent.

An entry says the same however often it is sent, so every request here may be repeated.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop as _

from calls.osvi import contract, values
from calls.osvi.endpoints import TOKEN_REFUSED, Endpoints, rate_limited, says_no, unreachable
from calls.osvi.errors import AgentRejected, Rejected, Unavailable
from calls.osvi.transport import Answer, Interrupted


@dataclass(frozen=True, slots=True)
class ListedNumber:
    """A number on an agent's list; `phone` as OSVI gives it, which should be E.164."""

    id: str
    phone: str = field(repr=False)
    reason: str = field(repr=False)
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class DndPage:
    """One page of an agent's list, without entries that name no number."""

    entries: list[ListedNumber]
    total_pages: int


class DndEndpoints(Endpoints):
    """`/v1/dnd_numbers`."""

    def add_dnd(self, agent_uuid: str, phone_e164: str, reason: str = "") -> None:
        """Put a number on an agent's list. Raises as `_change` does.

        What OSVI answers to a number that is on the list already is not documented: after a Rejected, list
        and compare.
        """
        entry = contract.DndEntry(agent_uuid=agent_uuid, phone=phone_e164, reason=reason or None)
        self._change("POST", body=json.dumps(entry.body()).encode())

    def list_dnd(self, agent_uuid: str, search: str = "", page: int = 1, per_page: int = 100) -> DndPage:
        """Return one page of an agent's list; `search` may be a part of a number. Raises as `_get` does."""
        wanted = {"agent_uuid": agent_uuid, "search": search, "page": str(page), "per_page": str(per_page)}
        items, meta = self._get_page(contract.DND_PATH, wanted)
        entries = [_listed(item) for item in items if isinstance(item, dict)]
        total_pages = values.whole(meta.get("total_pages")) if isinstance(meta, dict) else None
        return DndPage([entry for entry in entries if entry.phone], total_pages or 1)

    def remove_dnd(self, agent_uuid: str, phone_e164: str) -> None:
        """Take a number off an agent's list; one that is not on it is no error. Raises as `_change` does."""
        self._change("DELETE", params={"agent_uuid": agent_uuid, "phone": phone_e164})

    def _change(
        self, method: str, *, params: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> None:
        """Change a list. May be repeated whatever happens.

        Raises TokenRejected (401), AgentRejected (403, and 404 to an entry), Rejected (other refusals),
        RateLimited (429), NothingSent (no connection) or Unavailable (everything else: perhaps it was done).
        """
        try:
            answer = self._transport.exchange(method, contract.DND_PATH, params=params, body=body)
        except Interrupted as failure:
            if not failure.sent:
                raise unreachable(failure) from None
            raise Unavailable(_UNCERTAIN, evidence=failure.evidence) from None
        if answer.status == 404 and method == "DELETE":
            return
        if answer.status == 429:
            raise rate_limited(answer)
        if says_no(answer.body) and 200 <= answer.status < 300:
            raise self._refused(answer, *_REFUSED)
        if 400 <= answer.status < 500 and answer.status not in _PASSING:
            raise self._refused(answer, *_REFUSALS.get(answer.status, _REFUSED))
        if not _is_done(answer):
            raise Unavailable(_UNCERTAIN, status=answer.status, evidence=answer.evidence)


_UNCERTAIN = _("OSVI did not confirm the change of its do-not-call list. It may be sent again without harm.")
_REFUSED = (Rejected, _("OSVI refused to change its do-not-call list: %(words)s"))
_REFUSALS = {
    401: TOKEN_REFUSED,
    403: (AgentRejected, _("OSVI refused the agent: %(words)s")),
    404: (AgentRejected, _("OSVI refused the agent: %(words)s")),
}
# Refusals of this moment only: request time-out, too early.
_PASSING = frozenset({408, 425})


def _is_done(answer: Answer) -> bool:
    """Tell whether this is OSVI saying yes: JSON or nothing at all, and not somebody's web page."""
    silent = not answer.evidence.get("body") and "failure" not in answer.evidence
    return 200 <= answer.status < 300 and (answer.body is not None or silent)


def _listed(item: dict[str, Any]) -> ListedNumber:
    return ListedNumber(
        id=values.identifier(item.get("id")),
        phone=values.identifier(item.get("phone") or item.get("phone_number")),
        reason=values.text(item.get("reason")),
        created_at=values.time(item.get("created_at")),
    )
