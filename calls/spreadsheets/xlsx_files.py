"""Excel workbooks, read with Python's own zip and XML readers: in little memory, and seeing what is refused.

What a list needs of the format is little: the cells of one sheet, its texts, and which numbers are dates. A library
for all of it (openpyxl, which the tests compare with) takes twice as long and puts numbers through floats.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_noop as _

from calls.spreadsheets.cells import FORMULA, TOO_MANY_LINES, TOO_WIDE, cell_name, checked
from calls.spreadsheets.kinds import DAMAGED
from calls.spreadsheets.limits import (
    LONGEST_CELL,
    MOST_CELLS_IN_ROW,
    MOST_COLUMNS,
    MOST_LINES,
    MOST_TEXTS,
    Unreadable,
)
from calls.spreadsheets.xlsx_numbers import PLAIN, NumberFormat, format_of
from calls.spreadsheets.xlsx_parts import Parts, Reader, opened

_NO_SHEET = _(
    "The Excel file has no visible sheet with cells. Put the people on the first sheet and upload it again."
)
_MANY_TEXTS = _(
    "The Excel file holds more different texts than a list can. Divide it and upload it in parts."
)
OTHER_SHEETS = _("Only the first visible sheet of the Excel file is read. The others are not.")
HIDDEN_ROWS = _("Rows that are hidden in the Excel file, by a filter for example, are read like all others.")

_MOST_STYLES = 65_000  # what Excel itself allows
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Book:
    """What has to be known to read the sheet of a workbook: its part, the part of the texts, formats of numbers."""

    sheet: str
    texts: str
    formats: list[NumberFormat] = field(repr=False)
    from_1904: bool
    notes: list[str]


def open_book(path: Path) -> Book:
    """Look into a workbook. Raises Unreadable if it is none, or unsafe to read."""
    with opened(path) as archive:
        parts = Parts(archive)
        main = parts.related("", "officeDocument")
        if not main:
            raise Unreadable(DAMAGED)
        contents = _Contents()
        parts.parse(main[0].target, contents)
        relations = {relation.id: relation for relation in parts.relations(main[0].target)}
        sheets = [
            relations[sheet.relation].target
            for sheet in contents.sheets
            if sheet.visible and sheet.relation in relations and relations[sheet.relation].kind == "worksheet"
        ]
        if not sheets:
            raise Unreadable(_NO_SHEET)
        styles = _Styles()
        for relation in parts.related(main[0].target, "styles")[:1]:
            parts.parse(relation.target, styles)
        texts = [relation.target for relation in parts.related(main[0].target, "sharedStrings")]
        notes = [OTHER_SHEETS] if len(sheets) > 1 else []
        return Book(sheets[0], texts[0] if texts else "", styles.formats(), contents.from_1904, notes)


def rows(path: Path, book: Book) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, clean cells) of the rows that are not blank, a piece of the file at a time.

    Adds to the book's notes what is to be said of the rows.
    """
    with opened(path) as archive:
        parts = Parts(archive)
        texts = _Texts()
        if book.texts in parts:
            parts.parse(book.texts, texts)
        sheet = _Sheet(texts.found, book)
        for _piece in parts.pieces(book.sheet, sheet):
            for line, row in sheet.ready:
                if cells := checked(line, row):
                    yield line, cells
            sheet.ready.clear()
        if sheet.hides_rows and HIDDEN_ROWS not in book.notes:
            book.notes.append(HIDDEN_ROWS)


# --- Workbook, styles, texts ------------------------------------------------------------------


@dataclass(frozen=True)
class _SheetEntry:
    relation: str
    visible: bool


