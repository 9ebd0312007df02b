"""List run: what people do with a list that was started, or with one of its people."""

from itertools import islice
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import (
    MAY_STILL_RING,
    PICKED,
    CallStatus,
    ContactStatus,
    ContactVerdict,
    EventSource,
    ListStatus,
)
from calls.models import CallList, Contact
from calls.services import list_advance, list_check, list_status, sending
from calls.services.cancel import TooLate
from calls.services.list_status import Stopped
from calls.services.list_verdicts import HOW

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

__all__ = ["Stopped", "TooLate", "cancel", "clone_not_reached", "pause", "remove", "resume"]

_MAY_PAUSE = (ListStatus.SCHEDULED, ListStatus.RUNNING, ListStatus.PAUSED)
_MAY_CANCEL = (ListStatus.CHECKED, *_MAY_PAUSE)
# Rows of a new list are made so many at a time.
_CHUNK = 1_000


def pause(list_pk: int, *, by: "User | None") -> Stopped:
    """Stop placing calls and take back those that have not left. Returns how many had left, and how many not.

    When this returns no worker begins to send a call of the list any more. Pausing twice is fine. Raises
    ValidationError if the list does not run.
    """
    with transaction.atomic():
        call_list = list_status.locked(list_pk)
        _require(call_list, _MAY_PAUSE)
        paused = list_status.take_back(call_list, list_advance.PAUSED_WHY, by=by, source=EventSource.PERSON)
        if call_list.status != ListStatus.PAUSED:
            list_status.move(
                call_list,
                ListStatus.PAUSED,
                gettext_noop("Paused by a person."),
                by=by,
                evidence={"on_their_way": paused.on_their_way, "taken_back": paused.taken_back},
                status_reason="",
            )
    return paused


def resume(list_pk: int, *, by: "User | None") -> None:
    """Let a paused list go on; the breaker looks only at what happens from now on. Resuming twice is fine.

    Raises ValidationError if the list is not paused, or as long as sending is paused for the whole console.
    """
    now = timezone.now()
    with transaction.atomic():
        call_list = list_status.locked(list_pk)
        if call_list.status in {ListStatus.RUNNING, ListStatus.SCHEDULED}:
            return
        _require(call_list, (ListStatus.PAUSED,))
        if sending.is_paused():
            raise ValidationError(
                _("Sending is paused for the whole console. Please resume that first, then this list.")
            )
        later = call_list.start_at is not None and call_list.start_at > now
        list_advance.set_going(
            call_list,
            now,
            gettext_noop("Resumed by a person."),
            by=by,
            resumed_at=now,
            launched_at=call_list.launched_at or (None if later else now),
        )


def cancel(list_pk: int, *, by: "User | None") -> Stopped:
    """End the list for good and take back the calls that have not left. Returns what pause() returns.

    Whoever was not called yet stays as it is and can be taken over into a new list (clone_not_reached).
    Cancelling twice is fine. Raises ValidationError if the list has ended otherwise, or is not ready.
    """
    now = timezone.now()
    with transaction.atomic():
        call_list = list_status.locked(list_pk)
        _require(call_list, (*_MAY_CANCEL, ListStatus.CANCELLED))
        paused = list_status.take_back(
            call_list, list_advance.CANCELLED_WHY, by=by, source=EventSource.PERSON
        )
        if call_list.status != ListStatus.CANCELLED:
            list_status.move(
                call_list,
                ListStatus.CANCELLED,
                gettext_noop("Cancelled by a person."),
                by=by,
                evidence={"on_their_way": paused.on_their_way, "taken_back": paused.taken_back},
                status_reason="",
                finished_at=now,
            )
    return paused


def remove(contact_pk: int, *, by: "User | None") -> None:
    """Take a person out of the list who was not called yet. Removing twice is fine.

    Raises TooLate if their call has left, or they were called already; nothing is changed then.
    """
    list_pk = Contact.objects.values_list("call_list", flat=True).get(pk=contact_pk)
    with transaction.atomic():
        call_list = list_status.locked(list_pk)
        contact = Contact.objects.select_related("last_call").get(pk=contact_pk)
        why = gettext_noop("Taken out of the list by a person.")
        match contact.status:
            case ContactStatus.REMOVED:
                return
            case ContactStatus.CALLING if list_status.take_back_one(
                contact, why, by=by, source=EventSource.PERSON, to=ContactStatus.REMOVED
            ):
                pass
            case ContactStatus.CALLING:
                raise TooLate(_("Too late: this person's call has already been handed to OSVI."))
            case ContactStatus.DONE:
                raise TooLate(_("Too late: this person was called already."))
            case _:
                list_status.save_contact(contact, status=ContactStatus.REMOVED, next_attempt_at=None)
        call_list.note(why, by=by, contact=contact)


