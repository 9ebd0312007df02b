"""The client of the OSVI API: one typed method per endpoint that is used.

Failures leave as the types of `calls.osvi.errors`, sorted by what may be done next, each with a sentence for
staff. Nothing is ever sent twice from here: the API has no idempotency key, and a repeated POST is a second
real call.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.utils.translation import gettext_noop as _

from calls.osvi import contract, values
from calls.osvi.campaigns import CampaignEndpoints
from calls.osvi.dnd import DndEndpoints
from calls.osvi.endpoints import TOKEN_REFUSED, Once, unreadable
from calls.osvi.errors import AgentRejected, NotFound, Rejected
from calls.osvi.outcomes import CallOutcome, Turn, from_call, read_turns


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


class OsviClient(DndEndpoints, CampaignEndpoints):
    """The OSVI API at `base_url`. Time limits in seconds. One instance serves all threads."""

    def place_call(self, request: contract.CallRequest) -> PlacedCall:
        """Ask OSVI to ring somebody, once. Raises as `_send_once` does; AgentRejected for 403 and 404."""
        call_id, answer = self._send_once(contract.CALL_PATH, request.body(), _PLACING, _call_id)
        return PlacedCall(call_id, answer.evidence)

    def active_agents(self) -> list[ActiveAgent]:
        """Return the agents that can take calls, most recently changed first. Raises as `_get` does."""
        answer = self._get("/v1/active_agents")
        items = answer.body.get("data") if isinstance(answer.body, dict) else answer.body
        if not isinstance(items, list):
            raise unreadable(answer)
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
        items, meta = self._get_page("/v1/calls", wanted)
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


_PLACING = Once(
    unsendable=_("The call was not sent: its data cannot be passed on to OSVI."),
    silent=_("OSVI did not answer within %(seconds)s seconds. The call may be ringing."),
    broken=_("The connection to OSVI broke before an answer came. The call may be ringing."),
    unreadable=_("OSVI's answer could not be read. The call may be ringing."),
    unclear=_(
        "OSVI answered with an error (%(status)d) that does not say whether the call was placed. "
        "It may be ringing."
    ),
    refused=_("OSVI refused the call: %(words)s"),
    refusals={
        400: (Rejected, _("OSVI refused the call: %(words)s")),
        401: TOKEN_REFUSED,
        403: (AgentRejected, _("OSVI refused the agent: %(words)s")),
        404: (AgentRejected, _("OSVI refused the agent: %(words)s")),
        422: (Rejected, _("OSVI refused the call: %(words)s")),
    },
)


def _call_id(body: Any) -> str:
    """Return the id of an accepted call: `data.call_id`, in the oldest edition at top level; else ""."""
    if not isinstance(body, dict):
        return ""
    data = body.get("data")
    nested = values.identifier(data.get("call_id")) if isinstance(data, dict) else ""
    return nested or values.identifier(body.get("call_id"))


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