class _Contents(Reader):
    """The workbook: which sheets there are, in the order of their tabs."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[_SheetEntry] = []
        self.from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        match name:
            case "sheet":
                relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                self.sheets.append(_SheetEntry(relation, attributes.get("state", "visible") == "visible"))
            case "workbookPr":
                self.from_1904 = attributes.get("date1904") in {"1", "true"}


class _Styles(Reader):
    """How cells show numbers: for each style the id of a format, and the formats of the workbook's own."""

    def __init__(self) -> None:
        super().__init__()
        self.own: dict[int, str] = {}
        self.ids: list[int] = []
        self.in_cell_styles = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        match name:
            case "numFmt" if len(self.own) < _MOST_STYLES:
                self.own.setdefault(int(attributes["numFmtId"]), attributes.get("formatCode", ""))
            case "cellXfs":
                self.in_cell_styles = True
            case "xf" if self.in_cell_styles and len(self.ids) < _MOST_STYLES:
                self.ids.append(int(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == "cellXfs":
            self.in_cell_styles = False

    def formats(self) -> list[NumberFormat]:
        """Return the format of each style, by the number that cells name it by."""
        return [format_of(number, self.own.get(number, "")) for number in self.ids]


class _Texts(Reader):
    """The texts that cells refer to, in pieces where a text is written in several fonts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.value = ""
        self.is_phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        match name:
            case "si":
                self.value = ""
            case "t":
                self.text.clear()
                self.is_open = True
            case "rPh":
                self.is_phonetic = True

    def end(self, name: str) -> None:
        self.depth -= 1
        match name:
            case "t":
                self.is_open = False
                if not self.is_phonetic:
                    self.value = _joined(self.value, self.text)
            case "si":
                if len(self.found) == MOST_TEXTS:
                    raise Unreadable(_MANY_TEXTS)
                self.found.append(_unescaped(self.value))
            case "rPh":
                self.is_phonetic = False


def _joined(start: str, pieces: list[str]) -> str:
    """Return the text, no more of it than is needed to see that it is too long."""
    text = start + (pieces[0] if len(pieces) == 1 else "".join(pieces))
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL + 1]


def _unescaped(text: str) -> str:
    """Undo how Excel writes letters which XML does not hold: "_x000D_"."""
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) if "_x" in text else text


# --- Cells ------------------------------------------------------------------------------------


class _Sheet(Reader):
    """The rows of a sheet. `ready` holds those that are complete and not empty."""

    def __init__(self, texts: list[str], book: Book) -> None:
        super().__init__()
        self.texts = texts
        self.formats = book.formats
        self.from_1904 = book.from_1904
        self.ready: list[tuple[int, list[str]]] = []
        self.hides_rows = False
        self.line = 0
        self.row: list[str] = []
        self.column = -1
        self.cells = 0  # in the row so far, empty ones too
        self.value = ""
        self.attributes: dict[str, str] = {}
        self.in_cell = self.in_rows = self.is_phonetic = False

    # The two that are called for each cell twice are written for speed.
    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if not self.in_rows:
            self.in_rows = name == "sheetData"
        elif name == "c":
            self.in_cell = True
            self.value = ""
            self.attributes = attributes
        elif name in ("v", "t"):
            self.text.clear()
            self.is_open = self.in_cell
        elif name == "row":
            self._begin_row(attributes)
        elif name == "f" and self.in_cell:
            raise Unreadable(FORMULA, cell=cell_name(self.line, self._column_of_cell()))
        elif name == "rPh":
            self.is_phonetic = True

    def end(self, name: str) -> None:
        self.depth -= 1
        if not self.in_rows:
            return
        if name == "c":
            self._end_cell()
        elif name in ("v", "t"):
            self.is_open = False
            if not self.is_phonetic:
                self.value = _joined(self.value, self.text)
        elif name == "row":
            if self.row:
                self.ready.append((self.line, self.row))
                self.row = []
        elif name == "rPh":
            self.is_phonetic = False
        elif name == "sheetData":
            self.in_rows = False

    def _begin_row(self, attributes: dict[str, str]) -> None:
        line = int(attributes["r"]) if "r" in attributes else self.line + 1
        if line <= self.line:
            raise Unreadable(DAMAGED)
        if line > MOST_LINES:
            raise Unreadable(TOO_MANY_LINES, most=MOST_LINES)
        self.line = line
        self.cells = 0
        self.column = -1
        self.row = []
        self.hides_rows = self.hides_rows or attributes.get("hidden") in {"1", "true"}

    def _column_of_cell(self) -> int:
        reference = self.attributes.get("r")
        return _column(reference.rstrip("0123456789")) if reference else self.column + 1

    def _end_cell(self) -> None:
        """Put the cell into the row, at the column that it names or else after the last one."""
        self.in_cell = False
        self.cells += 1
        if self.cells > MOST_CELLS_IN_ROW:
            raise Unreadable(DAMAGED)
        column = self.column = self._column_of_cell()
        text = self.value and self._text_of_cell().strip()
        if not text:
            return
        if column >= MOST_COLUMNS:
            raise Unreadable(TOO_WIDE, cell=cell_name(self.line, column), most=MOST_COLUMNS)
        row = self.row
        if column == len(row):
            row.append(text)
        else:
            row.extend([""] * (column + 1 - len(row)))
            row[column] = text

    def _text_of_cell(self) -> str:
        kind = self.attributes.get("t", "n")
        if kind == "s":
            return self.texts[_index(self.value)]
        if kind == "n":
            style = self.attributes.get("s")
            shown = self.formats[_index(style)] if style and self.formats else PLAIN
            return shown.text(self.value, self.from_1904)
        if kind == "b":
            return "TRUE" if self.value.strip() in {"1", "true"} else "FALSE"
        return self.value.replace("T", " ") if kind == "d" else _unescaped(self.value)


def _index(text: str) -> int:
    """Read a place in a list; int() alone takes negative ones, too, which Python counts from the end."""
    index = int(text)
    if index < 0:
        raise ValueError(text)
    return index


@cache
def _column(letters: str) -> int:
    """Return 1 for "B"."""
    column = 0
    for letter in letters:
        column = column * 26 + _LETTERS[letter]
        if column > MOST_CELLS_IN_ROW:
            raise ValueError(letters)
    if not column:
        raise ValueError(letters)
    return column - 1


_LETTERS = {letter: number for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=1)}
