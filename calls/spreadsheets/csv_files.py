"""CSV files, row by row."""

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from django.utils.translation import gettext_noop as _

from calls.spreadsheets.cells import TOO_MANY_LINES, checked
from calls.spreadsheets.csv_forms import BROKEN_LETTERS, Form
from calls.spreadsheets.limits import LONGEST_CELL, LONGEST_ROW, MOST_LINES, Unreadable

_OPEN_QUOTE = _(
    'A quotation mark (") in row %(line)d is never closed, so everything after it would be one cell. Correct it and '
    "upload the file again."
)
_STRAY_QUOTE = _(
    'In row %(line)d there is text right after a closing quotation mark ("), so it cannot be told where its cell '
    "ends. Correct it and upload the file again."
)
_LONG_CELL = _(
    "Row %(line)d holds a cell of more than %(most)d characters. If that is not meant, a quotation mark may be "
    "missing there. Correct it and upload the file again."
)
_LONG_ROW = _(
    "Row %(line)d holds more than %(most)d characters. If that is not meant, a quotation mark or a line end may be "
    "missing there. Correct it and upload the file again."
)


def rows(path: Path, form: Form) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, clean cells) of the rows that are not blank. A row of several lines counts once, as in Excel.

    Raises Unreadable where the file cannot be read on.
    """
    with path.open(encoding=form.encoding, newline="") as file:
        if form.has_separator_line:
            file.readline()
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=form.delimiter, strict=True)
        try:
            for line, row in enumerate(reader, start=1):
                lines.begin_row(line + 1)
                if row and (cells := checked(line, row)):
                    yield line, cells
        except csv.Error as error:
            raise _quote_complaint(error, lines.row) from error
        except UnicodeError as error:
            raise Unreadable(BROKEN_LETTERS) from error


class _Lines:
    """The lines of a file, no more of them for one row than memory should hold."""

    def __init__(self, file: TextIOWrapper) -> None:
        self.file = file
        self.row = 1  # which is being read
        self.letters = 0  # of it, so far

    def begin_row(self, row: int) -> None:
        if row > MOST_LINES:
            raise Unreadable(TOO_MANY_LINES, most=MOST_LINES)
        self.row = row
        self.letters = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.file.readline(LONGEST_ROW)
        if not line:
            raise StopIteration
        self.letters += len(line)
        if self.letters >= LONGEST_ROW:
            raise Unreadable(_LONG_ROW, line=self.row, most=LONGEST_ROW)
        return line


def _quote_complaint(error: csv.Error, row: int) -> Unreadable:
    """Return what the words of Python's reader mean."""
    words = str(error)
    if "field limit" in words:
        return Unreadable(_LONG_CELL, line=row, most=LONGEST_CELL)
    return Unreadable(_OPEN_QUOTE if "unexpected end" in words else _STRAY_QUOTE, line=row)
