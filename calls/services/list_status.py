"""The status of a list: it moves only under the lock of the list's row, which every verb of lists takes first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from calls.choices import CallStatus, ContactStatus, EventSource, ListStatus
from calls.models import CallList, CallLog, CallTemplateVersion, Contact
from calls.osvi import contract

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Ringing before somebody answers, and OSVI's own delays, on top of the longest conversation.
MARGIN = timedelta(minutes=2)


@dataclass(frozen=True)
class Stopped:
    """What a pause found: calls that had left already, and calls that were taken back before they left."""

    on_their_way: int
    taken_back: int


def locked(list_pk: int) -> CallList:
    """Return the list and hold its row until the transaction ends: one verb at a time works on a list.

    SQLite needs no lock: its transactions begin IMMEDIATE. Raises CallList.DoesNotExist.
    """
    lists = CallList.objects.select_for_update(of=("self",))
    return lists.select_related("template__agent", "template_version", "created_by", "launched_by").get(
        pk=list_pk
    )


def move(
    call_list: CallList,
    to: ListStatus,
    what: str,
    *,
    by: "User | None" = None,
    evidence: dict[str, Any] | None = None,
    **fields: Any,
) -> None:
    """Set the status of a locked list and what goes with it, and leave a line in its history."""
    save(call_list, status=to, **fields)
    call_list.note(what, by=by, evidence=evidence)


def save(call_list: CallList, **fields: Any) -> None:
    """Set some columns of a locked list."""
    for name, value in fields.items():
        setattr(call_list, name, value)
    call_list.save(update_fields=list(fields))


def longest_call(version: CallTemplateVersion | None) -> timedelta:
    """Return after how long a call of this version has certainly ended, whatever OSVI tells."""
    overrides = version.content.get("overrides", {}) if version else {}
    seconds = overrides.get("max_call_duration_seconds")
    return timedelta(seconds=seconds or longest_conversation()) + MARGIN


def longest_conversation() -> int:
    """Return the seconds after which OSVI hangs up at the latest."""
    return contract.limits("CallConfigOverrides.max_call_duration_seconds").maximum or 0


def in_flight(now: datetime, longest: timedelta, prefix: str = "") -> Q:
    """Return the condition for calls that occupy a line: about to be sent, or ringing and not older than `longest`.

    `prefix` leads to the call, for example "last_call__".
    """
    sent_at = f"{prefix}sent_at"
    unsent = Q(**{f"{prefix}status": CallStatus.QUEUED})
    left = Q(
        **{f"{prefix}status__in": [CallStatus.SENDING, CallStatus.ACCEPTED, CallStatus.UNCONFIRMED]},
    ) & (Q(**{sent_at: None}) | Q(**{f"{sent_at}__gt": now - longest}))
    return unsent | left


def calling(call_list: CallList) -> QuerySet[Contact]:
    """People of a list whose call is not over."""
    return call_list.contacts.filter(status=ContactStatus.CALLING)


def take_back(
    call_list: CallList, why: str, *, by: "User | None" = None, source: EventSource = EventSource.WORKER
) -> Stopped:
    """Cancel the calls of a locked list that have not left; their people wait again, as if it had not been tried.

    A worker that is about to send one of them wins or loses against this, never both.
    """
    taken = 0
    for contact in calling(call_list).filter(last_call__status=CallStatus.QUEUED).select_related("last_call"):
        if take_back_one(contact, why, by=by, source=source):
            taken += 1
    left = [CallStatus.SENDING, CallStatus.ACCEPTED, CallStatus.UNCONFIRMED]
    return Stopped(calling(call_list).filter(last_call__status__in=left).count(), taken)


def take_back_one(
    contact: Contact,
    why: str,
    *,
    by: "User | None" = None,
    source: EventSource = EventSource.WORKER,
    to: ContactStatus = ContactStatus.WAITING,
) -> bool:
    """Cancel this person's call if it has not left. False, changing nothing, if it has."""
    call = contact.last_call
    while call is not None and call.status == CallStatus.QUEUED:
        if call.move(CallStatus.CANCELLED, source=source, by=by, why=why):
            save_contact(contact, status=to, attempts=max(contact.attempts - 1, 0), next_attempt_at=None)
            return True
        call.refresh_from_db(fields=["status"])
    return False


def calls_of(call_list: CallList) -> QuerySet[CallLog]:
    """Calls that were placed for the people of a list; tests of its words on one's own telephone are none."""
    return CallLog.objects.filter(contact__call_list=call_list, is_test=False)


def save_contact(contact: Contact, **fields: Any) -> None:
    """Set some columns of a person of a locked list."""
    for name, value in fields.items():
        setattr(contact, name, value)
    contact.save(update_fields=list(fields))
