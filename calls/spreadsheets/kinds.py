"""Tell what a file is by its content: names lie, and people rename files until they upload."""

import zipfile
from pathlib import Path

from django.utils.translation import gettext_noop as _

from calls.spreadsheets.limits import MOST_PARTS, Unreadable

_EMPTY = _("The file is empty. Choose a file with a row for each person.")
_OLD_EXCEL = _(
    "This is a file of an old Excel (.xls). Open it in your spreadsheet program, save it as “Excel Workbook "
    "(.xlsx)” or “CSV UTF-8” and upload that."
)
_BINARY_EXCEL = _(
    "This is a binary Excel file (.xlsb). Open it in Excel, save it as “Excel Workbook (.xlsx)” and upload that."
)
ENCRYPTED = _("The file is protected by a password. Save it without a password and upload it again.")
_OPEN_DOCUMENT = _(
    "This is an OpenDocument file (.ods). Open it in your spreadsheet program, save it as “Excel Workbook (.xlsx)” "
    "or “CSV” and upload that."
)
_NUMBERS = _("This is a file of Apple Numbers. Export it from Numbers as Excel or CSV and upload that.")
_WEB_PAGE = _(
    "This is a web page, though it may be called a spreadsheet. Open it in your spreadsheet program, save it as "
    "“Excel Workbook (.xlsx)” or “CSV UTF-8” and upload that."
)
_DOCUMENT = _(
    "This is a document, not a list. Copy the table into a spreadsheet, save it as .xlsx or CSV and upload that."
)
_ARCHIVE = _("This is a packed folder (.zip). Unpack it and upload the .xlsx or CSV file that is in it.")
_NOT_A_LIST = _("This is not a list. Upload an Excel workbook (.xlsx) or a CSV file.")
DAMAGED = _(
    "The Excel file is damaged or incomplete. Open it in your spreadsheet program, save it again as .xlsx and upload "
    "that."
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Office files, and the wrapping of encrypted new ones
_STARTS = (
    (b"%PDF", _DOCUMENT),
    (b"{\\rtf", _DOCUMENT),
    (b"\x09\x08", _OLD_EXCEL),
    (b"\x89PNG", _NOT_A_LIST),
    (b"\xff\xd8\xff", _NOT_A_LIST),
    (b"GIF8", _NOT_A_LIST),
    (b"\x1f\x8b", _ARCHIVE),
    (b"7z\xbc\xaf", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
)
_MARKUP = (b"<!doctype html", b"<html", b"<table", b"<head", b"<body", b"<meta", b"<style", b"<div")


def kind_of(path: Path) -> str:
    """Return "xlsx" or "csv". Raises Unreadable for an empty file and for everything that is known to be neither."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise Unreadable(_EMPTY)
    if start.startswith(b"PK"):
        return _packed_kind(path)
    if start.startswith(_OLE):
        raise Unreadable(_ole_sentence(path))
    for beginning, sentence in _STARTS:
        if start.startswith(beginning):
            raise Unreadable(sentence)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_MARKUP):
        raise Unreadable(_WEB_PAGE)
    if text.startswith(b"<?xml"):
        raise Unreadable(_WEB_PAGE if b"<html" in text else _NOT_A_LIST)
    return "csv"


def _ole_sentence(path: Path) -> str:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        return ENCRYPTED
    is_excel = any(name.encode("utf-16-le") in content for name in ("Workbook", "Book"))
    return _OLD_EXCEL if is_excel else _DOCUMENT


def _packed_kind(path: Path) -> str:
    """Return "xlsx", or "csv" for a text that only begins like a packed file."""
    content = path.read_bytes()
    if not content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "csv"
    # Before the table of contents is read into memory: it has such a mark before each entry.
    if content.count(b"PK\x01\x02") > MOST_PARTS:
        raise Unreadable(_ARCHIVE)
    del content
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.replace("\\", "/").lower() for name in archive.namelist()}
            mimetype = archive.read("mimetype") if _is_short(archive, "mimetype") else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError) as error:
        raise Unreadable(DAMAGED) from error
    return _kind_of_parts(names, mimetype)


def _is_short(archive: zipfile.ZipFile, name: str) -> bool:
    """Tell whether a part can be read without a thought; OpenDocument demands that its mark is not packed."""
    if name not in archive.namelist():
        return False
    part = archive.getinfo(name)
    return part.file_size < 200 and part.compress_type == zipfile.ZIP_STORED


def _kind_of_parts(names: set[str], mimetype: bytes) -> str:
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        raise Unreadable(_OPEN_DOCUMENT)
    if "xl/workbook.bin" in names:
        raise Unreadable(_BINARY_EXCEL)
    if any(name.startswith("index/") or name == "index.zip" for name in names):
        raise Unreadable(_NUMBERS)
    if any(name.startswith(("word/", "ppt/")) for name in names):
        raise Unreadable(_DOCUMENT)
    if "[content_types].xml" not in names and "_rels/.rels" not in names:
        raise Unreadable(_ARCHIVE)
    return "xlsx"
