"""Primary keys as addresses and forms send them: text, and not always a key."""

from collections.abc import Iterable

# Digits of the greatest number that a database takes; a longer one is an error there, not a row that is missing.
_MOST_DIGITS = 18


def primary_key(text: str) -> int | None:
    """Return the primary key that `text` is, None if it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def primary_keys(texts: Iterable[str]) -> list[int]:
    """Return the primary keys among `texts`, each once and in their order."""
    found = (primary_key(text) for text in texts)
    return list(dict.fromkeys(key for key in found if key is not None))
