"""The full-text index of calls on PostgreSQL: a row of word vectors per call, and triggers that keep it."""

# ruff: noqa: S608  # put together from names of our own

import string

WORDS = "calls_callwords"
# Beyond so many letters a call is not searched: a vector of words has an end, and storing must not fail.
MOST_LETTERS = 100_000
# Around these the server's parser sees addresses, paths, versions and tags instead of words.
SEPARATING = string.punctuation + "’"
# What the normal form NFKD sets free: accents; and joiners inside Devanagari words.
_DROPPED = "[\u0300-\u036f\u200c\u200d]"
_QUOTED = "'" + SEPARATING.replace("'", "''") + "'"
_OTHERS = {"answercorrection": "corrected", "callnote": "text", "transcript": "text"}

_FUNCTIONS = (
    f"""
    CREATE FUNCTION calls_words_in(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('pg_catalog.simple', translate(
            regexp_replace(left(normalize(said, NFKD), {MOST_LETTERS}), '{_DROPPED}', '', 'g'),
            {_QUOTED}, '{" " * len(SEPARATING)}'))
    $$
    """,
    # What was said comes last: if the end is left out, it is the end of the transcript.
    f"""
    CREATE FUNCTION calls_words_keep(wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO {WORDS} (call_id, name, everything)
        SELECT id, calls_words_in(person_name), calls_words_in(concat_ws(' ', person_name, summary,
            (SELECT string_agg(answer #>> '{{}}', ' ') FROM jsonb_path_query(extracted, 'strict $.**') AS answer
             WHERE jsonb_typeof(answer) IN ('string', 'number')),
            (SELECT string_agg(corrected, ' ') FROM calls_answercorrection WHERE call_id = wanted),
            (SELECT string_agg(text, ' ') FROM calls_callnote WHERE call_id = wanted),
            (SELECT text FROM calls_transcript WHERE call_id = wanted)))
        FROM calls_calllog WHERE id = wanted
        ON CONFLICT (call_id) DO UPDATE SET name = excluded.name, everything = excluded.everything;
    END
    $$
    """,
    # Whoever asks for few calls wants the index asked, whatever the server guesses about words it knows not.
    *(
        f"""
        CREATE FUNCTION calls_words_{column}(wanted tsquery) RETURNS SETOF bigint LANGUAGE sql STABLE
        SET enable_seqscan = off SET enable_indexscan = off AS $$
            SELECT call_id FROM {WORDS} WHERE {column} @@ wanted
        $$
        """
        for column in ("name", "everything")
    ),
    f"""
    CREATE FUNCTION calls_words_of_call() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            TRUNCATE {WORDS};
        ELSIF TG_OP = 'DELETE' THEN
            DELETE FROM {WORDS} WHERE call_id = OLD.id;
        ELSE
            PERFORM calls_words_keep(NEW.id);
        END IF;
        RETURN NULL;
    END
    $$
    """,
    # The call is locked first: two people's words about one call wait for each other here, always in this
    # order, and the second reads what the first wrote.
    """
    CREATE FUNCTION calls_words_of_other() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE wanted bigint;
    BEGIN
        FOR wanted IN SELECT DISTINCT id FROM unnest(ARRAY[
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.call_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.call_id END
        ]) AS id WHERE id IS NOT NULL ORDER BY id LOOP
            PERFORM 1 FROM calls_calllog WHERE id = wanted FOR NO KEY UPDATE;
            PERFORM calls_words_keep(wanted);
        END LOOP;
        RETURN NULL;
    END
    $$
    """,
)
TABLES = (
    f"CREATE TABLE {WORDS} (call_id bigint PRIMARY KEY, name tsvector NOT NULL, everything tsvector NOT NULL)",
    # Long vectors stand apart, so that looking up many rows reads little.
    f"ALTER TABLE {WORDS} SET (toast_tuple_target = 256)",
    f"CREATE INDEX calls_callwords_name ON {WORDS} USING gin (name)",
    f"CREATE INDEX calls_callwords_everything ON {WORDS} USING gin (everything)",
    *_FUNCTIONS,
)


def _triggers_of(table: str, text: str) -> dict[str, str]:
    changed = f"WHEN (OLD.call_id <> NEW.call_id OR OLD.{text} <> NEW.{text})"
    name, at = f"calls_words_{table}", f"calls_{table}"
    return {
        f"{name}_new": f"AFTER INSERT OR DELETE ON {at} FOR EACH ROW",
        f"{name}_changed": f"AFTER UPDATE OF call_id, {text} ON {at} FOR EACH ROW {changed}",
    }


def _made(name: str, when: str, function: str) -> str:
    return f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()"


def _all_triggers() -> dict[str, str]:
    changed = (
        "OLD.person_name <> NEW.person_name OR OLD.summary <> NEW.summary OR OLD.extracted <> NEW.extracted"
    )
    of_call = {
        "calls_words_new": "AFTER INSERT OR DELETE ON calls_calllog FOR EACH ROW",
        "calls_words_changed": "AFTER UPDATE OF person_name, summary, extracted ON calls_calllog "
        f"FOR EACH ROW WHEN ({changed})",
        "calls_words_emptied": "AFTER TRUNCATE ON calls_calllog FOR EACH STATEMENT",
    }
    of_other: dict[str, str] = {}
    for table, text in _OTHERS.items():
        of_other |= _triggers_of(table, text)
    return {
        **{name: _made(name, when, "calls_words_of_call") for name, when in of_call.items()},
        **{name: _made(name, when, "calls_words_of_other") for name, when in of_other.items()},
    }


TRIGGERS = _all_triggers()
FILL = ("SELECT count(calls_words_keep(id)) FROM calls_calllog",)
DROP_TRIGGERS = ("DROP FUNCTION calls_words_of_call, calls_words_of_other CASCADE",)
DROP_TABLES = (
    "DROP FUNCTION calls_words_keep, calls_words_in, calls_words_name, calls_words_everything",
    f"DROP TABLE {WORDS}",
)
