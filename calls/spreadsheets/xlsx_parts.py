"""What is looked at before an Excel file is given to openpyxl, which trusts what it reads.

A file that passes neither declares entities nor unpacks, nests or repeats itself into more than a list can be.
"""

import zipfile
from pathlib import Path
from xml.parsers import expat

from django.utils.translation import gettext_noop as _
from openpyxl.xml.constants import SHEET_MAIN_NS

from calls.spreadsheets.kinds import DAMAGED, ENCRYPTED
from calls.spreadsheets.limits import (
    LONGEST_ROW,
    MOST_HELD,
    MOST_PARTS,
    MOST_TIMES_PACKED,
    MOST_UNPACKED,
    Unreadable,
)

BOMB = _(
    "The Excel file unpacks to far more than a list can be. Copy the people into a new workbook, save it as .xlsx "
    "and upload that."
)
_DECLARATIONS = _(
    "The Excel file declares texts of its own (a “DOCTYPE”), which no spreadsheet program writes. Copy the people into "
    "a new workbook, save it as .xlsx and upload that."
)
_STRICT = _(
    "This is a “Strict Open XML” file. Open it in Excel, save it as “Excel Workbook (.xlsx)” and upload that."
)

_PIECE = 64 * 1024
_SMALL_PART = 16 * 1024 * 1024  # how often it was packed does not matter
_DEEPEST = 200  # elements within elements; a sheet needs seven
_MOST_NAMES = 10_000  # of elements and attributes
_PRINT = "_xlnm.Print_"
_LONGEST_CODE = 500  # of a number format or a print area: openpyxl's expressions take the square of it

# Of which elements openpyxl keeps only the shell once it has read them, by the outermost element of the part;
# and those of parts that may be large and that it does not read.
_FREED = {
    f"{SHEET_MAIN_NS} {part}": f"{SHEET_MAIN_NS} {element}"
    for part, element in {"worksheet": "row", "sst": "si", "pivotCacheRecords": "r", "calcChain": "c"}.items()
}
# Endings of names, the first with the blank that expat puts between namespace and name.
_WATCHED = (" f", "numFmt", "definedName")
_STRICT_NAMES = "http://purl.oclc.org/ooxml/spreadsheetml/"


def check(path: Path) -> bool:
    """Go through a packed file, and tell whether rows of it are hidden.

    Raises Unreadable if it is unsafe to read, and what zipfile raises if it is broken.
    """
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > MOST_UNPACKED:
            raise Unreadable(BOMB)
        for info in infos:
            if info.flag_bits & 1:
                raise Unreadable(ENCRYPTED)
            if info.file_size > max(_SMALL_PART, info.compress_size * MOST_TIMES_PACKED):
                raise Unreadable(BOMB)
            # Other packings unpack without a limit.
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Unreadable(DAMAGED)
        # Every part is looked through, also behind one that hides rows.
        hiding = [info for info in infos if _look_through(archive, info)]
        return bool(hiding)


def _look_through(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Parse a part, whatever it is called, up to where it ceases to be XML: openpyxl gets no further.

    Tells whether it hides rows.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.ordered_attributes = True
    look = _Look(parser)
    parser.StartDoctypeDeclHandler = _refuse_declarations
    parser.StartElementHandler = look.start
    parser.EndElementHandler = look.end
    # zipfile gives out no more than the size that was checked, and compares the checksum at the end.
    with archive.open(info) as part:
        read = 0
        try:
            while piece := part.read(_PIECE):
                parser.Parse(piece)
                read += len(piece)
                if read - look.since > 4 * LONGEST_ROW or len(parser.intern) > _MOST_NAMES:
                    raise Unreadable(BOMB)
        except (expat.ExpatError, LookupError, ValueError) as error:  # the others: encodings nobody knows
            if isinstance(error, Unreadable):
                raise
    return look.hides_rows


def _refuse_declarations(*_declaration: object) -> None:
    raise Unreadable(_DECLARATIONS)


class _Look:
    """Measures what a part takes in memory: elements and attributes, but not those of rows that are over."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self.parser = parser
        self.depth = self.held = 0
        self.freed = ""
        self.row_depth = self.held_before = 0
        self.since = 0  # where the row began, or outside of rows the last element
        self.area_since = 0  # where a print area began
        self.hides_rows = False
        self.watched = _Watched()

    def start(self, name: str, attributes: list[str]) -> None:
        # Called a million times for a long list, so nothing is looked up here that most elements do not need.
        self.depth += 1
        # What is freed leaves its shell; all else openpyxl keeps, and makes objects of it.
        self.held += (1 if name == self.freed else 2) * (1 + len(attributes) // 2)
        if not self.row_depth:
            self._start_outside(name, attributes)
        if watched := self.watched[name]:
            self._start_watched(watched, attributes)
        if self.held > MOST_HELD or self.depth > _DEEPEST:
            raise Unreadable(BOMB)

    def end(self, name: str) -> None:
        if self.depth == self.row_depth:
            self.row_depth, self.held = 0, self.held_before
        elif self.area_since and self.watched[name] == "definedName":
            if self.parser.CurrentByteIndex - self.area_since > _LONGEST_CODE:
                raise Unreadable(BOMB)
            self.area_since = 0
        self.depth -= 1

    def _start_outside(self, name: str, attributes: list[str]) -> None:
        """See an element that is in no row, perhaps one itself."""
        if self.depth == 1:
            if name.startswith(_STRICT_NAMES):
                raise Unreadable(_STRICT)
            self.freed = _FREED.get(name, "")
        self.since = self.parser.CurrentByteIndex
        if name == self.freed:
            self.row_depth, self.held_before = self.depth, self.held
            self.hides_rows = self.hides_rows or _is_hidden(attributes)

    def _start_watched(self, watched: str, attributes: list[str]) -> None:
        if watched == " f":
            # openpyxl may work it out from a text that stands before it in the row.
            self.held += (self.parser.CurrentByteIndex - self.since) // 16
        elif watched == "numFmt":
            if any(len(value) > _LONGEST_CODE for value in attributes):
                raise Unreadable(BOMB)
        elif any(value.startswith(_PRINT) for value in attributes):
            self.area_since = self.area_since or self.parser.CurrentByteIndex


class _Watched(dict[str, str]):
    """Which of the elements that openpyxl works on is meant by a name, whatever namespace it has; mostly none."""

    def __missing__(self, name: str) -> str:
        self[name] = watched = next((one for one in _WATCHED if name.endswith(one)), "")
        return watched


def _is_hidden(attributes: list[str]) -> bool:
    """Tell whether a row is hidden, by names and values in turn."""
    if "hidden" not in attributes:
        return False
    return dict(zip(attributes[::2], attributes[1::2], strict=False)).get("hidden") in {"1", "true"}
