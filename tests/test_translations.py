"""Every sentence for staff can be said in every language of the console, and is."""

import ast
import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import polib
import pytest
from django.conf import settings
from django.template.base import Lexer, Token, TokenType
from django.test import Client
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext

from calls.templatetags import recorded

BASE_DIR = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))
CODES = [code for code, _name in settings.LANGUAGES]
TRANSLATED = [code for code in CODES if code != settings.LANGUAGE_CODE]


def load_tool() -> ModuleType:
    """Return tools/messages.py, which is a script and in no package."""
    specification = importlib.util.spec_from_file_location("messages_tool", BASE_DIR / "tools/messages.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


messages = load_tool()


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    """A request leaves its language behind in its thread; here it ends with the test."""
    with translation.override("en"):
        yield


# --- Catalogues ----------------------------------------------------------------------------------


def test_there_is_a_catalogue_for_every_language() -> None:
    assert tuple(CODES) == messages.LANGUAGES


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="GNU gettext is not installed")
@pytest.mark.parametrize("code", CODES)
def test_the_catalogue_has_exactly_the_sentences_of_the_code(code: str, extraction: polib.POFile) -> None:
    """If this fails: run `make messages`, then translate what `tools/messages.py --missing hi` prints."""
    found = {(messages.key(entry), entry.msgid_plural) for entry in extraction}
    kept = {(messages.key(entry), entry.msgid_plural) for entry in messages.catalogue(code)}

    assert found - kept == set()
    assert kept - found == set()


@pytest.fixture(scope="module")
def extraction() -> polib.POFile:
    found: polib.POFile = messages.extracted()
    return found


def test_no_sentence_is_hidden_behind_a_name_that_is_not_looked_for() -> None:
    """gettext under another name than these is not found; such a sentence would never be translated."""
    names = {
        alias.asname
        for source in ("calls", "osvi_console")
        for path in (BASE_DIR / source).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.asname
    }

    assert names - {"_"} <= set(messages.ALIASES)


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_sentence_is_translated(code: str) -> None:
    left = [entry.msgid for entry in messages.catalogue(code) if not messages.is_translated(entry)]

    assert left == []


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_guessed_or_left_over(code: str) -> None:
    catalogue = messages.catalogue(code)

    assert catalogue.fuzzy_entries() == []
    assert catalogue.obsolete_entries() == []


@pytest.mark.parametrize("code", CODES)
def test_translations_have_the_placeholders_and_forms_of_their_sentences(code: str) -> None:
    for entry in messages.catalogue(code):
        if not messages.is_translated(entry):
            continue
        forms = entry.msgstr_plural or {0: entry.msgstr}
        assert set(forms) == ({0, 1} if entry.msgid_plural else {0}), entry.msgid
        for form, words in forms.items():
            assert messages.fitting(entry, words, form), (entry.msgid, words)
            assert words.startswith("\n") == entry.msgid.startswith("\n"), entry.msgid
            assert words.endswith("\n") == entry.msgid.endswith("\n"), entry.msgid


@pytest.mark.parametrize("code", CODES)
def test_what_django_reads_is_made_from_the_catalogue(code: str) -> None:
    """If this fails: run `make messages`."""

    path = messages.catalogue_path(code)
    compiled = {messages.key(entry): entry for entry in polib.mofile(str(path.with_suffix(".mo")))}
    written = {messages.key(e): e for e in messages.catalogue(code) if messages.is_translated(e)}

    assert set(compiled) == set(written)
    for sentence, entry in written.items():
        assert compiled[sentence].msgstr == entry.msgstr
        assert compiled[sentence].msgstr_plural == entry.msgstr_plural


def test_the_check_of_placeholders_finds_differences() -> None:
    entry = polib.POEntry(msgid="Call %(name)s at %(time)s.")
    assert messages.fitting(entry, "%(time)s: %(name)s")
    assert not messages.fitting(entry, "%(time)s: %(नाम)s")
    assert not messages.fitting(entry, "%(name)s")

    entry = polib.POEntry(msgid="One call", msgid_plural="%(count)d calls")
    assert messages.fitting(entry, "एक कॉल", 0)
    assert messages.fitting(entry, "%(count)d कॉल", 0)
    assert not messages.fitting(entry, "बहुत कॉल", 1)

    entry = polib.POEntry(msgid="Write {{ person_name }}.")
    assert not messages.fitting(entry, "{{ नाम }} लिखिए।")


