"""Rows of a list that could not be used: downloaded with the reason, corrected by people, and uploaded again.

A row that names a bad row replaces it, so the rows of the list still are those of the file; others are added.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import BAD_ROW_VERDICTS, ContactStatus
from calls.models import CallList, Contact, ListEvent
from calls.services import bulk, contact_words, list_columns, list_files
from calls.services.list_check import MAY_GROW, next_row
from calls.services.list_columns import Layout
from calls.services.list_verdicts import Checker, owners
from calls.spreadsheets import columns, writing
from calls.spreadsheets.reading import Sheet, open_sheet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# More are corrected in the file itself, which is uploaded as a new list.
MOST_ROWS = 5_000
_AT_ONCE = 500
_WRITTEN = (
    "person_name",
    "phone_number",
    "country",
    "time_zone",
    "verdict",
    "status",
    "next_attempt_at",
    "values",
    "detail",
    "cells",
)


@dataclass(slots=True)
class Corrected:
    """How many rows were replaced and added, how many of these still cannot be used, and how many changed nothing
    because the row that they name can be used, or is no longer in the list.
    """

    replaced: int = 0
    added: int = 0
    still_bad: int = 0
    unchanged: int = 0


# --- Download ---------------------------------------------------------------------------------


def bad_rows(call_list: CallList) -> Iterator[bytes]:
    """Yield, piece by piece, a CSV file of the rows that could not be used, with full numbers and the reasons."""
    width = len(call_list.header)
    people = call_list.contacts.bad_rows().order_by("row").iterator(chunk_size=_AT_ONCE)
    rows = (
        (contact.row, contact.cells or _layout(call_list).cells(contact, width), contact_words.words(contact))
        for contact in people
    )
    return writing.rows_with_reasons(call_list.header if call_list.has_header else [], rows)


def _layout(call_list: CallList) -> Layout:
    return list_columns.layout(call_list.header, list_columns.mapping_of(call_list))


# --- Upload -----------------------------------------------------------------------------------


def correct(list_pk: int, file_name: str, content: File | bytes, *, by: "User | None") -> Corrected:
    """Read a corrected download; whoever can be called now waits for it like everybody else.

    Raises Unreadable if it is no list, ValidationError if it is not one of this list. Some rows at a time are
    written, under the lock of the list; the same file once more changes nothing but finds what it added twice.
    """
    call_list = CallList.objects.get(pk=list_pk)
    with list_files.put_aside(content) as path:
        sheet = open_sheet(path, file_name)
        numbered = _numbered(call_list, sheet)
        result, used = Corrected(), set[int]()
        while rows := list(islice(numbered, _AT_ONCE)):
            with transaction.atomic():
                _correct(_locked(call_list), rows, used, result, by)
    call_list.note(
        gettext_noop("Corrected rows were uploaded."),
        by=by,
        evidence={"replaced": result.replaced, "added": result.added, "still_bad": result.still_bad},
    )
    return result


def _numbered(call_list: CallList, sheet: Sheet) -> Iterator[tuple[int | None, list[str]]]:
    """Yield (row of the list that is named, cells as wide as those of the list) of each row of a corrected file."""
    header, width = sheet.sample[0], len(call_list.header)
    if sheet.row_count - 1 > MOST_ROWS:
        raise ValidationError(
            _("At most %(most)d rows can be corrected like this. Upload the list as a new one instead.")
            % {"most": MOST_ROWS}
        )
    # Behind the columns of the list, which may have one of that name, too.
    names = _names_of_row_column()
    added = range(width, len(header))
    place = next((column for column in added if header[column].casefold() in names), None)
    are_same = columns.header_key(header[:width]) == columns.header_key(call_list.header)
    if not are_same if call_list.has_header else place != width:
        raise ValidationError(
            _(
                "These are not the columns of this list. Download the rows that need correction, change their "
                "cells, leave the columns as they are and upload that file."
            ),
            code="other_columns",
        )
    padding = [""] * width
    return (
        (_number(cells, place), [*cells, *padding][:width]) for _line, cells in sheet.rows(skip_header=True)
    )


def _names_of_row_column() -> set[str]:
    """Return what the column with the row is called, whoever downloaded the file."""
    names = {columns.ROW.casefold()}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            names.add(translation.gettext(columns.ROW).casefold())
    return names


def _number(cells: Sequence[str], place: int | None) -> int | None:
    text = "" if place is None else cells[place].removesuffix(".0")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _locked(call_list: CallList) -> CallList:
    locked = CallList.objects.select_for_update(of=("self",)).select_related("template").get(pk=call_list.pk)
    if locked.status not in MAY_GROW:
        raise ValidationError(_("Rows of this list cannot be corrected any more."), code="too_late")
    return locked


def _correct(
    call_list: CallList,
    rows: list[tuple[int | None, list[str]]],
    used: set[int],
    result: Corrected,
    by: "User | None",
) -> None:
    """Replace and add some rows, under the lock of the list."""
    named = [row for row, _cells in rows if row is not None]
    there = {contact.row: contact for contact in call_list.contacts.filter(row__in=named)}
    replaced: list[Contact] = []
    added: list[Contact] = []
    cells_of: dict[int, list[str]] = {}
    free = next_row(call_list)
    for row, cells in rows:
        contact = there.get(row) if row is not None and row not in used else None
        if contact is None:
            contact = Contact(call_list=call_list, row=free + len(added))
            added.append(contact)
        elif not _may_be_replaced(contact):
            result.unchanged += 1
            continue
        else:
            used.add(contact.row)
            replaced.append(contact)
        cells_of[contact.row] = cells
    _judge(call_list, replaced + added, cells_of)
    Contact.objects.bulk_update(replaced, _WRITTEN, batch_size=50)
    bulk.insert(added)
    ListEvent.objects.bulk_create(
        ListEvent(call_list=call_list, contact=contact, by=by, what=gettext_noop("The row was corrected."))
        for contact in replaced
    )
    CallList.objects.filter(pk=call_list.pk).update(
        total=F("total") + len(added), done=F("done") + len(added)
    )
    result.replaced += len(replaced)
    result.added += len(added)
    result.still_bad += sum(contact.verdict in BAD_ROW_VERDICTS for contact in replaced + added)


def _may_be_replaced(contact: Contact) -> bool:
    is_uncalled = (
        contact.status == ContactStatus.SKIPPED and not contact.attempts and not contact.last_call_id
    )
    return is_uncalled and contact.verdict in BAD_ROW_VERDICTS


def _judge(call_list: CallList, contacts: list[Contact], cells_of: dict[int, list[str]]) -> None:
    checker, layout = Checker(call_list, timezone.now()), _layout(call_list)
    for contact in contacts:
        checker.read(contact, layout.fields(cells_of[contact.row]))
    numbers = [contact.phone_number for contact in contacts if contact.phone_number]
    others = Contact.objects.filter(owners(call_list.pk), phone_number__in=numbers)
    others = others.exclude(pk__in=[contact.pk for contact in contacts if contact.pk])
    checker.judge(contacts, dict(others.values_list("phone_number", "row")))
    for contact in contacts:
        contact.cells = cells_of[contact.row] if contact.verdict in BAD_ROW_VERDICTS else []
