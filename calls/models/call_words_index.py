"""The full-text index of calls: its two tables and the database triggers that keep them.

One table holds names alone, so that a search without the permission for conversations cannot even take longer
because of a word that was spoken; the other holds everything: name, summary, answers, corrected answers, notes
and transcript. Triggers cover every way to write, bulk writes and other programs included.
"""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from calls.models import call_words_postgresql, call_words_sqlite


def install(connection: BaseDatabaseWrapper) -> None:
    """Make tables and triggers, and index the calls that are there."""
    engine = _engine(connection)
    _run(connection, *engine.TABLES, *engine.TRIGGERS.values(), *engine.FILL)


def uninstall(connection: BaseDatabaseWrapper) -> None:
    """Take triggers and tables away."""
    _run(connection, *_engine(connection).DROP_TRIGGERS, *_engine(connection).DROP_TABLES)


def mend(using: str, **_of_signal: Any) -> None:
    """After a migration, make anew what SQLite dropped: altering a table there takes its triggers away."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
        there = {name for (name,) in cursor.fetchall()}
    if call_words_sqlite.WORDS in there and not there.issuperset(call_words_sqlite.TRIGGERS):
        uninstall(connection)
        install(connection)


def _engine(connection: BaseDatabaseWrapper) -> Any:
    return call_words_sqlite if connection.vendor == "sqlite" else call_words_postgresql


def _run(connection: BaseDatabaseWrapper, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
