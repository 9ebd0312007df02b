"""The two kinds of file that an export can be: CSV and Excel. Nothing in a cell is ever more than text."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import IO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from calls.choices import ExportFormat
from calls.services.export_rows import Cell, Row

CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What a sheet and a cell of Excel hold.
ROWS_A_SHEET = 1_048_576
LETTERS_A_CELL = 32_767

# What XML cannot hold, tab and line ends apart; surrogates have no UTF-8 either.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Where a spreadsheet may begin a cell: at the start, and, where it takes semicolons or tabs for the separator,
# within the text too. Then what it skips before looking, then what begins a formula, in all widths.
_BLANK = "(?:[^\\S\t\r\n]|[\u200b-\u200f\u2060\ufeff])"
_FORMULA = re.compile(f"(^|[;\t\r\n])(?={_BLANK}*[=+\\-@＝＋－＠﹦﹢﹣﹫])")
_LEADING = re.compile("^(?=[\t\r\n])")


def clean(text: str) -> str:
    """Return `text` without the control characters that no spreadsheet can hold."""
    return _UNWRITABLE.sub("", text)


def neutral(text: str) -> str:
    """Return `text` with an apostrophe before whatever a spreadsheet would take for a formula."""
    return _FORMULA.sub(r"\1'", _LEADING.sub("'", text))


# --- CSV --------------------------------------------------------------------------------------


def csv_pieces(headings: list[str], chunks: Iterable[list[Row]]) -> Iterator[bytes]:
    """Yield a CSV file piece by piece, with the mark by which Excel knows UTF-8."""
    yield "\ufeff".encode() + _csv_lines([list(headings)])
    for rows in chunks:
        yield _csv_lines(rows)


def _csv_lines(rows: Iterable[Row]) -> bytes:
    lines = io.StringIO()
    csv.writer(lines).writerows([_csv_cell(cell) for cell in row] for row in rows)
    return lines.getvalue().encode()


def _csv_cell(cell: Cell) -> str | int:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.isoformat(sep=" ")
        case date():
            return cell.isoformat()
        case str():
            return neutral(clean(cell))
    return cell


def write_csv(file: IO[bytes], headings: list[str], chunks: Iterable[list[Row]], folder: str) -> None:
    """Write a CSV file; `folder`, for what must be put aside meanwhile, is not needed."""
    for piece in csv_pieces(headings, chunks):
        file.write(piece)


# --- Excel ------------------------------------------------------------------------------------


def write_xlsx(file: IO[bytes], headings: list[str], chunks: Iterable[list[Row]], folder: str) -> None:
    """Write an Excel file row by row; rows wait in `folder` until the file is put together from them."""
    options = {
        "constant_memory": True,
        "tmpdir": folder,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = Workbook(file, options)
    sheets = _Sheets(book, headings)
    for rows in chunks:
        for row in rows:
            sheets.write(row)
    book.close()


class _Sheets:
    """The sheets of one file, a new one begun when the last is full."""

    def __init__(self, book: Workbook, headings: list[str]) -> None:
        self.book = book
        self.headings = headings
        self.bold = book.add_format({"bold": True})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._begin()

    def _begin(self) -> None:
        self.sheet: Worksheet = self.book.add_worksheet()
        self.sheet.freeze_panes(1, 0)
        self.sheet.set_column(0, len(self.headings) - 1, 20)
        for column, heading in enumerate(self.headings):
            self.sheet.write_string(0, column, _xlsx_text(heading), self.bold)
        self.row = 1

    def write(self, row: Row) -> None:
        if self.row == ROWS_A_SHEET:
            self._begin()
        for column, cell in enumerate(row):
            self._write_cell(column, cell)
        self.row += 1

    def _write_cell(self, column: int, cell: Cell) -> None:
        """Write a cell by the method of its own type: none of them makes a formula or a link of a text."""
        match cell:
            case None | "":
                return
            case str():
                self.sheet.write_string(self.row, column, _xlsx_text(cell))
            case datetime():
                self.sheet.write_datetime(self.row, column, cell, self.moment)
            case date():
                self.sheet.write_datetime(self.row, column, cell, self.day)
            case int():
                self.sheet.write_number(self.row, column, cell)


def _xlsx_text(text: str) -> str:
    # Excel knows one end of a line only; of others it makes marks that people can read.
    text = clean(text).replace("\r\n", "\n").replace("\r", "\n")[:LETTERS_A_CELL]
    # XlsxWriter takes text between these marks for finished XML and writes it as it stands.
    return f" {text}" if text.startswith("<r>") else text


Writer = Callable[[IO[bytes], list[str], Iterable[list[Row]], str], None]
WRITERS: dict[str, Writer] = {ExportFormat.CSV: write_csv, ExportFormat.XLSX: write_xlsx}
