"""Readers of single values in a message: anything in, the wanted type or "nothing" out. None raises."""

import re
from datetime import UTC, datetime
from typing import Any

from calls.osvi.cleaning import clean_json, clean_text

# Identifiers and single words are kept in columns of this width. A longer id is no id; a longer word is cut.
SHORT_TEXT = 255
# The largest whole number that a database's integer column holds.
MAX_WHOLE = 2_147_483_647

_LARGEST_NUMBER = 10**30

# Python also reads digits without dashes as a date, which would turn some epoch seconds into one.
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def text(value: Any) -> str:
    """Text without outer blanks; a number becomes its digits."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # Python refuses to write out numbers of thousands of digits; none of them means anything here.
        value = str(value) if abs(value) < _LARGEST_NUMBER else ""
    return clean_text(value).strip() if isinstance(value, str) else ""


def word(value: Any) -> str:
    """Text cut at SHORT_TEXT."""
    return text(value)[:SHORT_TEXT]


def identifier(value: Any) -> str:
    """Text that fits SHORT_TEXT: half an id would be another one."""
    found = text(value)
    return found if len(found) <= SHORT_TEXT else ""


def whole(value: Any) -> int | None:
    """A number that is not negative, also given as text such as "28" or "28.4"."""
    try:
        number = round(float(text(value)))
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= MAX_WHOLE else None


def flag(value: Any) -> bool | None:
    """True or False, also given as text; everything else is not said."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object, cleaned."""
    return clean_json(value) if isinstance(value, dict) else {}


def time(value: Any) -> datetime | None:
    """An ISO 8601 time in UTC. Without an offset it is read as UTC: the vendor does not say what it means."""
    if not isinstance(value, str) or not _ISO_DATE.match(value.strip()):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def tag(value: Any) -> str:
    """A tag comes as an object with a name, as a list of those, as text or as null."""
    items = value if isinstance(value, list) else [value]
    names = [text(item.get("name") if isinstance(item, dict) else item) for item in items]
    return word(", ".join(name for name in names if name))
