"""Text that no spreadsheet program takes for a formula, and the way back.

Programs look for one at the start of a cell and, where they divide cells at semicolons or tabs, within a text too.
"""

import re

# What is skipped before looking; then what begins a formula, in all widths.
_BLANK = "(?:[^\\S\t\r\n]|[\u200b-\u200f\u2060\ufeff])"
_BEGINNING = f"(?={_BLANK}*[=+\\-@＝＋－＠﹦﹢﹣﹫])"
_FORMULA = re.compile(f"(^|[;\t\r\n]){_BEGINNING}")
_NEUTRAL = re.compile(f"(^|[;\t\r\n])'{_BEGINNING}")
_LEADING = re.compile("^(?=[\t\r\n])")


def neutral(text: str) -> str:
    """Return `text` with an apostrophe before whatever would be taken for a formula.

    It keeps a number as it is, too: "+919876543210" would be made "9.19877E+11".
    """
    return _FORMULA.sub(r"\1'", _LEADING.sub("'", text))


def natural(text: str) -> str:
    """Return a text as it was before `neutral`."""
    return _NEUTRAL.sub(r"\1", text) if "'" in text else text
