"""What waits for a number that must not be called any more is taken back: unsent calls, people of lists."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext_noop

from calls.choices import CANCELLABLE, LIST_ENDED, CallStatus, ContactStatus, ContactVerdict, EventSource
from calls.models import CallLog, Contact, DoNotCall, ListEvent
from calls.models.do_not_call import NUMBER_AS_TEXT

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Mark(NamedTuple):
    """What is told of an entry in force: its key, and when it ends."""

    pk: int
    expires_at: datetime | None


def take_back(entries: Mapping[str, Mark], agent_pk: int | None, *, by: "User | None" = None) -> None:
    """Take back what waits for these numbers (E.164 → entry in force), for one agent or (None) for all.

    Runs in the transaction that puts the entries in force: whoever is placing a call to such a number at this
    moment either sees the entry or has written a call that is seen here.
    """
    _block_calls(entries, agent_pk, by)
    _leave_out_contacts(entries, agent_pk, by)


def _block_calls(entries: Mapping[str, Mark], agent_pk: int | None, by: "User | None") -> None:
    waiting = CallLog.objects.annotate(e164=NUMBER_AS_TEXT).filter(
        e164__in=list(entries), status__in=CANCELLABLE
    )
    if agent_pk is not None:
        waiting = waiting.filter(agent=agent_pk)
    for call in waiting.order_by("pk"):
        entry = entries[call.e164]
        opens_at = entry.expires_at.isoformat() if entry.expires_at else None
        # Losing a race means that the status moved on: scheduled → queued → sent.
        while call.status in CANCELLABLE and not call.move(
            CallStatus.BLOCKED,
            source=EventSource.PERSON if by else EventSource.WORKER,
            by=by,
            why=gettext_noop("This number must not be called any more. The call was not sent."),
            evidence={"guard": {"kind": "suppressed", "opens_at": opens_at}, "entry": entry.pk},
        ):
            call.refresh_from_db(fields=["status"])


def _leave_out_contacts(entries: Mapping[str, Mark], agent_pk: int | None, by: "User | None") -> None:
    waiting = Contact.objects.to_call().filter(phone_number__in=list(entries))
    waiting = waiting.exclude(call_list__status__in=LIST_ENDED)
    if agent_pk is not None:
        waiting = waiting.filter(call_list__template__agent=agent_pk)
    found = list(waiting.only("pk", "phone_number", "call_list_id", "detail").order_by("pk"))
    told = _told({entries[contact.phone_number].pk for contact in found})
    left_out = [contact for contact in found if _leave_out(contact, told[entries[contact.phone_number].pk])]
    what = gettext_noop("Left out: this number must not be called any more.")
    ListEvent.objects.bulk_create(
        ListEvent(call_list_id=contact.call_list_id, contact=contact, by=by, what=what)
        for contact in left_out
    )


def _leave_out(contact: Contact, told: dict[str, Any]) -> bool:
    """Leave somebody out who still waits; whoever is being called at this very moment stays with the list."""
    return bool(
        Contact.objects.filter(pk=contact.pk, status=ContactStatus.WAITING).update(
            status=ContactStatus.SKIPPED,
            verdict=ContactVerdict.DO_NOT_CALL,
            detail={**contact.detail, **told},
            next_attempt_at=None,
        )
    )


def _told(entry_pks: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return by entry what services.contact_words needs to say why somebody is left out."""
    entries = DoNotCall.objects.filter(pk__in=entry_pks).select_related("agent")
    return {
        entry.pk: {
            "entry": entry.pk,
            "since": entry.added_at.isoformat(),
            "until": entry.expires_at.isoformat() if entry.expires_at else "",
            "agent": entry.agent.name if entry.agent else "",
            "reason": entry.reason,
        }
        for entry in entries
    }
