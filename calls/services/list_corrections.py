"""Rows that are wrong in the file itself: given out with their reasons, and taken back corrected.

A corrected row takes the place of the bad one, so the numbers of the list go on adding up to the rows of its file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import BAD_ROW_VERDICTS
from calls.models import CallList, Contact
from calls.services import contact_words, list_check, list_checking, list_columns, list_files
from calls.services.list_verdicts import Checker, owners
from calls.spreadsheets import columns
from calls.spreadsheets.reading import open_sheet
from calls.spreadsheets.writing import rows_with_reasons

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# A row of the corrected file: which row of the list it is about, if it says so, and its cells without that.
_Row = tuple[int | None, list[str]]


@dataclass
class Corrected:
    """What became of the rows of a corrected file."""

    replaced: int = 0
    added: int = 0
    still_bad: int = 0
    unchanged: int = 0


def bad_rows(call_list: CallList) -> Iterator[bytes]:
    """Yield, piece by piece, a CSV file of the rows that can be corrected, each with its number and its reason."""
    header = call_list.header if call_list.has_header else []
    people = call_list.contacts.bad_rows().order_by("row").iterator(chunk_size=list_checking.ROWS)
    return rows_with_reasons(header, ((bad.row, bad.cells, contact_words.words(bad)) for bad in people))


def correct(list_pk: int, file_name: str, content: File | bytes, *, by: "User | None") -> Corrected:
    """Take the rows of a corrected file into a list that was checked, or runs.

    A row that names a bad row of the list replaces it; one that names any other row changes nothing; one without a
    number is added. Raises spreadsheets.Unreadable or ValidationError with a sentence; nothing is changed then.
    """
    call_list = CallList.objects.select_related("template").get(pk=list_pk)
    done = Corrected()
    with list_files.put_aside(content) as path:
        sheet = open_sheet(path, file_name)
        number = _row_column(call_list, sheet.sample[0])
        rows = (_numbered(cells, number) for _line, cells in sheet.rows(skip_header=True))
        with transaction.atomic():
            locked = (
                CallList.objects.select_for_update(of=("self",)).select_related("template").get(pk=list_pk)
            )
            if locked.status not in list_check.MAY_GROW:
                raise ValidationError(_("Rows of this list cannot be corrected any more."), code="too_late")
            checker = Checker(locked, timezone.now())
            while chunk := list(islice(rows, list_checking.ROWS)):
                _take(locked, checker, chunk, done)
            _note(locked, done, by)
    return done


def _row_column(call_list: CallList, header: list[str]) -> int | None:
    """Return the column that says which row is meant; None if there is none. Raises ValidationError for other files."""
    if columns.header_key(header) != columns.header_key(call_list.header):
        raise ValidationError(
            _(
                "These are not the columns of this list. Download the rows that can be corrected, and upload that "
                "file with the same headings."
            ),
            code="other_file",
        )
    return columns.row_column(header)


def _numbered(cells: list[str], number: int | None) -> _Row:
    text = cells[number] if number is not None else ""
    return (int(text) if text.isdecimal() and len(text) < 10 else None), cells


def _take(call_list: CallList, checker: Checker, chunk: list[_Row], done: Corrected) -> None:
    """Read and judge some rows, and store them."""
    layout = list_columns.layout(call_list.header, list_columns.mapping_of(call_list))
    named = call_list.contacts.filter(row__in=[row for row, _cells in chunk if row is not None])
    known = {contact.row: contact for contact in named}
    replaced: list[Contact] = []
    added: list[Contact] = []
    cells_of: dict[int, list[str]] = {}
    following = list_check.next_row(call_list)
    for row, cells in chunk:
        contact = known.pop(row, None) if row is not None else None
        if row is not None and (contact is None or contact.verdict not in BAD_ROW_VERDICTS):
            done.unchanged += 1
            continue
        if contact is None:
            contact = Contact(call_list=call_list, row=following)
            following += 1
            added.append(contact)
        else:
            replaced.append(contact)
        checker.read(contact, layout.fields(cells))
        cells_of[contact.row] = cells[: len(call_list.header)]
    _judge(call_list, checker, [*replaced, *added], cells_of)
    Contact.objects.bulk_update(replaced, _COLUMNS, batch_size=100)
    Contact.objects.bulk_create(added)
    call_list.total += len(added)
    call_list.done += len(added)
    call_list.save(update_fields=["total", "done"])
    done.replaced += len(replaced)
    done.added += len(added)
    done.still_bad += sum(contact.verdict in BAD_ROW_VERDICTS for contact in [*replaced, *added])


_COLUMNS = (
    *("person_name", "phone_number", "country", "time_zone", "values"),
    *("verdict", "status", "detail", "next_attempt_at", "cells"),
)


def _judge(
    call_list: CallList, checker: Checker, contacts: list[Contact], cells_of: dict[int, list[str]]
) -> None:
    numbers = [contact.phone_number for contact in contacts if contact.phone_number]
    taken = Contact.objects.filter(owners(call_list.pk), phone_number__in=numbers)
    checker.judge(contacts, dict(taken.values_list("phone_number", "row")))
    for contact in contacts:
        contact.cells = cells_of[contact.row] if contact.verdict in BAD_ROW_VERDICTS else []


def _note(call_list: CallList, done: Corrected, by: "User | None") -> None:
    evidence = {"replaced": done.replaced, "added": done.added, "still_bad": done.still_bad}
    call_list.note(gettext_noop("Corrected rows were uploaded."), by=by, evidence=evidence)
