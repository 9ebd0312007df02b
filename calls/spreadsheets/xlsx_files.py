"""Excel workbooks, read by openpyxl once they are known to be safe: the cells of the first sheet that is not hidden."""

import io
import math
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop as _
from openpyxl import Workbook, load_workbook

from calls.spreadsheets import xlsx_parts
from calls.spreadsheets.cells import FORMULA, TOO_MANY_LINES, cell_name, checked
from calls.spreadsheets.kinds import DAMAGED
from calls.spreadsheets.limits import MOST_CELLS, MOST_LINES, MOST_UNPACKED, Unreadable
from calls.spreadsheets.xlsx_numbers import shown

_NO_SHEET = _(
    "The Excel file has no visible sheet with cells. Put the people on the first sheet and upload it again."
)
OTHER_SHEETS = _("Only the first visible sheet of the Excel file is read. The others are not.")
HIDDEN_ROWS = _("Rows that are hidden in the Excel file, by a filter for example, are read like all others.")

_MOST_SECONDS = 60  # of the processor, to open a workbook; the largest lists take a few

# They name what cells hold, telephone numbers too, and would be written to the log.
warnings.filterwarnings("ignore", module=r"openpyxl\.")


@dataclass(frozen=True)
class Book:
    """A workbook that is safe to read. `notes` say what of it is not read, once its rows have been."""

    notes: list[str] = field(default_factory=list)


def open_book(path: Path) -> Book:
    """Look through a workbook. Raises Unreadable if it is none, or unsafe to read."""
    with _damage_is_unreadable():
        hides_rows = xlsx_parts.check(path)
    return Book([HIDDEN_ROWS] if hides_rows else [])


def rows(path: Path, book: Book) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, clean cells) of the rows that are not blank. Adds to the book's notes."""
    with _damage_is_unreadable(), _opened(path) as workbook:
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise Unreadable(_NO_SHEET)
        if len(sheets) > 1 and OTHER_SHEETS not in book.notes:
            book.notes.append(OTHER_SHEETS)
        sheets[0].reset_dimensions()  # what the file says of its size may be wrong
        most, letters = MOST_CELLS, MOST_UNPACKED
        for line, row in enumerate(sheets[0].iter_rows(), start=1):
            if line > MOST_LINES:
                raise Unreadable(TOO_MANY_LINES, most=MOST_LINES)
            most -= len(row)
            if most < 0:
                raise Unreadable(xlsx_parts.BOMB)
            if cells := checked(line, [_text(cell, line, column) for column, cell in enumerate(row)]):
                # One long text may stand in every cell, although the file holds it once.
                letters -= sum(map(len, cells))
                if letters < 0:
                    raise Unreadable(xlsx_parts.BOMB)
                yield line, cells


def _text(cell: Any, line: int, column: int) -> str:
    """Return what a person sees in a cell; of openpyxl's kind, which has no type. Raises Unreadable for formulas."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise Unreadable(FORMULA, cell=cell_name(line, column))
    return value if cell.data_type == "s" and "_x" not in value else shown(value, cell.number_format)


@contextmanager
def _damage_is_unreadable() -> Iterator[None]:
    """Make Unreadable of everything that is raised for a file which is not as it should be."""
    try:
        yield
    except Unreadable:
        raise
    except TimeoutError as error:
        raise Unreadable(xlsx_parts.BOMB) from error
    except Exception as error:
        # zipfile, the XML parsers and openpyxl raise all kinds, down to AttributeError and RecursionError.
        raise Unreadable(DAMAGED) from error


@contextmanager
def _opened(path: Path) -> Iterator[Workbook]:
    with _File(path) as file:
        workbook = load_workbook(file, read_only=True, keep_links=False)
        file.deadline = math.inf
        yield workbook
        workbook.close()


class _File(io.FileIO):
    """A file that can be read for a while only: a workbook may name one sheet a thousand times."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.deadline = time.thread_time() + _MOST_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self.deadline:
            raise TimeoutError
        return super().read(-1 if size is None else size)