def test_filling_writes_what_fits_and_refuses_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "LOCALE_DIR", tmp_path)
    found = polib.POFile()
    found.append(polib.POEntry(msgid="Calls"))
    found.append(polib.POEntry(msgid="Hello %(name)s"))
    found.append(polib.POEntry(msgid="%(n)d call", msgid_plural="%(n)d calls"))
    messages.save(messages.updated(polib.POFile(), found, "hi"), "hi")

    refused = messages.fill(
        "hi",
        {
            "Calls": "कॉल",
            "Hello %(name)s": "नमस्ते",
            "%(n)d call": ["%(n)d कॉल", "%(n)d कॉल"],
            "Nothing": "कुछ नहीं",
        },
    )

    assert len(refused) == 2
    assert [item["msgid"] for item in messages.missing("hi")] == ["Hello %(name)s"]
    changed = polib.POFile()
    changed.append(polib.POEntry(msgid="Calls"))
    changed.append(polib.POEntry(msgid="%(n)d call", msgid_plural="%(n)d calls!"))
    again = messages.updated(messages.catalogue("hi"), changed, "hi")
    assert [entry.msgstr for entry in again] == ["कॉल", ""]


# --- Templates -----------------------------------------------------------------------------------

# Names, which are the same in every language.
NAMES = {"OSVI", "OSVI Console", "CSV", "Excel"}
# What people read or hear although it is no text between tags.
READ_ALOUD = {"alt", "aria-label", "aria-description", "label", "placeholder", "title", "value"}
LETTER = re.compile(r"[^\W\d_]")
LITERAL = re.compile(r"""(?:^|[\s:=|])(_\()?(?:"([^"]*)"|'([^']*)')""")
# Tags whose quoted words are addresses, files or names of things, and tags that translate.
NOT_SHOWN = {
    *("translate", "trans", "blocktranslate", "blocktrans", "url", "static", "extends", "load", "if", "elif"),
    *("block", "endblock", "now"),
}


