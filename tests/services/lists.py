"""Small call lists for tests: a file from rows, checked or not."""

import csv
import io
from typing import Any

from calls.models import CallList, CallTemplate, Contact
from calls.services import list_check, list_columns, list_files

HEADINGS = ["Name", "Phone", "Appointment date"]
DATE = "12 May at 10:30"


def csv_of(*rows: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def uploaded(template: CallTemplate, *rows: list[str], headings: list[str] | None = None) -> CallList:
    """Return a new list from these rows; its columns are guessed."""
    return list_files.begin(template, "people.csv", csv_of(headings or HEADINGS, *rows), None)


def begun(call_list: CallList, **changes: Any) -> CallList:
    """Have the check of a list begin with the columns that were guessed."""
    mapping = list_columns.mapping_of(call_list)
    values = {"mapping": mapping, "has_header": call_list.has_header, "country": call_list.country}
    list_check.start(call_list, **{**values, **changes}, by=None)
    return call_list


def checked(template: CallTemplate, *rows: list[str], headings: list[str] | None = None) -> CallList:
    """Return a list whose people are checked."""
    call_list = begun(uploaded(template, *rows, headings=headings))
    list_check.check(call_list.pk)
    call_list.refresh_from_db()
    return call_list


def person(call_list: CallList, row: int = 2) -> Contact:
    return call_list.contacts.get(row=row)
