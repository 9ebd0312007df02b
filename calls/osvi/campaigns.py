"""Campaigns at OSVI: people are handed over, and OSVI rings them by itself.

OSVI neither lists nor creates campaigns by request: staff copy the id from its dashboard.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop as _

from calls.osvi import contract, values
from calls.osvi.endpoints import TOKEN_REFUSED, Endpoints, Once, unreadable
from calls.osvi.errors import AgentRejected, NotFound, Rejected


@dataclass(frozen=True, slots=True)
class CampaignUpload:
    """OSVI took contacts under `campaign_upload_id`. Figures as OSVI gives them; None: not said.

    How they add up is not documented. `evidence` is what may be kept about the answer.
    """

    campaign_upload_id: str
    contacts_received: int | None
    contacts_accepted: int | None
    duplicates_removed: int | None
    enqueued: bool | None
    queued_calls: int | None
    dnd_skipped: int | None
    evidence: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class UploadQueue:
    """How far one agent is with one upload."""

    agent_uuid: str
    total_queued: int | None
    completed: bool | None


@dataclass(frozen=True, slots=True)
class UploadStatus:
    """One upload of a campaign; `file_name` is made up by OSVI."""

    campaign_upload_id: str
    file_name: str
    agent_uuid: str
    created_at: datetime | None
    queues: tuple[UploadQueue, ...]


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """A campaign as it stands. `status` is OSVI's own word, of which only "active" is known.

    `by_status` counts calls under OSVI's own words; one without calls may be missing. Seconds between
    retries: `retry_delay`. None: not said.
    """

    id: str
    name: str
    status: str
    is_retry_enabled: bool | None
    retry_threshold: int | None
    retry_delay: int | None
    created_at: datetime | None
    calls_total: int | None
    by_status: dict[str, int]
    uploads: tuple[UploadStatus, ...]


class CampaignEndpoints(Endpoints):
    """`/v1/campaigns/{id}/…`."""

    def add_contacts(self, campaign_id: int, contacts: contract.CampaignContacts) -> CampaignUpload:
        """Hand people over to a campaign, once: the same request again is another upload.

        Raises as `_send_once` does; NotFound if OSVI does not know the campaign.
        """
        path = f"{contract.CAMPAIGNS_PATH}/{campaign_id:d}/contacts"
        upload_id, answer = self._send_once(path, contacts.body(), _HANDING_OVER, _upload_id)
        data = _data(answer.body)
        skipped = data.get("dnd_skipped")
        return CampaignUpload(
            campaign_upload_id=upload_id,
            contacts_received=values.whole(data.get("contacts_received")),
            contacts_accepted=values.whole(data.get("contacts_accepted")),
            duplicates_removed=values.whole(data.get("duplicates_removed")),
            enqueued=values.flag(data.get("enqueued")),
            queued_calls=values.whole(data.get("queued_calls")),
            dnd_skipped=len(skipped) if isinstance(skipped, list) else values.whole(skipped),
            # Not the answer's text: whom OSVI skipped stands in it, in a form nobody documents.
            evidence={name: answer.evidence[name] for name in ("status", "elapsed_ms")},
        )

    def campaign_status(self, campaign_id: int) -> CampaignStatus:
        """Return how a campaign stands. Raises as `_get` does; NotFound if OSVI does not know it."""
        answer = self._get(f"{contract.CAMPAIGNS_PATH}/{campaign_id:d}/status")
        data = _data(answer.body)
        if not isinstance(data.get("campaign"), dict) and not isinstance(data.get("calls"), dict):
            raise unreadable(answer)
        campaign, calls = values.mapping(data.get("campaign")), values.mapping(data.get("calls"))
        counts = {
            values.word(word): values.whole(count)
            for word, count in values.mapping(calls.get("by_status")).items()
        }
        return CampaignStatus(
            id=values.identifier(campaign.get("id")),
            name=values.word(campaign.get("name")),
            status=values.word(campaign.get("status")),
            is_retry_enabled=values.flag(campaign.get("is_retry_enabled")),
            retry_threshold=values.whole(campaign.get("retry_threshold")),
            retry_delay=values.whole(campaign.get("retry_delay")),
            created_at=values.time(campaign.get("created_at")),
            calls_total=values.whole(calls.get("total")),
            by_status={word: count for word, count in counts.items() if word and count is not None},
            uploads=tuple(map(_upload, _objects(data.get("uploads")))),
        )


_HANDING_OVER = Once(
    unsendable=_("Nobody was handed over: the data cannot be passed on to OSVI."),
    silent=_(
        "OSVI did not answer within %(seconds)s seconds. It may have taken these people over and be ringing "
        "them."
    ),
    broken=_(
        "The connection to OSVI broke before an answer came. It may have taken these people over and be "
        "ringing them."
    ),
    unreadable=_("OSVI's answer could not be read. It may have taken these people over and be ringing them."),
    unclear=_(
        "OSVI answered with an error (%(status)d) that does not say whether it took these people over. It may "
        "be ringing them."
    ),
    refused=_("OSVI refused these people: %(words)s"),
    refusals={
        400: (Rejected, _("OSVI refused these people: %(words)s")),
        401: TOKEN_REFUSED,
        403: (AgentRejected, _("OSVI refused the agent: %(words)s")),
        404: (NotFound, _("OSVI does not know this campaign: %(words)s")),
        413: (Rejected, _("OSVI refused these people: %(words)s")),
        422: (Rejected, _("OSVI refused these people: %(words)s")),
    },
)


def _data(body: Any) -> dict[str, Any]:
    """Return `data` of an answer, or the whole answer where it has no `data`; {} where neither can be read."""
    data = body.get("data", body) if isinstance(body, dict) else None
    return data if isinstance(data, dict) else {}


def _upload_id(body: Any) -> str:
    return values.identifier(_data(body).get("campaign_upload_id"))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _upload(item: dict[str, Any]) -> UploadStatus:
    return UploadStatus(
        campaign_upload_id=values.identifier(item.get("campaign_upload_id")),
        file_name=values.word(item.get("file_name")),
        agent_uuid=values.identifier(item.get("agent_uuid")),
        created_at=values.time(item.get("created_at")),
        queues=tuple(
            UploadQueue(
                agent_uuid=values.identifier(queue.get("agent_uuid")),
                total_queued=values.whole(queue.get("total_queued")),
                completed=values.flag(queue.get("completed")),
            )
            for queue in _objects(item.get("queues"))
        ),
    )