class Reader(HTMLParser):
    """Collects the words of a page: text between tags, and attributes that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.code = tag in {"script", "style"}
        submits = ("type", "submit") in attrs
        self.words += [
            value
            for name, value in attrs
            if value
            and ((name in READ_ALOUD and (name != "value" or submits)) or name.startswith("data-words"))
        ]

    def handle_endtag(self, tag: str) -> None:
        self.code = False

    def handle_data(self, data: str) -> None:
        if not self.code:
            self.words.append(data.strip())


def literals(token: Token) -> Iterator[str]:
    """Yield quoted words that a tag or variable may show: sentences, and words that begin with a capital."""
    if token.token_type == TokenType.BLOCK and token.split_contents()[0] in NOT_SHOWN:
        return
    for match in LITERAL.finditer(re.sub(r"\|date:\S+(?: [^\"]*\")?", "", token.contents)):
        words = match[2] or match[3] or ""
        if not match[1] and (words[:1].isupper() or " " in words.strip()):
            yield words


def untranslated(source: str) -> list[str]:
    """Return the words of a template that stand outside of translation."""
    page: list[str] = []
    found: list[str] = []
    inside = ""
    for token in Lexer(source).tokenize():
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK else ""
        if inside:
            inside = "" if name == f"end{inside}" else inside
        elif name in {"blocktranslate", "blocktrans", "comment", "verbatim"}:
            inside = name
        elif token.contents in {"block bodyclass", "block coltype"}:
            # Classes for stylesheets.
            inside = "block"
        elif token.token_type == TokenType.TEXT:
            page.append(token.contents)
        elif token.token_type in {TokenType.BLOCK, TokenType.VAR}:
            found += literals(token)
    reader = Reader()
    reader.feed("".join(page))
    reader.close()
    return [words for words in [*found, *reader.words] if LETTER.search(words) and words not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR / "templates")))
def test_no_template_has_words_outside_of_translation(path: Path) -> None:
    assert untranslated(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Call now</p>",
        '<a aria-label="Close" href="/">×</a>',
        '{% if calls %}<b title="{{ call }} is old">{% endif %}',
        '{{ name|default:"Somebody" }}',
        '{% badge "success" "Answered" %}',
        '{% include "a.html" with title="All calls" %}',
        "{% translate 'Call' %} now",
        '<input type="submit" value="Send">',
    ],
)
def test_the_check_of_templates_finds_words(source: str) -> None:
    assert untranslated(source)


@pytest.mark.parametrize(
    "source",
    [
        '<p>{% translate "Call now" %}</p>',
        "<p>{% blocktranslate count n=n %}{{ n }} call{% plural %}{{ n }} calls{% endblocktranslate %} · 3</p>",
        '{# Words for ourselves. #}<a href="{% url "admin:index" %}" class="big">{{ at|date:"j M Y" }}</a>',
        '{% include "a.html" with title=_("All calls") kind="danger" %}',
        "<h1>OSVI Console</h1><script>let Words;</script>",
        '<button name="language" value="Take">{{ words }}</button>',
    ],
)
def test_the_check_of_templates_lets_the_rest_pass(source: str) -> None:
    assert untranslated(source) == []


# --- The history -----------------------------------------------------------------------------------


def filled_sentences(path: Path) -> set[str]:
    """Return the sentences with placeholders that a module keeps in the history: those marked by gettext_noop."""
    tree = ast.parse(path.read_text())
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "gettext_noop"
    }
    return {
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and "%(" in argument.value
    }


def test_every_kept_sentence_can_be_read_in_another_language() -> None:
    paths = [*(BASE_DIR / "calls/services").glob("*.py"), *(BASE_DIR / "calls/osvi").glob("*.py")]

    assert set[str]().union(*map(filled_sentences, paths)) == set(recorded.FILLED)


def test_the_history_is_read_in_the_language_of_the_reader() -> None:
    with translation.override("hi"):
        plain = recorded.translated("OSVI could not be reached. Nothing was sent.")
        filled = recorded.translated(
            "OSVI could not be reached. Nothing was sent. Trying again in 20 seconds."
        )
        told = recorded.translated("OSVI refused the call: number is blocked, 100 % sure")

        assert plain == gettext("OSVI could not be reached. Nothing was sent.")
        assert plain in filled
        assert "20" in filled
        assert "Trying" not in filled
        assert told.endswith("number is blocked, 100 % sure")
        assert "refused" not in told
        assert recorded.translated("कुछ और") == "कुछ और"
        assert recorded.translated("") == ""
    assert recorded.translated("OSVI says: Answered.") == "OSVI says: Answered."


# --- Choosing a language ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_person_chooses_a_language_before_logging_in(client: Client) -> None:
    page = reverse("admin:login")
    content = client.get(page).content.decode()
    assert '<html lang="en" dir="ltr"' in content
    assert "हिंदी" in content

    answer = client.post(reverse("set_language"), {"language": "hi", "next": page})

    assert answer.headers["Location"] == page
    cookie = answer.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    content = client.get(page).content.decode()
    assert '<html lang="hi" dir="ltr"' in content
    with translation.override("hi"):
        assert gettext("Place phone calls and see what came of them.") in content


@pytest.mark.django_db
def test_the_language_stays_on_this_console(client: Client) -> None:
    answer = client.post(reverse("set_language"), {"language": "hi", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"

    client.post(reverse("set_language"), {"language": "xx", "next": "/"})
    client.get(reverse("set_language") + "?language=en")
    assert '<html lang="hi"' in client.get(reverse("admin:login")).content.decode()


@pytest.mark.django_db
def test_the_browsers_language_counts_until_one_is_chosen(client: Client) -> None:
    page = client.get(reverse("admin:login"), headers={"accept-language": "hi-IN,hi;q=0.9,en;q=0.8"})

    assert '<html lang="hi"' in page.content.decode()


def test_a_choice_needs_the_token_of_a_form() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("set_language"), {"language": "hi", "next": "/"})

    assert answer.status_code == 403


@pytest.mark.parametrize("code", CODES)
def test_dates_and_numbers_are_written_as_in_india(code: str) -> None:
    with translation.override(code):
        assert formats.number_format(1234567, force_grouping=True) == "12,34,567"
        assert formats.get_format("DATE_FORMAT") == "j M Y"
        assert formats.get_format("DATE_INPUT_FORMATS")[0] == "%Y-%m-%d"
        # 05/06 is the fifth of June, whoever types it.
        assert not any(form.startswith("%m") for form in formats.get_format("DATE_INPUT_FORMATS"))
