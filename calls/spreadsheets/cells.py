"""What a cell may hold: text for people. Nothing that cannot be seen, no formula, no novel."""

import re
from functools import cache

from django.utils.translation import gettext_noop as _

from calls.spreadsheets.formulas import natural
from calls.spreadsheets.limits import LONGEST_CELL, MOST_COLUMNS, Unreadable

FORMULA = _(
    "Cell %(cell)s holds a formula. A list may hold values only. In your spreadsheet program copy all cells, "
    "paste them as values (“Paste special”, “Values only”), save the file and upload it again."
)
_TOO_LONG = _(
    "Cell %(cell)s holds more than %(most)d characters. If that is not meant, a quotation mark may be missing "
    "there. Shorten it and upload the file again."
)
TOO_WIDE = _(
    "Cell %(cell)s lies beyond column %(most)d. A list may have %(most)d columns at most. Delete columns that "
    "are not needed and upload the file again."
)

TOO_MANY_LINES = _(
    "The file has more than %(most)d rows, blank ones included. Delete the blank rows, or divide the list, and "
    "upload it again."
)

_LINE_END = re.compile("\r\n?|[\x0b\x0c\u2028\u2029]")
_BLANK = re.compile(r"[^\S\n\t]")  # of whatever width
# Control characters and marks nobody sees, such as those which come along when a number is copied from an
# address book. The joiners U+200C and U+200D stay: Hindi is written with them. Surrogates have no UTF-8.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

# "9.87654E+09", "########", "#N/A" and its like, "Ren\ufffd", "????": what a spreadsheet program made of a value.
_MANGLED = re.compile(
    r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+"
    r"|#{3,}|#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)"
    r"|\?[?\s]*\?|.*\ufffd.*",
    re.DOTALL,
)
# Digits with what people write between them; at the end perhaps an extension.
_NUMBER = re.compile(r"(tel:)?(\+|00)?[\d\s()./\-–]*\d(\s*(,|x|ext\.?)\s*\d{1,6})?", re.IGNORECASE)
_NO_NUMBER = re.compile(
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}([ T].*)?|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}( .*)?|\d+\.\d{1,2}"
)
_FEWEST_DIGITS, _MOST_DIGITS, _LONGEST_NUMBER = 7, 15, 40


def clean(text: str) -> str:
    """Return `text` as people see it: unseen characters and outer blanks taken away, one kind of line end."""
    text = text.strip()
    if text.isprintable():
        return text
    return _BLANK.sub(" ", _UNSEEN.sub("", _LINE_END.sub("\n", text))).strip()


def looks_mangled(text: str) -> bool:
    """Tell whether a spreadsheet program has lost the value: "9.87654E+09", "#####", "#N/A", "????".

    A row with such a cell deserves a better sentence than "bad number": format the column as text and save again.
    """
    return _MANGLED.fullmatch(text.strip()) is not None


def looks_like_number(text: str) -> bool:
    """Tell whether `text` may be a telephone number: neither a date nor an amount, with 7 to 15 digits."""
    text = text.strip()
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text) or _NO_NUMBER.fullmatch(text):
        return False
    return _FEWEST_DIGITS <= sum(map(str.isdigit, text)) <= _MOST_DIGITS + 6  # of an extension


@cache
def column_letters(column: int) -> str:
    """Return "A" for 0, "B" for 1, "AA" for 26."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_name(line: int, column: int) -> str:
    """Return what spreadsheet programs call a cell: "B7"."""
    return f"{column_letters(column)}{line}"


def checked(line: int, row: list[str]) -> list[str]:
    """Return a row of clean cells without the empty ones at its end, and as they were before `formulas.neutral`.

    Raises Unreadable for a cell that looks like a formula, is too long, or lies too far right.
    """
    cells = [cell.strip() for cell in row]
    # Most rows hold nothing to look at closely, and that is seen much faster of a row than of its cells.
    if not "".join(cells).isprintable():
        cells = [clean(cell) for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise Unreadable(TOO_WIDE, cell=cell_name(line, len(cells) - 1), most=MOST_COLUMNS)
    together = "".join(cells)
    if "'" in together:
        cells = [_natural(cell) for cell in cells]
    if "=" in together or len(together) > LONGEST_CELL:
        _refuse(line, cells)
    return cells


def _natural(cell: str) -> str:
    """Undo `formulas.neutral`. It never saw "=" at the start of a cell, for such are refused."""
    text = natural(cell).strip()
    return cell if text.startswith("=") else text


def _refuse(line: int, cells: list[str]) -> None:
    for column, cell in enumerate(cells):
        if cell.startswith("="):
            raise Unreadable(FORMULA, cell=cell_name(line, column))
        if len(cell) > LONGEST_CELL:
            raise Unreadable(_TOO_LONG, cell=cell_name(line, column), most=LONGEST_CELL)
