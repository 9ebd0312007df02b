"""Placeholders: what is read, what is refused, what is said."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.rendering import (
    MissingValues,
    Piece,
    PieceKind,
    Placeholder,
    TemplateTextError,
    check,
    placeholders,
    render,
    render_marked,
)

# How busy the machine is must not decide whether a property holds.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("Hello.", []),
        ("{ one } and } { single braces", []),
        ('{"a": "{{ a }}"}', [Placeholder("a")]),
        ("{{ b }} {{a}} {{ b }}", [Placeholder("b"), Placeholder("a")]),
        ("{{  person_name  |  dear friend  }}", [Placeholder("person_name", "dear friend")]),
        ("{{\n_x1\n}}", [Placeholder("_x1")]),
        ("{{ a | x }} {{ a | y }}", [Placeholder("a", "x")]),
        ("{{ a | x }} {{ a }}", [Placeholder("a")]),
        ("{{ a }} {{ a | x }}", [Placeholder("a")]),
        ("{{a}}{{b}}", [Placeholder("a"), Placeholder("b")]),
    ],
)
def test_placeholders_are_listed_in_order_of_first_appearance(text, found):
    assert placeholders(text) == found


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("Hello {{ name", "Line 1, character 7", "not closed"),
        ("Hello\n  {{ name }", "Line 2, character 3", "not closed"),
        ("Hello name }}", "Line 1, character 12", "closes nothing"),
        ("{{ }}", "Line 1, character 1", "no name"),
        ("{{}}", "Line 1, character 1", "no name"),
        ("{{ | there }}", "Line 1, character 1", "no name"),
        ("{{ first name }}", "Line 1, character 1", "“first name” is not a placeholder name"),
        ("{{ 1st }}", "Line 1, character 1", "“1st” is not"),
        ("{{ a.b }}", "Line 1, character 1", "“a.b” is not"),
        ("{{ naïve }}", "Line 1, character 1", "“naïve” is not"),
        ("{{ name | }}", "Line 1, character 1", "fallback of “name” is empty"),
        ("{{ name | a | b }}", "Line 1, character 1", "more than one"),
        ("{% if a %}", "Line 1, character 1", "not supported"),
        ("{{ a {{ b }} }}", "Line 1, character 1", "braces inside it"),
        ("{{{ a }}}", "Line 1, character 1", "braces inside it"),
        ("{{ a | {b} }}", "Line 1, character 1", "braces inside it"),
        ("{{ a | {% b %} }}", "Line 1, character 1", "braces inside it"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text, where, what):
    with pytest.raises(TemplateTextError) as caught:
        check(text)
    assert caught.value.sentences[0].startswith(f"{where}: ")
    assert what in caught.value.sentences[0]
    assert str(caught.value) == " ".join(caught.value.sentences)
    for function in (lambda: placeholders(text), lambda: render(text, {}), lambda: render_marked(text, {})):
        with pytest.raises(TemplateTextError):
            function()


def test_every_mistake_is_listed():
    with pytest.raises(TemplateTextError) as caught:
        check("{{ 1 }}\n{{ ok }}\n{% x %} {{")
    assert [sentence.split(":")[0] for sentence in caught.value.sentences] == [
        "Line 1, character 1",
        "Line 3, character 1",
        "Line 3, character 9",
    ]


def test_rendering_fills_values_and_fallbacks():
    text = "Hello {{ name | there }}, see you on {{ day }}. {{ name }}!"
    assert render(text, {"name": "John", "day": "Monday", "unused": "x"}) == (
        "Hello John, see you on Monday. John!"
    )
    assert render("Hello {{ name | there }}.", {}) == "Hello there."


@pytest.mark.parametrize("blank", ["", "  ", "\n\t"])
def test_a_blank_value_counts_as_missing(blank):
    assert render("{{ name | there }}", {"name": blank}) == "there"
    with pytest.raises(MissingValues):
        render("{{ name }}", {"name": blank})


def test_missing_values_are_named_once_and_in_order():
    with pytest.raises(MissingValues) as caught:
        render("{{ b }} {{ a }} {{ b }} {{ c | x }} {{ d }}", {"d": "given"})
    assert caught.value.names == ["b", "a"]
    assert str(caught.value) == "A value is missing for: b, a."


@patient
@given(st.text(max_size=30))
def test_a_value_is_inserted_as_text_and_never_read_again(value):
    rendered = render("<{{ a | fallback }}>", {"a": value, "b": "never"})
    assert rendered == (f"<{value}>" if value.strip() else "<fallback>")


def test_a_value_may_hold_braces_and_statements():
    for value in ("{{ b }}", "{% now %}", "}}", "{{"):
        assert render("{{ a }}", {"a": value, "b": "never"}) == value


@patient
@given(st.text("{}%| ab1\n", max_size=25))
def test_any_text_is_either_refused_or_rendered_whole(text):
    values = {"a": "A", "b": "B", "ab": "AB", "ba": "BA", "a1": "1"}
    try:
        pieces = render_marked(text, values)
    except TemplateTextError:
        return
    for piece in pieces:
        if piece.kind is PieceKind.LITERAL:
            assert "{{" not in piece.text
            assert "}}" not in piece.text
    if "{{" not in text:
        assert "".join(piece.text for piece in pieces) == text


def test_a_preview_marks_where_each_piece_came_from():
    assert render_marked("Hi {{ a }}, {{ b | you }} {{c}}", {"a": "A"}) == [
        Piece("Hi ", PieceKind.LITERAL),
        Piece("A", PieceKind.VALUE, "a"),
        Piece(", ", PieceKind.LITERAL),
        Piece("you", PieceKind.FALLBACK, "b"),
        Piece(" ", PieceKind.LITERAL),
        Piece("{{ c }}", PieceKind.MISSING, "c"),
    ]
