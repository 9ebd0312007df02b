"""How large an uploaded list may be, and what is said of a file that cannot be read."""

from django.utils.translation import gettext

MOST_ROWS = 50_000  # people, a row of headings not counted
MOST_BYTES = 20 * 1024 * 1024
MOST_COLUMNS = 100
LONGEST_CELL = 10_000  # characters
# A row is held in memory as a whole.
LONGEST_ROW = 1_000_000  # characters

# Blank rows and cells cost time too; more rows no spreadsheet program has.
MOST_LINES = 1_048_576
MOST_CELLS = 20_000_000  # of a sheet, those before and between its cells too

# Excel files are packed: what may come out of one, all parts together, and how often more than was packed.
MOST_UNPACKED = 100 * 1024 * 1024
MOST_TIMES_PACKED = 200
MOST_PARTS = 5_000
# What of an Excel file has to be held in memory at once: rows, different texts, styles and their attributes.
MOST_HELD = 1_000_000


class Unreadable(ValueError):
    """The file cannot be used; `str` says in the reader's language what is wrong and what to do.

    `english` is the same sentence in the language of the code, for the database.
    """

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message, values)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self._filled(gettext(self.message))

    @property
    def english(self) -> str:
        return self._filled(self.message)

    def _filled(self, sentence: str) -> str:
        return sentence % self.values if self.values else sentence
