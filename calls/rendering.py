"""Placeholders in greetings and prompts: `{{ person_name }}` and `{{ person_name | there }}`, nothing else.

A value is inserted as text and never read again, so braces in a value mean nothing. There is no other
template language: what cannot be read is an error when the text is saved, never silence in someone's ear.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_PLACEHOLDER = re.compile(r"(?<!\{)\{\{(?P<inside>[^{}]*)\}\}(?!\})")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Whatever looks like the language but is not a whole placeholder.
_SUSPECT = re.compile(r"\{\{|\}\}|\{%")
_REASONS = {
    "{{": gettext_lazy(
        "“{{” is not closed by “}}”, or there are braces inside it. Write for example {{ person_name }}."
    ),
    "}}": gettext_lazy("“}}” closes nothing. If both braces are meant as text, put a space between them."),
    "{%": gettext_lazy("“{%” is not supported. Only placeholders such as {{ person_name }} are."),
}


class PieceKind(StrEnum):
    """What a piece of a preview is."""

    LITERAL = "literal"  # as written in the template
    VALUE = "value"  # a value that was given
    FALLBACK = "fallback"  # the fallback of a value that was not given
    MISSING = "missing"  # the placeholder itself: neither value nor fallback


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A name the text asks for. `fallback` is None if at least one place in the text has none."""

    name: str
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a rendered text; `name` is the placeholder's, empty for literal text."""

    text: str
    kind: PieceKind
    name: str = ""


class TemplateTextError(ValueError):
    """The text cannot be read. `sentences` say in plain words what is wrong and where."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class MissingValues(ValueError):
    """Placeholders without value or fallback; `names` in order of first appearance."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(_("A value is missing for: %(names)s.") % {"names": ", ".join(names)})
        self.names = names


def placeholders(text: str) -> list[Placeholder]:
    """Return each name the text asks for once, in order of first appearance.

    Raises TemplateTextError if the text cannot be read.
    """
    found: dict[str, Placeholder] = {}
    for part in _parts(text):
        if isinstance(part, Placeholder):
            known = found.setdefault(part.name, part)
            if part.fallback is None and known.fallback is not None:
                found[part.name] = part
    return list(found.values())


def check(text: str) -> None:
    """Raise TemplateTextError if the text is not plain text with well-formed placeholders."""
    _parts(text)


def render(text: str, values: Mapping[str, str]) -> str:
    """Return the text with every placeholder filled. A blank value counts as missing and the fallback is
    used.

    Raises TemplateTextError if the text cannot be read, MissingValues if a name has neither value nor
    fallback.
    """
    pieces = render_marked(text, values)
    missing = dict.fromkeys(piece.name for piece in pieces if piece.kind is PieceKind.MISSING)
    if missing:
        raise MissingValues(list(missing))
    return "".join(piece.text for piece in pieces)


def render_marked(text: str, values: Mapping[str, str]) -> list[Piece]:
    """Return the rendered text in pieces that say where each stretch came from, for a live preview.

    A name without value and fallback stays as `{{ name }}` with kind MISSING.
    Raises TemplateTextError if the text cannot be read.
    """
    return [_piece(part, values) for part in _parts(text)]


def _piece(part: str | Placeholder, values: Mapping[str, str]) -> Piece:
    if isinstance(part, str):
        return Piece(part, PieceKind.LITERAL)
    value = values.get(part.name)
    if value is not None and value.strip():
        return Piece(value, PieceKind.VALUE, part.name)
    if part.fallback is not None:
        return Piece(part.fallback, PieceKind.FALLBACK, part.name)
    return Piece(f"{{{{ {part.name} }}}}", PieceKind.MISSING, part.name)


def _parts(text: str) -> list[str | Placeholder]:
    """Split the text into literal stretches and placeholders; raise TemplateTextError with all complaints."""
    parts: list[str | Placeholder] = []
    complaints: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        complaints += _literal_complaints(text, end, match.start())
        parts += [text[end : match.start()]] if match.start() > end else []
        inside = match["inside"]
        if complaint := _complaint(inside):
            complaints.append(_located(text, match.start(), complaint))
        else:
            name, bar, fallback = inside.partition("|")
            parts.append(Placeholder(name.strip(), fallback.strip() if bar else None))
        end = match.end()
    complaints += _literal_complaints(text, end, len(text))
    if complaints:
        raise TemplateTextError(complaints)
    return [*parts, text[end:]] if end < len(text) else parts


def _complaint(inside: str) -> str:
    """Return what is wrong between a pair of double braces, or an empty text."""
    name, bar, fallback = (part.strip() for part in inside.partition("|"))
    if not name:
        return _("the placeholder has no name. Write for example {{ person_name }}.")
    if not _NAME.fullmatch(name):
        return _(
            "“%(name)s” is not a placeholder name. "
            "Use letters, digits and underscores, and do not begin with a digit."
        ) % {"name": name}
    if bar and not fallback:
        return _("the fallback of “%(name)s” is empty. Write for example {{ %(name)s | there }}.") % {
            "name": name
        }
    if "|" in fallback:
        return _("“%(name)s” has more than one “|”. A placeholder takes one fallback.") % {"name": name}
    return ""


def _literal_complaints(text: str, start: int, end: int) -> Iterator[str]:
    for match in _SUSPECT.finditer(text, start, end):
        yield _located(text, match.start(), str(_REASONS[match[0]]))


def _located(text: str, position: int, complaint: str) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return _("Line %(line)d, character %(column)d: %(complaint)s") % {
        "line": line,
        "column": column,
        "complaint": complaint,
    }
