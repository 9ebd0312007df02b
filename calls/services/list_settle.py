"""List settle: a person of a list whose call can no longer ring is done, waits for another call, or is left out."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from calls.choices import (
    MOVING,
    PICKED,
    CallStatus,
    ContactStatus,
    ContactVerdict,
    ListStatus,
    NoticeKind,
)
from calls.hours.verdict import Reason
from calls.models import CallList, CallLog, Contact, DoNotCall
from calls.services import caps, guards, list_retries, list_status, notices
from calls.services.guards import Refusal

# People settled in one go; the next look takes the rest.
BATCH = 500
# A person who may be rung again within this time waits for it; otherwise the list goes on without them.
WORTH_WAITING = timedelta(hours=24)

# Why a guard said no → what the list says about the person.
_LEFT_OUT = {
    guards.SUPPRESSED: ContactVerdict.DO_NOT_CALL,
    guards.UNKNOWN_HOURS: ContactVerdict.NO_HOURS,
    guards.HOURS: ContactVerdict.NO_HOURS,
    guards.CAP: ContactVerdict.OVER_CAP,
}


def settle(call_list: CallList, now: datetime) -> int:
    """Settle the people of a locked list whose call is over. Returns how many.

    Also after the list was paused or cancelled: calls that had left go on being told about.
    """
    # Sorted here: asked for in this order, SQLite would go through the whole list.
    people = sorted(_over(call_list, now).select_related("last_call").defer("cells")[:BATCH], key=_row)
    for contact in people:
        contact.call_list = call_list
        _settle(contact, contact.last_call, now)
    return len(people)


def _over(call_list: CallList, now: datetime) -> Any:
    """People whose call can no longer ring.

    A call of which nobody knows whether it went out is given the time of the longest possible call. One that
    OSVI may repeat by itself is not over while OSVI is still asked about it.
    """
    unknown = Q(last_call__status=CallStatus.UNCONFIRMED)
    may_ring = unknown & list_status.in_flight(
        now, list_status.longest_call(call_list.template_version), "last_call__"
    )
    osvi_repeats = Q(
        last_call__status=CallStatus.FINISHED,
        last_call__next_poll_at__isnull=False,
        last_call__request__call_config_overrides__retry_config__enabled=True,
    ) & ~Q(last_call__outcome=PICKED)
    under_way = Q(last_call__status__in=MOVING)
    return list_status.calling(call_list).exclude(under_way | may_ring | osvi_repeats).order_by()


def _row(contact: Contact) -> int:
    return contact.row


def _settle(contact: Contact, call: CallLog | None, now: datetime) -> None:
    if call is None:
        list_status.save_contact(contact, status=ContactStatus.DONE)
    elif call.status == CallStatus.BLOCKED:
        _not_sent(contact, call, now)
    elif call.status == CallStatus.CANCELLED:
        # Taken back by a person on the call's own page: they do not want it.
        list_status.save_contact(contact, status=ContactStatus.DONE, attempts=_one_less(contact))
    else:
        _ended(contact, call, now)


def _ended(contact: Contact, call: CallLog, now: datetime) -> None:
    call_list = contact.call_list
    again_at = None
    if call_list.status != ListStatus.CANCELLED:
        again_at = list_retries.again_at(call_list, contact, call, now)
    if again_at is None:
        list_status.save_contact(contact, status=ContactStatus.DONE, next_attempt_at=None)
        return
    list_status.save_contact(contact, status=ContactStatus.WAITING, next_attempt_at=again_at)
    call_list.note(
        _("Not reached; this person is called again."),
        contact=contact,
        evidence={"outcome": call.outcome, "next_attempt_at": again_at.isoformat()},
    )


def _not_sent(contact: Contact, call: CallLog, now: datetime) -> None:
    """The console itself kept the call from leaving: nobody was rung, and it does not count."""
    contact.attempts = _one_less(contact)
    refusal = guards.refusal_of(call)
    if refusal is not None:
        refuse(contact, refusal, now)
    elif _does_not_fit(call):
        list_status.save_contact(contact, status=ContactStatus.DONE, attempts=contact.attempts)
    else:
        # It could not be sent in time, which is nobody's fault.
        wait(contact, None)


def refuse(contact: Contact, refusal: Refusal, now: datetime) -> None:
    """Let a person wait, or leave them out, as a guard's refusal asks for. Always saves the person."""
    if refusal.kind == guards.CONSOLE_CAP:
        wait_for_tomorrow(contact.call_list, now)
        wait(contact, None)
        return
    opens_at = refusal.opens_at
    detail = _detail(contact, refusal)
    if refusal.kind == guards.HOURS and opens_at is not None:
        wait(contact, opens_at, ContactVerdict.OUTSIDE_HOURS, detail)
    elif refusal.kind == guards.CAP and opens_at is not None and opens_at - now <= WORTH_WAITING:
        wait(contact, opens_at)
    else:
        leave_out(contact, _LEFT_OUT[refusal.kind], refusal.why, detail)


