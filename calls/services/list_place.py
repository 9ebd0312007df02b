"""List place: whose turn it is, and whether pace, lines and guards let the call be placed now."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_noop as _
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import ContactStatus, ContactVerdict, EventSource
from calls.models import CallList, CallTemplateVersion, ConsoleState, Contact
from calls.osvi import contract
from calls.services import caps, duplicates, guards, list_orders, list_settle, list_status
from calls.services.hours import Book, book
from calls.services.list_verdicts import HOW
from calls.services.place import place

# A worker that comes late makes good what it missed, but no more than this: no burst after a stop.
CATCH_UP = timedelta(seconds=5)
# People looked at in one go, and read at a time. Who may not be called yet is passed over.
EXAMINED, BATCH = 200, 25
# One look places no more, and takes no longer on a slow machine: whoever pauses the list waits for its lock. It
# bounds a list to some 1,000 calls a minute.
MOST_PLACED, LONGEST_SECONDS = 30, 1.0


class AgentGone(Exception):
    """OSVI no longer lists the agent, so no call of the list can be placed."""


class _DayIsFull(Exception):
    """The console has sent all that it may on this day, so no call at all can be placed."""


@dataclass
class _Slots:
    """When the pace allows the next call, of this list and of all lists together, and how many lines are free."""

    own: datetime
    shared: datetime
    free: int
    own_gap: timedelta
    shared_gap: timedelta

    def allow(self, now: datetime) -> bool:
        return self.free > 0 and self.own <= now and self.shared <= now

    def take(self) -> None:
        self.own += self.own_gap
        self.shared += self.shared_gap
        self.free -= 1


def place_due(call_list: CallList, now: datetime) -> int:
    """Place the calls of a locked, running list that may be placed now. Returns how many.

    Raises AgentGone. Whoever may not be called now waits or is left out, with the reason.
    """
    if call_list.next_slot_at is not None and call_list.next_slot_at > now:
        return 0
    if not call_list.contacts.due(now).exists():
        return 0
    if caps.day_is_full(now):
        list_settle.wait_for_tomorrow(call_list, now)
        return 0
    # All lists together: one after the other counts what is under way and takes its share.
    ConsoleState.current()
    state = ConsoleState.objects.select_for_update().get(pk=ConsoleState.KEY)
    slots = _slots(call_list, state, now)
    try:
        placed = _Round(call_list, now).run(slots)
    except _DayIsFull:
        list_settle.wait_for_tomorrow(call_list, now)
        return 0
    if placed:
        ConsoleState.objects.filter(pk=state.pk).update(next_list_call_at=slots.shared)
    # Turns that were not taken for want of a line or a person do not add up.
    following = slots.own if slots.own > now or slots.shared > now else max(slots.own, now)
    if following != call_list.next_slot_at or call_list.status_reason:
        list_status.save(call_list, next_slot_at=following, status_reason="")
    return placed


def _slots(call_list: CallList, state: ConsoleState, now: datetime) -> _Slots:
    longest = list_status.longest_call(call_list.template_version)
    own = list_status.calling(call_list).filter(list_status.in_flight(now, longest, "last_call__")).count()
    of_all = timedelta(seconds=list_status.longest_conversation()) + list_status.MARGIN
    # By list, which an index knows: all lists with calls under way have a look planned.
    looked_at = CallList.objects.filter(Q(next_tick_at__isnull=False) | Q(pk=call_list.pk)).order_by()
    lists = list(looked_at.values_list("pk", flat=True))
    people = Contact.objects.filter(call_list__in=lists, status=ContactStatus.CALLING)
    shared = people.filter(list_status.in_flight(now, of_all, "last_call__")).count()
    return _Slots(
        own=max(call_list.next_slot_at or now, now - CATCH_UP),
        shared=max(state.next_list_call_at or now, now - CATCH_UP),
        free=min(call_list.at_once - own, settings.LIST_CALLS_AT_ONCE - shared),
        own_gap=timedelta(minutes=1) / call_list.pace_per_minute,
        shared_gap=timedelta(minutes=1) / max(settings.LIST_CALLS_PER_MINUTE, 1),
    )


class _Round:
    """One look at the people of a list whose turn it is."""

    def __init__(self, call_list: CallList, now: datetime) -> None:
        self.call_list = call_list
        self.now = now
        self.version: CallTemplateVersion = list_orders.version_of(call_list)
        self.book: Book = book()

    def run(self, slots: _Slots) -> int:
        """Go through the people until the slots are used up. Returns how many calls were placed."""
        placed = examined = 0
        late = time.monotonic() + LONGEST_SECONDS

        def goes_on() -> bool:
            is_enough = placed == MOST_PLACED or time.monotonic() > late
            return not is_enough and slots.allow(self.now)

        while examined < EXAMINED and goes_on():
            people = self._next_people()
            if not people:
                break
            for number in sorted({contact.phone_number for contact in people} - {""}):
                # In one order for everybody, so that nobody waits for somebody who waits for them.
                duplicates.lock(PhoneNumber.from_string(number))
            for contact in people:
                if not goes_on():
                    break
                examined += 1
                contact.call_list = self.call_list
                if self._call(contact):
                    slots.take()
                    placed += 1
        return placed

    def _next_people(self) -> list[Contact]:
        """Who was promised another call comes before who was not called yet."""
        waiting = self.call_list.contacts.to_call().defer("cells")
        promised = list(
            waiting.filter(next_attempt_at__lte=self.now).order_by("next_attempt_at", "row")[:BATCH]
        )
        if promised:
            return promised
        return list(waiting.filter(next_attempt_at=None).order_by("row")[:BATCH])

    def _call(self, contact: Contact) -> bool:
        """Place this person's call; otherwise let them wait or leave them out, so that others come next."""
        purpose = self.call_list.template.purpose
        hours = self.book.verdict(self.now, contact.phone_number, contact.country, purpose, contact.time_zone)
        # The other guards are asked when the call is placed. The hours come first, with rules that were read
        # once: of a big list thousands may have to wait for the morning.
        closed = guards.closed(hours)
        if closed is not None:
            list_settle.refuse(contact, closed, self.now)
            return False
        return self._place(contact)

    def _place(self, contact: Contact) -> bool:
        order = list_orders.order_for(contact, version=self.version)
        try:
            call, _is_new = place(order, source=EventSource.WORKER, by=self.call_list.launched_by)
        except ValidationError as error:
            self._cannot_be_placed(contact, error)
            return False
        list_status.save_contact(
            contact,
            status=ContactStatus.CALLING,
            verdict=_no_longer_waits_for_hours(contact),
            attempts=contact.attempts + 1,
            next_attempt_at=None,
            last_call=call,
        )
        return True

    def _cannot_be_placed(self, contact: Contact, error: ValidationError) -> None:
        refusal = guards.refusal_in(error)
        if refusal is not None and refusal.kind == guards.CONSOLE_CAP:
            raise _DayIsFull
        if refusal is not None:
            list_settle.refuse(contact, refusal, self.now)
            return
        problems = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
        if "agent" in problems:
            raise AgentGone
        verdict, why, detail = _what_is_wrong(contact, problems)
        list_settle.leave_out(contact, verdict, why, detail)


