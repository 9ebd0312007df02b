"""OSVI's words for where a call stands, and how they outweigh each other.

The vocabulary is open: a word that is not in these tables stays as it came and is neither final nor running.
"""

import re

# How final words beat each other when news disagree; with retries by OSVI an unanswered one may be
# provisional.
FINAL_STRENGTH: dict[str, int] = {"failed": 1, "not_picked": 2, "busy": 3, "voicemail": 4, "picked": 5}
RUNNING = "in_progress"

STATUS_ALIASES: dict[str, str] = {
    "no_answer": "not_picked",
    "unanswered": "not_picked",
    "error": "failed",
    "failure": "failed",
    "processing": RUNNING,
    "ringing": RUNNING,
    "active": RUNNING,
}


def normalise_status(status: str) -> str:
    """Return the known word for a status as it came; an unknown word stays as it is, without outer blanks."""
    word = status.strip()
    key = re.sub(r"[\s-]+", "_", word.lower())
    key = STATUS_ALIASES.get(key, key)
    return key if key in FINAL_STRENGTH or key == RUNNING else word


def is_final(status: str) -> bool:
    """Whether the word says that the call is over."""
    return normalise_status(status) in FINAL_STRENGTH


def is_running(status: str) -> bool:
    """Whether the word says that the call is under way."""
    return normalise_status(status) == RUNNING


def strength(status: str) -> int:
    """Return the weight of a status word: final ones over running, over unknown ones, over none."""
    word = normalise_status(status)
    if word in FINAL_STRENGTH:
        return 2 + FINAL_STRENGTH[word]
    if word == RUNNING:
        return 2
    return 1 if word else 0
