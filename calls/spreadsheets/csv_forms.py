"""How a CSV file is written, by a program of whatever country: its encoding and its delimiter."""

import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.utils.translation import gettext_noop as _

from calls.spreadsheets.cells import looks_like_number
from calls.spreadsheets.limits import Unreadable

DELIMITERS = ("\t", ";", ",")
# How much of a file the delimiter is told by.
_VOTING_LETTERS = 200_000
_VOTING_ROWS = 100

_NOT_TEXT = _(
    "The file holds characters that no list has (in line %(line)d). Open it in your spreadsheet program, save it as "
    "“CSV UTF-8” or “Excel Workbook (.xlsx)” and upload that."
)
BROKEN_LETTERS = _(
    "Some letters of the file are damaged and cannot be read. Open the original in your spreadsheet program, save "
    "it as “CSV UTF-8” and upload that."
)
CLEANED = _("The file holds control characters, which nobody sees. They were left out.")
# Without blanks and line ends, and without the mark by which old systems end a file.
_CONTROL = re.compile("[\x01-\x08\x0e-\x19\x1b-\x1f\x7f]")
_NOTHING_ELSE = re.compile(r"\s*")
# The first line by which Excel is told the delimiter.
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<delimiter>[,;\t|:])"?(\r\n?|\n|$)', re.IGNORECASE)


@dataclass(frozen=True)
class Form:
    """What has to be known to read a CSV file. `encoding` is Python's name of it."""

    encoding: str
    delimiter: str
    has_separator_line: bool = False
    notes: tuple[str, ...] = ()


def form_of(path: Path, file_name: str) -> Form:
    """Tell how the file is written. Raises Unreadable if it is not text."""
    text = _text(path)
    notes = (CLEANED,) if _CONTROL.search(text.content) else ()
    start = text.content[:_VOTING_LETTERS]
    if said := _SEPARATOR_LINE.match(start):
        return Form(text.encoding, said["delimiter"], True, notes)
    return Form(text.encoding, _delimiter(start, file_name), False, notes)


# --- Encoding ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Text:
    content: str
    encoding: str


def _text(path: Path) -> _Text:
    """Return the whole file and how it is written. Raises Unreadable if it is not text."""
    content = path.read_bytes()
    text = _decoded(content)
    if len(_CONTROL.findall(text.content[:_VOTING_LETTERS])) * 100 > len(text.content):
        raise Unreadable(_NOT_TEXT, line=1)
    return text


def _decoded(content: bytes) -> _Text:
    if content.startswith(codecs.BOM_UTF8):
        return _sure(content, "utf-8-sig")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _sure(content, "utf-16")
    if b"\0" in content:
        return _wide(content)
    try:
        return _Text(content.decode("utf-8"), "utf-8")
    except UnicodeError:
        if _is_damaged_utf8(content):
            raise Unreadable(BROKEN_LETTERS) from None
        return _sure(content, "cp1252")


def _sure(content: bytes, encoding: str) -> _Text:
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        raise Unreadable(BROKEN_LETTERS) from error
    if "\0" in text:
        raise Unreadable(_NOT_TEXT, line=text.count("\n", 0, text.index("\0")) + 1)
    return _Text(text, encoding)


def _wide(content: bytes) -> _Text:
    """Read UTF-16 without a mark: every digit, blank and line end has a zero byte there, on the same side."""
    start = content[:100_000]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > max(20 * min(even, odd), len(start) // 20):
        return _sure(content, "utf-16-le" if odd > even else "utf-16-be")
    raise Unreadable(_NOT_TEXT, line=content.count(b"\n", 0, content.index(b"\0")) + 1)


def _is_damaged_utf8(content: bytes) -> bool:
    """Tell UTF-8 with a few broken letters from Windows-1252, in which whole letters of UTF-8 do not occur."""
    text = content.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    whole = sum(1 for letter in text if letter > "\x7f") - broken
    return whole > broken


# --- Delimiter --------------------------------------------------------------------------------


def _delimiter(start: str, file_name: str) -> str:
    """Return the delimiter for which most rows are equally wide, quotes respected."""
    usual = "\t" if file_name.lower().endswith((".tsv", ".tab")) else ","
    votes = {delimiter: _vote(start, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: votes[delimiter])
    return best if votes[best][0] else usual


def _vote(start: str, delimiter: str) -> tuple[float, bool, bool, int]:
    """Return how well a delimiter fits: the share of equally wide rows, then what decides between equals.

    That is: one of its cells is a telephone number; no blank follows it, as one follows a comma in a sentence;
    how many cells it makes.
    """
    sample = _complete_rows(start, delimiter)
    widths = Counter(len(row) for row in sample)
    wide = {width: times for width, times in widths.items() if width > 1}
    if not wide:
        return 0, False, False, 0
    width, times = max(wide.items(), key=lambda item: (item[1], item[0]))
    cells = [cell for row in sample if len(row) == width for cell in row]
    numbers = any(looks_like_number(cell) for cell in cells)
    tight = not all(
        row[column].startswith(" ") for row in sample if len(row) == width for column in range(1, width)
    )
    return round(times / len(sample), 2), numbers, tight, width


def _complete_rows(start: str, delimiter: str) -> list[list[str]]:
    """Return the first rows that are not blank. The last is left out where the text may end within it."""
    reader = csv.reader(StringIO(start, newline=""), delimiter=delimiter, strict=True)
    sample: list[list[str]] = []
    try:
        for row in reader:
            if any(_NOTHING_ELSE.fullmatch(cell) is None for cell in row):
                sample.append(row)
            if len(sample) == _VOTING_ROWS:
                return sample
    except csv.Error:
        # A quote which this delimiter does not fit, or which begins where the text was cut.
        return sample
    if len(start) == _VOTING_LETTERS and len(sample) > 1:
        sample.pop()
    return sample
