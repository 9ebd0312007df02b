"""Lists as files: written by openpyxl and XlsxWriter, and by hand where those refuse to be so bad."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from calls.spreadsheets.reading import Sheet, Unreadable, open_sheet

HEADER = ["Phone", "Name", "Due date"]
PEOPLE = [["+919876500001", "Asha Rao", "2026-03-01"], ["+919876500002", "Zoë Müller", "2026-03-02"]]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>'
)


def opened(folder: Path, content: bytes, name: str = "people.csv") -> Sheet:
    """Open `content` as an uploaded file; `name` is what the person calls it."""
    path = folder / "upload"
    path.write_bytes(content)
    return open_sheet(path, name)


def read(folder: Path, content: bytes, name: str = "people.csv") -> list[list[str]]:
    """Return all rows of `content` as text."""
    return [cells for _line, cells in opened(folder, content, name).rows(skip_header=False)]


def refusal(folder: Path, content: bytes, name: str = "people.csv") -> str:
    """Return the sentence with which `content` is refused; fail if it is not."""
    try:
        sheet = opened(folder, content, name)
    except Unreadable as error:
        return str(error)
    raise AssertionError(f"read as {sheet}")


def workbook(rows: Iterable[Iterable[Any]], formats: Mapping[str, str] | None = None) -> bytes:
    """Return a workbook of one sheet; `formats` are number formats by the name of the cell."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    for cell, number_format in (formats or {}).items():
        book.active[cell].number_format = number_format
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def package(
    sheet: str,
    *,
    texts: str = "",
    styles: str = "",
    compression: int = zipfile.ZIP_DEFLATED,
    more: Mapping[str, bytes | str] | None = None,
) -> bytes:
    """Return a workbook of handwritten parts: `sheet` is what stands within its worksheet."""
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
            '<sheets><sheet name="People" sheetId="1" r:id="r0"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("sharedStrings", "/xl/sharedStrings.xml"),
            ("styles", "styles.xml"),
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{texts}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}">{sheet}</worksheet>',
        **(more or {}),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def _relations(*targets: tuple[str, str]) -> str:
    relations = (
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{"".join(relations)}</Relationships>'


def data(*rows: str) -> str:
    """Return the XML of rows, given as the XML of their cells."""
    return "<sheetData>" + "".join(f"<row>{row}</row>" for row in rows) + "</sheetData>"


def number_cell(number: object) -> str:
    return f"<c><v>{number}</v></c>"


def text_cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'