def clone_not_reached(list_pk: int, *, by: "User | None") -> CallList:
    """Make a new list of those whom an ended list did not reach: not answered, refused, or never called.

    Left out are people whose call may still ring, and those of whom it is not known what became of it: they
    may have been reached. Everybody is checked anew, by what is known now. Raises ValidationError if nobody is
    left, or if the list has not ended: people who wait are still called by it.
    """
    with transaction.atomic():
        old = list_status.locked(list_pk)
        if old.status not in {ListStatus.FINISHED, ListStatus.CANCELLED}:
            raise ValidationError(_("Wait until the list has ended: people who wait are still called by it."))
        people = not_reached(old)
        total = people.count()
        if not total:
            raise ValidationError(_("Everybody on this list was reached, or cannot be called."))
        new = _cloned(old, total, by)
        _copy(people, new)
        new.note(gettext_noop("Made of those who were not reached by another list."), by=by)
    # In portions of its own: many people take seconds, and nobody else should wait for them.
    list_check.recheck(new.pk)
    CallList.objects.filter(pk=new.pk, status=ListStatus.CHECKING).update(
        status=ListStatus.CHECKED, checked_at=timezone.now()
    )
    new.refresh_from_db()
    return new


def _cloned(old: CallList, total: int, by: "User | None") -> CallList:
    return CallList.objects.create(
        name=_next_name(old.name),
        template=old.template,
        country=old.country,
        status=ListStatus.CHECKING,
        cloned_from=old,
        created_by=by,
        has_header=old.has_header,
        header=old.header,
        mapping=old.mapping,
        total=total,
        done=total,
        # Somebody is at it: the regular check leaves it alone.
        checked_at=timezone.now(),
        pace_per_minute=old.pace_per_minute,
        at_once=old.at_once,
        retry_owner=old.retry_owner,
        retry_rules=old.retry_rules,
        retry_max_attempts=old.retry_max_attempts,
        retry_interval_minutes=old.retry_interval_minutes,
    )


def not_reached(call_list: CallList) -> "QuerySet[Contact]":
    """People of a list that was stopped whom a new list could call: nobody who may have been reached."""
    unknown = MAY_STILL_RING | {CallStatus.NO_OUTCOME}
    tried = (
        Q(status=ContactStatus.DONE, last_call__isnull=False)
        & ~Q(last_call__outcome=PICKED)
        & ~Q(last_call__status__in=unknown)
    )
    return call_list.contacts.filter(Q(status=ContactStatus.WAITING) | tried).order_by("row")


def _copy(people: "QuerySet[Contact]", new: CallList) -> None:
    rows = (
        Contact(
            call_list=new,
            row=row,
            person_name=old.person_name,
            phone_number=old.phone_number,
            country=old.country,
            time_zone=old.time_zone,
            verdict=ContactVerdict.UNCHECKED,
            values=old.values,
            # What was mended of the number.
            detail={name: old.detail[name] for name in (HOW, "code") if name in old.detail},
        )
        for row, old in enumerate(people.iterator(chunk_size=_CHUNK), start=1 + new.has_header)
    )
    while portion := list(islice(rows, _CHUNK)):
        Contact.objects.bulk_create(portion)


def _next_name(name: str) -> str:
    """Return "Renewals (2)" after "Renewals", and "Renewals (3)" after that."""
    stem, bracket, number = name.removesuffix(")").rpartition(" (")
    if bracket and name.endswith(")") and number.isdecimal():
        base, count = stem, int(number) + 1
    else:
        base, count = name, 2
    ending = f" ({count})"
    longest = CallList._meta.get_field("name").max_length or 0
    return base[: longest - len(ending)] + ending


def _require(call_list: CallList, states: tuple[ListStatus, ...]) -> None:
    if call_list.status not in states:
        raise ValidationError(
            _("This list is “%(state)s” by now, so nothing was changed.")
            % {"state": call_list.get_status_display()}
        )
