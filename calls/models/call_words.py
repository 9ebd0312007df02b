"""Words that people search calls for, as the full-text index of their database understands them."""

# ruff: noqa: S608, S611  # names of our own; what people type is a parameter

import re
import unicodedata

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import RawSQL

from calls.models import call_words_postgresql, call_words_sqlite

# What is beyond them narrows nothing that a person could read.
_MOST_LETTERS, _MOST_WORDS, _LONGEST_WORD = 1_000, 12, 60
# Shorter beginnings of words would fit nearly everything.
_SHORTEST_BEGINNING = 2
# Keys that are handed back to PostgreSQL one by one.
_FEW_CALLS = 5_000
_JOINERS = re.compile("[\u200c\u200d]")
_ACCENTS = re.compile("[\u0300-\u036f]")


def searched(text: str) -> list[str]:
    """Return the words of what a person typed, free of everything that a search could take for an operator."""
    letters = (
        letter if unicodedata.category(letter)[0] in "LNM" else " "
        for letter in _JOINERS.sub("", text[:_MOST_LETTERS])
    )
    words = [word[:_LONGEST_WORD] for word in "".join(letters).split()]
    # A lone accent or vowel sign is no word.
    return [word for word in words if any(letter.isalnum() for letter in word)][:_MOST_WORDS]


def matching(connection: BaseDatabaseWrapper, words: list[str], *, with_conversation: bool) -> RawSQL:
    """Return SQL for the primary keys of calls that hold all `words`, the last of them perhaps only begun.

    Without `with_conversation` only names are looked at. `words` come from searched() and are not empty.
    """
    if connection.vendor == "sqlite":
        table = call_words_sqlite.WORDS if with_conversation else call_words_sqlite.NAMES
        return RawSQL(f"SELECT rowid FROM {table} WHERE {table} MATCH %s", [_for_sqlite(words)])
    return _in_postgresql(connection, "everything" if with_conversation else "name", _for_postgresql(words))


def _in_postgresql(connection: BaseDatabaseWrapper, column: str, query: str) -> RawSQL:
    """Few calls are looked up at once. Of many, the server finds the newest sooner from the calls' side."""
    wanted = "to_tsquery('pg_catalog.simple', %s)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT calls_words_{column}({wanted}) LIMIT %s", [query, _FEW_CALLS + 1])
        few = [key for (key,) in cursor.fetchall()]
    if len(few) <= _FEW_CALLS:
        return RawSQL("SELECT unnest(%s::bigint[])", [few])
    table = call_words_postgresql.WORDS
    return RawSQL(f"SELECT call_id FROM {table} WHERE {column} @@ {wanted}", [query])


def _for_sqlite(words: list[str]) -> str:
    query = " ".join(f'"{unicodedata.normalize("NFC", word)}"' for word in words)
    return f"{query} *" if len(words[-1]) >= _SHORTEST_BEGINNING else query


def _for_postgresql(words: list[str]) -> str:
    plain = [_ACCENTS.sub("", unicodedata.normalize("NFKD", word)) for word in words]
    query = " & ".join(f"'{word}'" for word in plain)
    return f"{query}:*" if len(words[-1]) >= _SHORTEST_BEGINNING else query
