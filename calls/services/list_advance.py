"""List advance: one look at a list, about once a second while it runs, that does all that is due.

Everything happens in one short transaction under the lock of the list's row: whoever holds it settles what
ended, pauses the list if something is wrong, and places what pace, lines and guards allow. So two workers, or
one that died in the middle, cannot place a call twice: either the person's row and the call are saved
together, or neither is.

The looks form a chain: each one plans the next, under a name that only the newest look of a list has. A
message that comes twice, or late, finds another name and ends there. A chain that broke is mended by the
regular check.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import CallStatus, ContactStatus, ListStatus, NoticeKind
from calls.models import CallList
from calls.services import list_breaker, list_place, list_settle, list_status, notices, nudge

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Between two looks: while calls are made, and while a list only waits for a time to come.
SOON, LATER = timedelta(seconds=1), timedelta(seconds=5)
# Nobody has looked for so long: the chain broke.
BROKEN_AFTER = timedelta(seconds=5)

PAUSED_WHY = _("The list was paused before this call was sent.")
CANCELLED_WHY = _("The list was cancelled before this call was sent.")
# Lists that run or will, and those of whose calls something may still be told.
_LOOKED_AT = (ListStatus.SCHEDULED, ListStatus.RUNNING, ListStatus.PAUSED, ListStatus.CANCELLED)


def advance(list_pk: int, now: datetime | None = None, *, name: str = "") -> int:
    """Look at one list and do what is due. Returns how many calls were placed.

    `name` is that of a planned look; without one it looks in any case and takes the chain over.
    Safe to run any number of times, in any number of processes.
    """
    now = now or timezone.now()
    with transaction.atomic():
        call_list = list_status.locked(list_pk)
        if name and name != name_of(call_list):
            return 0
        placed = _look(call_list, now)
        _plan_next(call_list, now)
    return placed


def name_of(call_list: CallList) -> str:
    """Return the name of the look that is planned for a list; empty if none is."""
    return call_list.next_tick_at.isoformat() if call_list.next_tick_at else ""


def mend(now: datetime) -> int:
    """Have lists looked at whose chain of looks broke. Returns how many."""
    silent = CallList.objects.filter(status__in=_LOOKED_AT, next_tick_at__lt=now - BROKEN_AFTER)
    for call_list in silent.only("next_tick_at"):
        # Under its own name: if the look was only late, one of the two does nothing.
        nudge.advance(call_list.pk, name_of(call_list))
    return len(silent)


def set_going(
    call_list: CallList,
    now: datetime,
    what: str,
    *,
    by: "User | None",
    evidence: dict[str, Any] | None = None,
    **fields: Any,
) -> None:
    """Let a locked list run, from now on or from its start on. `what` is the line for its history."""
    start_at: datetime | None = fields.get("start_at", call_list.start_at)
    begins = start_at if start_at is not None and start_at > now else now
    fields |= {"status_reason": "", "next_slot_at": now}
    status = ListStatus.SCHEDULED if begins > now else ListStatus.RUNNING
    list_status.move(call_list, status, what, by=by, evidence=evidence, **fields)
    plan(call_list, begins, now)


def plan(call_list: CallList, at: datetime, now: datetime) -> None:
    """Plan the next look at a locked list; whatever look was planned before does nothing any more."""
    list_status.save(call_list, next_tick_at=at)
    nudge.advance(call_list.pk, name_of(call_list), delay=max((at - now).total_seconds(), 0))


def _look(call_list: CallList, now: datetime) -> int:
    if call_list.status == ListStatus.SCHEDULED and call_list.start_at and call_list.start_at <= now:
        why = _("Its time has come: the list has started.")
        list_status.move(call_list, ListStatus.RUNNING, why, launched_at=now, next_slot_at=now)
    if call_list.status not in _LOOKED_AT:
        return 0
    list_settle.settle(call_list, now)
    if call_list.status != ListStatus.RUNNING:
        # OSVI may have asked to wait with a call that had left when the list was stopped.
        list_status.take_back(call_list, _why(call_list))
        return 0
    if reason := list_breaker.reason_to_pause(call_list, now):
        pause_itself(call_list, reason)
        return 0
    try:
        placed = list_place.place_due(call_list, now)
    except list_place.AgentGone:
        pause_itself(call_list, list_breaker.AGENT_GONE)
        return 0
    _finish_if_over(call_list, now)
    return placed


def pause_itself(call_list: CallList, reason: str) -> None:
    """Pause a locked list because something is wrong, and tell its people."""
    paused = list_status.take_back(call_list, PAUSED_WHY)
    list_status.move(
        call_list,
        ListStatus.PAUSED,
        reason,
        evidence={"on_their_way": paused.on_their_way, "taken_back": paused.taken_back},
        status_reason=reason,
    )
    notices.tell(call_list, NoticeKind.PAUSED, reason)


def _why(call_list: CallList) -> str:
    return CANCELLED_WHY if call_list.status == ListStatus.CANCELLED else PAUSED_WHY


def _finish_if_over(call_list: CallList, now: datetime) -> None:
    open_people = call_list.contacts.filter(status__in=[ContactStatus.WAITING, ContactStatus.CALLING])
    if open_people.exists():
        return
    unknown = list_status.calls_of(call_list).filter(
        status__in=[CallStatus.UNCONFIRMED, CallStatus.NO_OUTCOME]
    )
    why = (
        _("Of some calls it is not known what became of them; please look at them.")
        if unknown.exists()
        else _("Everybody was called, or left out with the reason.")
    )
    list_status.move(call_list, ListStatus.FINISHED, why, finished_at=now, status_reason="")
    notices.tell(call_list, NoticeKind.ENDED, why)


def _plan_next(call_list: CallList, now: datetime) -> None:
    """Plan the next look, or none if nothing can happen by itself any more."""
    if call_list.status == ListStatus.SCHEDULED and call_list.start_at is not None:
        plan(call_list, call_list.start_at, now)
    elif _goes_on(call_list):
        plan(call_list, now + (SOON if _is_busy(call_list, now) else LATER), now)
    elif call_list.next_tick_at is not None:
        list_status.save(call_list, next_tick_at=None)


def _goes_on(call_list: CallList) -> bool:
    if call_list.status == ListStatus.RUNNING:
        return True
    return call_list.status in _LOOKED_AT and list_status.calling(call_list).exists()


def _is_busy(call_list: CallList, now: datetime) -> bool:
    """Whether something may happen within the next seconds."""
    if list_status.calling(call_list).exists():
        return True
    has_turn = call_list.next_slot_at is None or call_list.next_slot_at <= now + LATER
    return call_list.status == ListStatus.RUNNING and has_turn and call_list.contacts.due(now).exists()
