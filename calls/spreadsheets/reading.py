"""Read an uploaded list, whatever it is: any bytes give a Sheet, or Unreadable with a sentence for people.

`open_sheet` goes through the whole file once, so that nothing is wrong any more when its rows are used; whoever wants
to keep the rows gets them on the way (Excel files take long to read).
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.utils.translation import gettext_noop as _

from calls.spreadsheets import columns, csv_files, csv_forms, kinds, xlsx_files
from calls.spreadsheets.cells import column_letters, looks_mangled
from calls.spreadsheets.limits import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Unreadable

__all__ = ["MOST_BYTES", "MOST_COLUMNS", "MOST_ROWS", "Sheet", "Unreadable", "looks_mangled", "open_sheet"]

SAMPLE_ROWS = 20
# More than anybody reads on the page that asks what the columns mean.
_SHOWN = 6

# Line as a person sees it, clean cells without the empty ones at the end, at least one of them.
Rows = Iterator[tuple[int, list[str]]]
Keep = Callable[[int, list[str]], object]

_TOO_LARGE = _(
    "The file is larger than %(most)d MB. Divide the list and upload it in parts, or delete columns that are not "
    "needed."
)
_TOO_MANY = _("The list has more than %(most)d rows. Divide it and upload it in parts.")
_NO_ROWS = _("The file is empty. Choose a file with a row for each person.")


@dataclass(frozen=True)
class Seen:
    """What was seen of a list, all of it plain data.

    `sample` holds the first rows as text, a row of headings included; `row_count` counts the rows that are not
    blank, headings included. `encoding` and `delimiter` are empty for Excel files. `notes` are sentences for the
    person who uploaded it: what of the file is not read.
    """

    kind: str  # "csv" or "xlsx"
    encoding: str
    delimiter: str
    guessed_header: bool
    sample: list[list[str]]
    width: int
    row_count: int
    notes: list[str]

    def header(self, has_header: bool) -> list[str]:
        """Return the headings; without any, the letters of the columns as spreadsheet programs show them."""
        return (
            list(self.sample[0]) if has_header else [column_letters(number) for number in range(self.width)]
        )

    def people(self, has_header: bool) -> int:
        return self.row_count - int(has_header)

    def shown(self, has_header: bool) -> list[list[str]]:
        """Return the first rows with people."""
        return self.sample[int(has_header) :][:_SHOWN]


@dataclass(frozen=True)
class Sheet(Seen):
    """A list whose rows can be read, by `read` from wherever they are."""

    read: Callable[[], Rows] = field(repr=False)

    def rows(self, skip_header: bool) -> Rows:
        """Yield (line, cells) of each row that is not blank, every row `width` cells wide.

        Lines are counted from 1 as spreadsheet programs do, the headings and blank rows included.
        Can be called any number of times. Raises Unreadable only if the file has changed meanwhile.
        """
        for line, cells in itertools.islice(self.read(), int(skip_header), None):
            yield line, _padded(cells, self.width)


def open_sheet(path: Path, file_name: str, keep: Keep | None = None) -> Sheet:
    """Read the whole file once and return what is needed to read it again.

    `file_name` is what the person calls it; what the file is is told by its content alone. `keep` gets each row.
    Raises Unreadable, whose text is a sentence for people.
    """
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable(_TOO_LARGE, most=MOST_BYTES // 1024 // 1024)
    kind = kinds.kind_of(path)
    if kind == "xlsx":
        book = xlsx_files.open_book(path)
        return _sheet(kind, "", "", book.notes, partial(xlsx_files.rows, path, book), keep)
    form = csv_forms.form_of(path, file_name)
    return _sheet(
        kind, form.encoding, form.delimiter, list(form.notes), partial(csv_files.rows, path, form), keep
    )


def _sheet(
    kind: str,
    encoding: str,
    delimiter: str,
    notes: list[str],
    read: Callable[[], Rows],
    keep: Keep | None,
) -> Sheet:
    sample: list[list[str]] = []
    count = width = 0
    for line, cells in read():
        count += 1
        if count <= SAMPLE_ROWS:
            sample.append(cells)
        elif count > MOST_ROWS + 1:
            raise Unreadable(_TOO_MANY, most=MOST_ROWS)
        width = max(width, len(cells))
        if keep:
            keep(line, cells)
    if not count:
        raise Unreadable(_NO_ROWS)
    sample = [_padded(cells, width) for cells in sample]
    guessed_header = columns.guess_has_header(sample)
    if count - guessed_header > MOST_ROWS:
        raise Unreadable(_TOO_MANY, most=MOST_ROWS)
    return Sheet(kind, encoding, delimiter, guessed_header, sample, width, count, notes, read)


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))
