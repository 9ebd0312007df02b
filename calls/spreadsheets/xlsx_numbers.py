"""Numbers of Excel as the text a person sees: digits, dates, times. Never "9.88E+09"."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache

# Formats that Excel knows by number only.
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_PERCENTS = frozenset({9, 10})

# What a format shows as it stands ("kg", \k, _), *-) and its remarks ([Red], [$-409]); of those, [h] [m] [s] count.
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTER = re.compile("[dmyhs]", re.IGNORECASE)
# All digits shown, as for telephone numbers and postal codes: "0000000000", "+00 00000 00000", "(000) 000-0000".
_ALL_DIGITS = re.compile(r"(?P<before>\+?[1-9]*)[\s()/-]*0[0\s()/-]*")

_FIRST_DAYS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 (sheets know no zones)
# Excel takes 1900 for a leap year: days before its 29 February are counted one off.
_LEAP_DAY = 60
_LAST_DAY = {False: 2_958_466, True: 2_957_004}  # 10000-01-01
# Excel shows no more; what is beyond comes from how computers store numbers.
_DIGITS_SHOWN = 15


class _Kind(Enum):
    PLAIN = "plain"
    DATE = "date"
    PERCENT = "percent"


@dataclass(frozen=True)
class NumberFormat:
    """How a number is shown: as a date, or with `before` in front of at least `digits` digits."""

    kind: _Kind = _Kind.PLAIN
    digits: int = 0
    before: str = ""

    def text(self, raw: str, from_1904: bool = False) -> str:
        """Return what a person sees of a number written in the file as `raw`; `raw` if it is none."""
        if self.kind is _Kind.PLAIN and raw.isascii():
            if raw.isdigit():
                return self._with_zeros(raw) if self.digits else raw
            if len(raw) <= _DIGITS_SHOWN and raw[-1] not in "0." and raw.replace(".", "", 1).isdigit():
                return raw
        try:
            number = float(raw)
        except ValueError:
            return raw
        if not math.isfinite(number):
            return raw
        if self.kind is _Kind.DATE and 0 <= number < _LAST_DAY[from_1904]:
            return _moment(number, from_1904)
        if self.kind is _Kind.PERCENT:
            return f"{plain(number * 100)}%"
        text = plain(number)
        return self._with_zeros(text) if self.digits and text.isdigit() else text

    def _with_zeros(self, digits: str) -> str:
        return self.before + digits.zfill(self.digits)


PLAIN = NumberFormat()


def plain(number: float) -> str:
    """Return all digits of a number, without an exponent: "9876543210", "0.5"."""
    text = str(Decimal(f"{number:.{_DIGITS_SHOWN}g}").__format__("f"))
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=10_000)
def _moment(number: float, from_1904: bool) -> str:
    """Return a day, a time of day, or both: "2026-01-31 09:30"."""
    seconds = round(number * 86_400)
    days, second_of_day = divmod(seconds, 86_400)
    hours, minutes, second = second_of_day // 3600, second_of_day // 60 % 60, second_of_day % 60
    clock = f"{hours:02}:{minutes:02}" + (f":{second:02}" if second else "")
    if number < 1:
        return clock
    early = days < _LEAP_DAY and not from_1904
    day = (_FIRST_DAYS[from_1904] + timedelta(days=days + early)).date().isoformat()
    return f"{day} {clock}" if second_of_day else day


@cache
def format_of(number: int, code: str) -> NumberFormat:
    """Return what the format `number` shows, whose words are `code` if it is the workbook's own."""
    if not code:
        kind = _Kind.DATE if number in _DATES else _Kind.PERCENT if number in _PERCENTS else _Kind.PLAIN
        return NumberFormat(kind)
    code = code[:255].partition(";")[0]  # what comes after is for negative numbers and texts
    bare = _LITERAL.sub("", code)
    if "general" in bare.lower():
        return PLAIN
    if _DATE_LETTER.search(bare):
        return NumberFormat(_Kind.DATE)
    if "%" in bare:
        return NumberFormat(_Kind.PERCENT)
    shown = _ALL_DIGITS.fullmatch(_LITERAL.sub(lambda literal: literal[1] or literal[2] or "", code).strip())
    if shown and bare.count("0") > 1:
        return NumberFormat(digits=bare.count("0"), before=shown["before"])
    return PLAIN