def _detail(contact: Contact, refusal: Refusal) -> dict[str, Any]:
    """Return what services.contact_words needs to say this refusal in a sentence."""
    hours = refusal.evidence.get("hours") or {}
    calls = refusal.evidence.get("calls") or {}
    match refusal.kind:
        case guards.SUPPRESSED:
            return _entry(refusal.evidence.get("entry"))
        case guards.HOURS if refusal.opens_at is not None:
            zones = list(hours.get("zones", ()))
            return {
                "opens_at": refusal.opens_at.isoformat(),
                "zone": zones[0] if len(zones) == 1 else "",
                "holiday": hours.get("verdict") == Reason.HOLIDAY,
            }
        case guards.HOURS | guards.UNKNOWN_HOURS:
            return {"why": hours.get("verdict", ""), "country": contact.country}
        case guards.CAP:
            cap = caps.over_cap(calls.get("day", 0), calls.get("week", 0)) or "day"
            return {"cap": cap, "calls": calls.get(cap, 0)}
    return {}


def _entry(entry_pk: int | None) -> dict[str, Any]:
    entry = DoNotCall.objects.select_related("agent").filter(pk=entry_pk or 0).first()
    if entry is None:
        return {"undecided": True}
    return {
        "entry": entry.pk,
        "since": entry.added_at.isoformat(),
        "until": entry.expires_at.isoformat() if entry.expires_at else "",
        "agent": entry.agent.name if entry.agent else "",
        "reason": entry.reason,
    }


def wait(
    contact: Contact,
    until: datetime | None,
    verdict: ContactVerdict | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Let a person wait for their next call, `until` then or for their turn."""
    list_status.save_contact(
        contact,
        status=ContactStatus.WAITING,
        attempts=contact.attempts,
        next_attempt_at=until,
        verdict=verdict or contact.verdict,
        detail=contact.detail | (detail or {}),
    )


def leave_out(contact: Contact, verdict: ContactVerdict, why: str, detail: dict[str, Any]) -> None:
    """Call this person no more: left out if they never were called, otherwise done."""
    was_called = contact.attempts > 0
    list_status.save_contact(
        contact,
        status=ContactStatus.DONE if was_called else ContactStatus.SKIPPED,
        attempts=contact.attempts,
        next_attempt_at=None,
        verdict=contact.verdict if was_called else verdict,
        detail=contact.detail if was_called else contact.detail | detail,
    )
    contact.call_list.note(why, contact=contact, evidence={"verdict": verdict})


def wait_for_tomorrow(call_list: CallList, now: datetime) -> None:
    """Place nothing more until the console's next day; tell the list's people, once."""
    tomorrow = caps.next_day(now)
    if call_list.next_slot_at is not None and call_list.next_slot_at >= tomorrow:
        return
    why = _("The console has sent as many calls as it may on one day. The list goes on tomorrow by itself.")
    list_status.save(call_list, next_slot_at=tomorrow, status_reason=why)
    call_list.note(why)
    notices.tell(call_list, NoticeKind.NEEDS_SOMEBODY, why)


def _does_not_fit(call: CallLog) -> bool:
    evidence: Iterable[dict[str, Any]] = call.events.filter(to_status=CallStatus.BLOCKED).values_list(
        "evidence", flat=True
    )
    return any("problems" in found for found in evidence)


def _one_less(contact: Contact) -> int:
    return max(contact.attempts - 1, 0)
