"""The full-text index of calls on SQLite: FTS5 tables, and triggers that keep a column of them each.

A trigger names no table but its own and the index; otherwise Django could not alter the other table.
"""

# ruff: noqa: S608  # put together from names of our own

NAMES, WORDS = "calls_callname", "calls_callwords"
# The tokenizer knows no normal forms: joiners inside Devanagari words are left out, and letters with a dot below
# are taken apart as in NFC, the form of what is searched.
_FOLDED = {
    "\u200c": "",
    "\u200d": "",
    **{chr(0x0958 + place): f"{letter}\u093c" for place, letter in enumerate("कखगजडढफय")},
}
# Columns that other rows of the call fill: column → (table, column of the text).
_OTHERS = {
    "corrections": ("calls_answercorrection", "corrected"),
    "notes": ("calls_callnote", "text"),
    "transcript": ("calls_transcript", "text"),
}
_COLUMNS = f"name, told, {', '.join(_OTHERS)}"
# Vowel signs belong to the word, so that Devanagari words stay whole. Nothing is ranked by length.
_TOKENS = "tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'\", columnsize = 0"


def _folded(text: str) -> str:
    for letter, instead in _FOLDED.items():
        text = f"replace({text}, char({ord(letter)}), '{instead}')"
    return text


def _told(row: str) -> str:
    """Return SQL for the summary and the answers of a row of calls."""
    words = f"SELECT group_concat(atom, ' ') FROM json_tree({row}.extracted)"
    answers = f"({words} WHERE type IN ('text', 'integer', 'real'))"
    return _folded(f"{row}.summary || ' ' || coalesce({answers}, '')")


def _of_others(column: str, call: str) -> str:
    """Return SQL for what other rows say in this column about a call."""
    table, text = _OTHERS[column]
    return _folded(f"coalesce((SELECT group_concat({text}, ' ') FROM {table} WHERE call_id = {call}), '')")


def _trigger(when: str, *statements: str) -> str:
    return f"{when} BEGIN {'; '.join(statements)}; END"


def _triggers_of_calls() -> dict[str, str]:
    name, told = _folded("new.person_name"), _told("new")
    return {
        "calls_words_new": _trigger(
            "AFTER INSERT ON calls_calllog",
            f"INSERT INTO {NAMES} (rowid, name) VALUES (new.id, {name})",
            f"INSERT INTO {WORDS} (rowid, {_COLUMNS}) VALUES (new.id, {name}, {told}, '', '', '')",
        ),
        "calls_words_name": _trigger(
            "AFTER UPDATE OF person_name ON calls_calllog WHEN old.person_name <> new.person_name",
            f"UPDATE {NAMES} SET name = {name} WHERE rowid = new.id",
            f"UPDATE {WORDS} SET name = {name} WHERE rowid = new.id",
        ),
        "calls_words_told": _trigger(
            "AFTER UPDATE OF summary, extracted ON calls_calllog "
            "WHEN old.summary <> new.summary OR old.extracted <> new.extracted",
            f"UPDATE {WORDS} SET told = {told} WHERE rowid = new.id",
        ),
        "calls_words_gone": _trigger(
            "AFTER DELETE ON calls_calllog",
            f"DELETE FROM {NAMES} WHERE rowid = old.id",
            f"DELETE FROM {WORDS} WHERE rowid = old.id",
        ),
    }


def _triggers_of(column: str) -> dict[str, str]:
    table, text = _OTHERS[column]

    def keep(row: str) -> str:
        call = f"{row}.call_id"
        return f"UPDATE {WORDS} SET {column} = {_of_others(column, call)} WHERE rowid = {call}"

    changed = f"WHEN old.call_id <> new.call_id OR old.{text} <> new.{text}"
    return {
        f"calls_words_{column}_new": _trigger(f"AFTER INSERT ON {table}", keep("new")),
        f"calls_words_{column}_changed": _trigger(
            f"AFTER UPDATE OF call_id, {text} ON {table} {changed}", keep("old"), keep("new")
        ),
        f"calls_words_{column}_gone": _trigger(f"AFTER DELETE ON {table}", keep("old")),
    }


def _all_triggers() -> dict[str, str]:
    bodies = _triggers_of_calls()
    for column in _OTHERS:
        bodies |= _triggers_of(column)
    return {name: f"CREATE TRIGGER {name} {body}" for name, body in bodies.items()}


TABLES = (
    f"CREATE VIRTUAL TABLE {NAMES} USING fts5(name, {_TOKENS})",
    f"CREATE VIRTUAL TABLE {WORDS} USING fts5({_COLUMNS}, {_TOKENS})",
)
TRIGGERS = _all_triggers()
FILL = (
    f"INSERT INTO {NAMES} (rowid, name) SELECT id, {_folded('person_name')} FROM calls_calllog",
    f"INSERT INTO {WORDS} (rowid, {_COLUMNS}) "
    f"SELECT id, {_folded('person_name')}, {_told('calls_calllog')}, "
    f"{', '.join(_of_others(column, 'calls_calllog.id') for column in _OTHERS)} FROM calls_calllog",
)
DROP_TRIGGERS = tuple(f"DROP TRIGGER IF EXISTS {name}" for name in TRIGGERS)
DROP_TABLES = (f"DROP TABLE {NAMES}", f"DROP TABLE {WORDS}")