def _what_is_wrong(contact: Contact, problems: dict[str, Any]) -> tuple[ContactVerdict, str, dict[str, Any]]:
    """Return the verdict about a person whose order was not taken, the line for the history, and what words() needs."""
    if duplicates.FIELD in problems:
        (call, *_older) = problems[duplicates.FIELD][0].params["calls"]
        return (
            ContactVerdict.RECENT,
            _("This number was called by somebody else a short time ago, or is being called."),
            {"call": call.pk, "at": call.requested_at.isoformat()},
        )
    missing = [
        name.removeprefix("values.") for name in problems if name.startswith(("values.", "person_name"))
    ]
    if missing:
        return ContactVerdict.MISSING_VALUE, _("A value that the agent says is missing."), {"names": missing}
    if "phone_number" in problems or "country" in problems:
        return ContactVerdict.BAD_NUMBER, _("This number cannot be called."), {"country": contact.country}
    why = _("The call could not be put together from this person's data.")
    if "greeting" in problems:
        words = "".join(piece.text for piece in list_orders.rendered(contact).greeting_pieces).strip()
        maximum = contract.limits("CallRequest.initial_greeting").max_length
        return ContactVerdict.BAD_VALUE, why, {"field": "greeting", "length": len(words), "maximum": maximum}
    return ContactVerdict.BAD_VALUE, why, {"field": "characters"}


def _no_longer_waits_for_hours(contact: Contact) -> str:
    if contact.verdict != ContactVerdict.OUTSIDE_HOURS:
        return contact.verdict
    return ContactVerdict.FIXED if HOW in contact.detail else ContactVerdict.READY
