"""Reads the files that exports write, as a spreadsheet does: without trusting the program that wrote them."""

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from xml.etree import ElementTree

_NAMES = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (spreadsheets know no zones)


def content_of(response) -> bytes:
    """Return what an answer streams."""
    return b"".join(response.streaming_content)


def read_csv(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV file by their headings. Fails without the mark by which Excel knows UTF-8."""
    text = content.decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def sheet_names(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))


def read_xlsx(content: bytes, sheet: int = 1) -> list[dict[str, str | float]]:
    """Return the rows of a sheet by their headings: texts as str, numbers (and times) as float.

    Fails if any cell is a formula, or the sheet holds a link.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314 (our own file)
        assert not [name for name in book.namelist() if "sharedStrings" in name or "/_rels/sheet" in name]
    assert root.findall(".//s:f", _NAMES) == []
    assert root.findall(".//s:hyperlink", _NAMES) == []
    rows = [_cells(row.findall("s:c", _NAMES)) for row in root.findall(".//s:row", _NAMES)]
    headings = rows[0]
    return [{str(headings[letter]): value for letter, value in row.items()} for row in rows[1:]]


def _cells(cells: Iterable[ElementTree.Element]) -> dict[str, str | float]:
    found: dict[str, str | float] = {}
    for cell in cells:
        letters = cell.attrib["r"].rstrip("0123456789")
        if cell.attrib.get("t") == "inlineStr":
            found[letters] = "".join(cell.itertext())
        else:
            assert "t" not in cell.attrib, cell.attrib
            found[letters] = float(cell.findtext("s:v", namespaces=_NAMES) or "nan")
    return found


def as_moment(days: str | float) -> datetime:
    """Return the time that a number in a sheet means."""
    return _EPOCH + timedelta(seconds=round(float(days) * 86_400))
