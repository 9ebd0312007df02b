"""Checking an uploaded list, in a worker: some rows at a time, each with its verdict, progress on the list's row.

Rows and progress are written in one short transaction, so a worker that dies leaves what it had done, and the next
one goes on behind it: each row of the file is in the list once. What takes time is done between the transactions.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import BAD_ROW_VERDICTS, ContactStatus, ListStatus
from calls.models import CallList, Contact, ListEvent
from calls.services import bulk, list_columns, list_files, list_recheck
from calls.services.list_verdicts import Checker, owners
from calls.spreadsheets.limits import Unreadable

logger = logging.getLogger(__name__)

# Rows between two looks at the progress; they are asked about together.
ROWS = 2_500
# So many rows take less than a second; a worker that is silent for so long counts as dead.
SILENT_AFTER = timedelta(minutes=1)
# A row that kills a worker kills the next one, too.
MOST_TRIES = 3
_FAILED = _("Something went wrong while the list was checked. Try again.")
_DEADLY = _("The list could not be checked: the worker stopped again and again while reading it.")
_TAKEN_UP = _("The worker stopped while it checked the list. Another one goes on.")

Numbered = tuple[int, list[str]]


class _Overtaken(Exception):
    """Another worker has taken this list up, or a person has changed it, so this one must leave it alone."""


def check(list_pk: int) -> None:
    """Read, check and store a list that waits for it, or go on where a dead worker stopped.

    What goes wrong is said on the list's row. Does nothing if somebody else is at it.
    """
    call_list = _claimed(list_pk)
    if call_list is None:
        return
    try:
        _check(call_list)
    except _Overtaken:
        logger.warning("The check of list %s was taken up by another worker.", call_list.reference)
    except Unreadable as error:
        _fail(call_list, error.english)
    except Exception:
        # Whatever it was, people have to hear of it.
        logger.exception("List %s could not be checked.", call_list.reference)
        _fail(call_list, _FAILED)


def _claimed(list_pk: int) -> CallList | None:
    """Take a list, and return it; None if it is not to be checked, or somebody else is at it.

    While it is checked, `checked_at` says when that last got on, and so whose it is.
    """
    now = timezone.now()
    waiting = CallList.objects.filter(pk=list_pk, status=ListStatus.CHECKING)
    is_fresh = waiting.filter(checked_at=None).update(checked_at=now)
    if not is_fresh and not waiting.filter(checked_at__lt=now - SILENT_AFTER).update(checked_at=now):
        return None
    call_list = CallList.objects.select_related("template").get(pk=list_pk)
    return call_list if is_fresh or _may_go_on(call_list) else None


def _may_go_on(call_list: CallList) -> bool:
    """Note that a worker died, and tell whether another one may try: not if too many died at the same place."""
    call_list.note(_TAKEN_UP, evidence={"done": call_list.done})
    died_here = ListEvent.objects.filter(call_list=call_list, what=_TAKEN_UP, evidence__done=call_list.done)
    if died_here.count() <= MOST_TRIES:
        return True
    _fail(call_list, _DEADLY)
    return False


def _check(call_list: CallList) -> None:
    if call_list.cloned_from_id and not call_list.stored_name:
        # Made of the people of another list, by somebody who did not come to the end of it.
        list_recheck.recheck(call_list.pk)
    else:
        _read(call_list)
    _finish(call_list)


def _read(call_list: CallList) -> None:
    if call_list.done == 0:
        _delete_earlier(call_list)
    sheet = list_files.sheet(call_list)
    if sheet is None:
        raise Unreadable(list_files.GONE)
    layout = list_columns.layout(call_list.header, list_columns.mapping_of(call_list))
    checker = Checker(call_list, timezone.now())
    behind, seen = _written(call_list)
    rows = (numbered for numbered in sheet.rows(call_list.has_header) if numbered[0] > behind)
    for chunk in _chunks(rows):
        contacts = [Contact(call_list=call_list, row=row) for row, _cells in chunk]
        for contact, (_row, cells) in zip(contacts, chunk, strict=True):
            checker.read(contact, layout.fields(cells))
        checker.judge(contacts, seen)
        for contact, (_row, cells) in zip(contacts, chunk, strict=True):
            if contact.verdict in BAD_ROW_VERDICTS:
                contact.cells = cells
        _store(call_list, contacts)


def _delete_earlier(call_list: CallList) -> None:
    """Delete the people of an earlier check, some at a time, so that nobody else has to wait for it."""
    people = Contact.objects.filter(call_list=call_list).order_by("pk")
    while pks := list(people.values_list("pk", flat=True)[:ROWS]):
        with transaction.atomic():
            _note(call_list)
            Contact.objects.filter(pk__in=pks).delete()


def _written(call_list: CallList) -> tuple[int, dict[str, int]]:
    """Return the last row that was written, and which row has which number."""
    people = Contact.objects.filter(call_list=call_list)
    last = people.aggregate(last=Max("row"))["last"] or 0
    return last, dict(people.filter(owners(call_list.pk)).values_list("phone_number", "row"))


def _chunks(rows: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    while chunk := list(islice(rows, ROWS)):
        yield chunk


def _store(call_list: CallList, contacts: list[Contact]) -> None:
    with transaction.atomic():
        _note(call_list, done=call_list.done + len(contacts))
        bulk.insert(contacts)


@transaction.atomic
def _finish(call_list: CallList) -> None:
    waiting = call_list.contacts.filter(status=ContactStatus.WAITING).count()
    _note(call_list, status=ListStatus.CHECKED, status_reason="", total=call_list.done)
    call_list.note(_("The list was checked."), evidence={"rows": call_list.done, "to_be_called": waiting})


def _note(call_list: CallList, **fields: object) -> None:
    """Save progress. Raises _Overtaken if the row is no longer as this worker left it."""
    now = _later_than(call_list.checked_at)
    mine = CallList.objects.filter(
        pk=call_list.pk, status=ListStatus.CHECKING, checked_at=call_list.checked_at
    )
    if not mine.update(checked_at=now, **fields):
        raise _Overtaken
    call_list.checked_at = now
    for name, value in fields.items():
        setattr(call_list, name, value)


def _later_than(moment: datetime | None) -> datetime:
    """Return the time, never the same twice: it is by this moment that a worker knows its own list."""
    now = timezone.now()
    return now if moment is None or now > moment else moment + timedelta(microseconds=1)


def _fail(call_list: CallList, why: str) -> None:
    try:
        _note(call_list, status=ListStatus.FAILED, status_reason=why)
    except _Overtaken:
        logger.warning("The check of list %s was taken up by another worker.", call_list.reference)
