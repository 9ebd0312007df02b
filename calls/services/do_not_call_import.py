"""Import: a file of numbers that must not be called, with a reason and a last day for those that have one."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import phonenumbers
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import SuppressionSource
from calls.models import Agent
from calls.services import do_not_call, do_not_call_export
from calls.services.do_not_call_bulk import Scope, Wanted, suppress_many
from calls.spreadsheets import columns
from calls.spreadsheets.cells import looks_mangled
from calls.spreadsheets.limits import Unreadable
from calls.spreadsheets.reading import Sheet, open_sheet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Headings beside those of our own export.
_REASON = frozenset({"reason", "why", "note", "notes", "comment", "कारण", "टिप्पणी"})
_UNTIL = frozenset({"last day", "expires", "expires on", "expiry", "valid until", "end", "तक", "अंतिम दिन"})
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y")


@dataclass(frozen=True)
class Row:
    """Something to be said about one row, counted as spreadsheet programs do."""

    line: int
    words: str


@dataclass(frozen=True)
class Imported:
    """How many numbers are new and how many stood on the list; rows that were left out, or taken with a remark."""

    added: int = 0
    standing: int = 0
    left_out: list[Row] = field(default_factory=list)
    remarks: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Common:
    """What holds for all rows: the country of numbers without one, the scope, and the reason where a row has none."""

    country: str
    agent: Agent | None
    reason: str
    by: "User | None" = None


@dataclass
class _Reading:
    wanted: list[Wanted] = field(default_factory=list)
    left_out: list[Row] = field(default_factory=list)
    remarks: list[Row] = field(default_factory=list)


def import_file(path: Path, file_name: str, common: Common) -> Imported:
    """Enter the numbers of an uploaded file. Importing it again changes nothing.

    Raises Unreadable, whose text is a sentence for people; then nothing is entered.
    """
    sheet = open_sheet(path, file_name)
    places = _places(sheet)
    reading = _Reading()
    now = timezone.now()
    for line, cells in sheet.rows(sheet.guessed_header):
        _read_row(line, {name: cells[column] for name, column in places.items()}, common, reading, now)
    entered = suppress_many(reading.wanted, Scope(common.agent, SuppressionSource.IMPORT, common.by))
    return Imported(entered.added, entered.standing, reading.left_out, reading.remarks, sheet.notes)


def _places(sheet: Sheet) -> dict[str, int]:
    """Return which column holds the number, and the reason and the last day if there are such columns."""
    header = sheet.sample[0] if sheet.guessed_header else []
    roles = columns.guess(header, sheet.sample[int(sheet.guessed_header) :], ())
    numbers = [column for column, role in roles.items() if role == columns.Roles.NUMBER]
    if not numbers:
        raise Unreadable(
            gettext_noop("No column with telephone numbers was found. Give that column the heading “number”.")
        )
    places = {"number": numbers[0]}
    for name, known in (
        ("reason", _REASON | _exported("reason")),
        ("until", _UNTIL | _exported("expires_at")),
    ):
        for column, text in enumerate(header):
            if re.sub(r"[\s_]+", " ", text).strip().casefold() in known:
                places.setdefault(name, column)
    return places


def _exported(field: str) -> frozenset[str]:
    """Return the heading of our own export in every language."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.add(do_not_call_export.heading(field).casefold())
    return frozenset(found)


def _read_row(line: int, cells: dict[str, str], common: Common, reading: _Reading, now: datetime) -> None:
    # The apostrophe is a spreadsheet's mark of a text; our own export writes it, too.
    text = cells["number"].strip().lstrip("'")
    number = _number(text, common.country)
    if number is None:
        reading.left_out.append(Row(line, _why_no_number(text)))
        return
    until, is_readable = _day(cells.get("until", "").strip().lstrip("'"))
    if not is_readable:
        words = _(
            "The last day cannot be read, so the number is not called without end. Write it as 2030-05-20."
        )
        reading.remarks.append(Row(line, words))
    expires_at = do_not_call.end_of(until) if until else None
    if expires_at is not None and expires_at <= now:
        reading.left_out.append(Row(line, _("Its last day has passed.")))
        return
    reason = cells.get("reason", "").strip().removeprefix("'") or common.reason
    reading.wanted.append(Wanted(number, reason, expires_at))


def _number(text: str, country: str) -> PhoneNumber | None:
    try:
        number = PhoneNumber.from_string(text, region=country)
    except phonenumbers.NumberParseException:
        return None
    return number if number.is_valid() else None


def _why_no_number(text: str) -> str:
    if not text:
        return _("There is no number in this row.")
    if looks_mangled(text):
        return _(
            "A spreadsheet program has cut this number short. Format the column as text and enter it again."
        )
    return _("This is not a telephone number that can be called. Check the digits and the country.")


def _day(text: str) -> tuple[date | None, bool]:
    """Return the day that a cell names, None for an empty one, and whether the cell can be read."""
    if not text:
        return None, True
    for form in _DAYS:
        try:
            # Only the day of what a spreadsheet program wrote as day and time.
            return datetime.strptime(text.split(" ")[0].split("T")[0], form).date(), True  # noqa: DTZ007
        except ValueError:
            continue
    return None, False
