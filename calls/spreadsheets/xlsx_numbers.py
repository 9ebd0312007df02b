"""Values of Excel as the text a person sees: digits, dates, times. Never "9.88E+09"."""

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

from openpyxl.utils.escape import unescape

# What a format shows as it stands ("kg", \k, _), *-) and its remarks ([Red], [$-409]).
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]]*\]', re.IGNORECASE)
# All digits shown, as for telephone numbers and postal codes: "0000000000", "+00 00000 00000", "(000) 000-0000".
_ALL_DIGITS = re.compile(r"(?P<before>\+?[1-9]*)[\s()/-]*0[0\s()/-]*")
# Excel shows no more; what is beyond comes from how computers store numbers.
_DIGITS_SHOWN = 15


def shown(value: object, number_format: str) -> str:
    """Return what a person sees of a value that openpyxl has read from a cell."""
    match value:
        case bool():
            return str(value).upper()
        case int() | float():
            return _number(value, number_format)
        case datetime():
            return (
                value.date().isoformat()
                if value.time() == time()
                else f"{value.date()} {_clock(value.time())}"
            )
        case date():
            return value.isoformat()
        case time():
            return _clock(value)
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return unescape(str(value))


def _clock(value: time) -> str:
    return value.isoformat("seconds" if value.second else "minutes")


def _number(value: float, number_format: str) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    is_percent, digits, before = _meaning(number_format)
    if is_percent:
        return f"{_plain(value * 100)}%"
    text = _plain(value)
    return before + text.zfill(digits) if digits and text.isdigit() else text


def _plain(number: float) -> str:
    """Return all digits of a number, without an exponent: "9876543210", "0.5"."""
    if isinstance(number, int):
        return str(number)
    text = str(Decimal(f"{number:.{_DIGITS_SHOWN}g}").__format__("f"))
    return text.rstrip("0").rstrip(".") if "." in text else text


@cache
def _meaning(code: str) -> tuple[bool, int, str]:
    """Return whether a format shows percents, how many digits at least, and what before them."""
    code = code.partition(";")[0]  # what comes after is for negative numbers and texts
    bare = _LITERAL.sub("", code)
    if "general" in bare.lower():
        return False, 0, ""
    digits = _ALL_DIGITS.fullmatch(_LITERAL.sub(lambda literal: literal[1] or literal[2] or "", code).strip())
    if digits and bare.count("0") > 1:
        return False, bare.count("0"), digits["before"]
    return "%" in bare, 0, ""
