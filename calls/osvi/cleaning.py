"""Make text and JSON from outside storable and free of secrets.

Every function takes anything a message may contain and raises nothing.
"""

import math
import re
from typing import Any

# Deeper data than this is cut: Python's own recursion limit must not decide which messages can be stored.
MAX_DEPTH = 40
CUT = "…"

_LINK = re.compile(r"https?:(?:\\?/){2}[^\s\"'<>]+", re.IGNORECASE)


def clean_text(text: str) -> str:
    """Return the text without what PostgreSQL and UTF-8 refuse: NUL characters and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def clean_json(value: Any, depth: int = 0) -> Any:
    """Return a copy of a parsed JSON value that every database can hold.

    Texts and keys are cleaned, NaN and the infinities become words, what lies deeper than MAX_DEPTH becomes
    "…", and anything that is not JSON becomes its text.
    """
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth >= MAX_DEPTH:
        return CUT
    if isinstance(value, dict):
        return {clean_text(str(key)): clean_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_json(item, depth + 1) for item in value]
    return clean_text(str(value))


def without_secrets(text: str, *secrets: str) -> str:
    """Return the text without links and without the given secrets.

    A presigned recording link and the per-call webhook address work for whoever holds them, so no link is
    kept.
    """
    for secret in filter(None, secrets):
        text = text.replace(secret, "[secret removed]")
    return _LINK.sub("[link removed]", text)
