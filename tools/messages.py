"""The catalogues of translations in locale/: made from the code, filled in, and turned into what Django reads.

Without an option: take the sentences out of code and templates into every catalogue, and compile. That needs
GNU gettext (the package `gettext`); everything else needs only polib. `--missing hi` prints what is not
translated yet as a JSON list; `--fill hi FILE` takes a JSON object of sentence → translation (a list of them where
the sentence has a plural) and writes it into the catalogue, but nothing with other placeholders than the sentence.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polib

BASE_DIR = Path(__file__).resolve().parent.parent
LOCALE_DIR = BASE_DIR / "locale"
LANGUAGES = ("en", "hi")
# Everything that staff read is written here; the words of scripts come from data attributes.
SOURCES = ("calls", "osvi_console", "templates")
# The names under which this code base imports gettext, besides Django's own.
ALIASES = ("_now", "_lazy")
# Django's command with these names added.
_MAKE_MESSAGES = f"""
from django.core.management.commands.makemessages import Command
import sys
Command.xgettext_options = [*Command.xgettext_options, *(f"--keyword={{name}}" for name in {ALIASES!r})]
Command().run_from_argv(["django-admin", "makemessages", *sys.argv[1:]])
"""
PLURALS = {"en": "nplurals=2; plural=(n != 1);", "hi": "nplurals=2; plural=(n > 1);"}
_PLACEHOLDER = re.compile(r"%\([A-Za-z_]\w*\)[#0 +-]*[\d.]*[a-z]|%[#0 +-]*[\d.]*[sdfr]|\{[\w .|]*\}")


def catalogue_path(language: str) -> Path:
    return LOCALE_DIR / language / "LC_MESSAGES" / "django.po"


def catalogue(language: str) -> polib.POFile:
    """Return the catalogue of a language, lines unbroken; an empty one if there is none yet."""
    path = catalogue_path(language)
    if path.exists():
        return polib.pofile(str(path), wrapwidth=0)
    return polib.POFile(wrapwidth=0)


def extracted(root: Path = BASE_DIR) -> polib.POFile:
    """Return every sentence of code and templates, as Django's makemessages finds them. Needs gettext."""
    with tempfile.TemporaryDirectory() as directory:
        # A copy of what counts: environments, data and tests of the real folder are never looked into.
        for name in SOURCES:
            shutil.copytree(root / name, Path(directory) / name, ignore=shutil.ignore_patterns("__pycache__"))
        (Path(directory) / "locale").mkdir()
        subprocess.run(  # noqa: S603
            [
                *(sys.executable, "-c", _MAKE_MESSAGES, "--locale", "en", "--keep-pot"),
                *("--no-wrap", "--add-location", "file", "--verbosity", "0"),
            ],
            cwd=directory,
            env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            check=True,
        )
        return polib.pofile(str(Path(directory) / "locale" / "django.pot"), wrapwidth=0)


def key(entry: polib.POEntry) -> tuple[str | None, str]:
    return entry.msgctxt, entry.msgid


def is_translated(entry: polib.POEntry) -> bool:
    """Whether nothing is left to do for an entry."""
    words = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    return not entry.fuzzy and bool(words) and all(words)


def updated(known: polib.POFile, found: polib.POFile, language: str) -> polib.POFile:
    """Return the catalogue of exactly the sentences found, with the translations known.

    Never guesses: a sentence that changed by a word is to be translated anew.
    """
    translations = {key(entry): entry for entry in known}
    result = polib.POFile(wrapwidth=0)
    # No dates: what did not change must not look changed.
    result.metadata = {
        "Project-Id-Version": "OSVI Console",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    for entry in found:
        earlier = translations.get(key(entry))
        if earlier is None or earlier.msgid_plural != entry.msgid_plural:
            earlier = polib.POEntry(msgstr_plural={0: "", 1: ""} if entry.msgid_plural else {})
        entry.msgstr, entry.msgstr_plural = earlier.msgstr, earlier.msgstr_plural
        result.append(entry)
    return result


def save(result: polib.POFile, language: str) -> None:
    """Write the catalogue, and what Django reads beside it."""
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    result.save(str(path))
    result.save_as_mofile(str(path.with_suffix(".mo")))


def placeholders(text: str) -> list[str]:
    """Return the placeholders of a sentence, sorted, a doubled percent sign being none."""
    return sorted(_PLACEHOLDER.findall(text.replace("%%", "")))


def fitting(entry: polib.POEntry, words: str, form: int = 0) -> bool:
    """Whether a translation has the placeholders of its sentence. The form for one may leave out the number."""
    wanted = placeholders(entry.msgid_plural if entry.msgid_plural and form else entry.msgid)
    given = placeholders(words)
    if entry.msgid_plural and form == 0:
        return set(given) <= set(placeholders(entry.msgid_plural)) and set(given) >= set(wanted)
    return given == wanted


def missing(language: str) -> list[dict[str, Any]]:
    """Return what is not translated: sentence, plural, context, hint for translators, and where it is used."""
    return [
        {
            "msgid": entry.msgid,
            **({"plural": entry.msgid_plural} if entry.msgid_plural else {}),
            **({"context": entry.msgctxt} if entry.msgctxt else {}),
            **({"hint": entry.comment} if entry.comment else {}),
            "used_in": sorted({file for file, _line in entry.occurrences}),
        }
        for entry in catalogue(language)
        if not is_translated(entry)
    ]


def fill(language: str, words: dict[str, str | list[str]]) -> list[str]:
    """Write translations into the catalogue. Returns what was not taken, and why."""
    result = catalogue(language)
    left = dict(words)
    refused = []
    for entry in result:
        if entry.msgid not in left:
            continue
        given = left.pop(entry.msgid)
        forms = [given] if isinstance(given, str) else given
        if len(forms) != (2 if entry.msgid_plural else 1):
            refused.append(f"{entry.msgid!r} takes a list of two forms, other sentences take one text.")
        elif not all(fitting(entry, text, form) for form, text in enumerate(forms)):
            refused.append(f"{entry.msgid!r}: the placeholders differ in {forms!r}.")
        elif entry.msgid_plural:
            entry.msgstr_plural = dict(enumerate(forms))
        else:
            entry.msgstr = forms[0]
    save(result, language)
    return [*refused, *(f"{sentence!r} is no sentence of the catalogue." for sentence in left)]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--missing", metavar="LANGUAGE", choices=LANGUAGES)
    choice.add_argument("--fill", nargs=2, metavar=("LANGUAGE", "FILE"))
    options = parser.parse_args()
    if options.missing:
        sys.stdout.write(json.dumps(missing(options.missing), ensure_ascii=False, indent=1) + "\n")
        return 0
    if options.fill:
        language, file = options.fill
        problems = fill(language, json.loads(Path(file).read_text()))
        sys.stderr.writelines(f"{problem}\n" for problem in problems)
        return 1 if problems else 0
    if shutil.which("xgettext") is None:
        sys.stderr.write("GNU gettext is missing. Debian and Ubuntu: apt-get install gettext\n")
        return 1
    found = extracted()
    for language in LANGUAGES:
        save(updated(catalogue(language), found, language), language)
        sys.stdout.write(f"{language}: {len(found)} sentences, {len(missing(language))} not translated.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
