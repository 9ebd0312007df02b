"""Differences between two texts of a template, word by word."""

import pytest

from calls.admin.template_difference import words


def marked(before: str, after: str) -> str:
    """Return the difference with [-removed-] and {+added+}."""
    shapes = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(shapes[stretch.kind].format(stretch.text) for stretch in words(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Say hello now.", "Say goodbye now.", "Say [-hello-]{+goodbye+} now."),
        ("Hi {{ a }}.", "Hi {{ b }}.", "Hi [-{{ a }}-]{+{{ b }}+}."),
        ("राम की किताब", "राम का किताब", "राम [-की-]{+का+} किताब"),
        ("", "{ All new", "{+{ All new+}"),
    ],
)
def test_words_and_placeholders_are_never_shown_half_changed(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected
