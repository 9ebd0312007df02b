"""Files for people: a sample to fill in, and the rows of a list that could not be used, each with its reason.

Both are CSV in UTF-8, with the mark by which Excel knows it.
"""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence

import phonenumbers
from django.utils.translation import gettext as _

from calls.spreadsheets.cells import clean, column_letters
from calls.spreadsheets.columns import NAME_PLACEHOLDER, REASON, ROW
from calls.spreadsheets.formulas import neutral

_ROWS_A_PIECE = 500
_MARK = "\ufeff".encode()


def sample_file(placeholders: Sequence[str], country: str) -> bytes:
    """Return a file with the headings a list needs and one row to overwrite.

    The headings are such that `columns.guess` understands them. Uploaded as it is, the file rings nobody.
    """
    values = [name for name in placeholders if name != NAME_PLACEHOLDER]
    example = [f"<{name.replace('_', ' ')}>" for name in values]
    return b"".join(
        _pieces([[_("Number"), _("Name"), *values], [example_number(country), _("Example Person"), *example]])
    )


def example_number(country: str) -> str:
    """Return what looks like a number of the country, but is none that can be called."""
    return f"+{phonenumbers.country_code_for_region(country)} 00000 00000"


def rows_with_reasons(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str], str]]
) -> Iterator[bytes]:
    """Yield, piece by piece, a file of (line in the uploaded file, its cells, what is wrong with it).

    It has the columns of the uploaded file, then line and reason, so that it can be corrected and uploaded again
    with the same mapping of columns. `header` is empty if the uploaded file has none: its columns are called by
    their letters then. Rows are as wide as `Sheet.rows` gives them.
    """
    yield from _pieces(_with_reasons(header, rows))


def _with_reasons(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str], str]]
) -> Iterator[Sequence[str]]:
    rows = iter(rows)
    first = list(itertools.islice(rows, 1))
    width = len(first[0][1]) if first else len(header)
    names = [*header, *[""] * (width - len(header))] if header else _names(width)
    yield [*names, _(ROW), _(REASON)]
    for line, cells, reason in itertools.chain(first, rows):
        yield [*cells, str(line), reason]


def _names(width: int) -> list[str]:
    return [_("Column %(letters)s") % {"letters": column_letters(column)} for column in range(width)]


def _pieces(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    rows = iter(rows)
    mark = _MARK
    while piece := list(itertools.islice(rows, _ROWS_A_PIECE)):
        lines = io.StringIO()
        csv.writer(lines).writerows([neutral(clean(cell)) for cell in row] for row in piece)
        yield mark + lines.getvalue().encode()
        mark = b""
