import pytest
from django.conf import settings
from django.template import Context, Template

from calls.templatetags.console import TONES, badge, icon, initial

SPRITE = settings.BASE_DIR / "static" / "img" / "icons.svg"
STYLES = settings.BASE_DIR / "static" / "css" / "components.css"


def render(tag: str, **values: object) -> str:
    return Template("{% load console %}" + tag).render(Context(values))


def test_an_icon_is_a_drawing_of_the_sprite_that_readers_pass_over() -> None:
    drawing = render('{% icon "phone" %}')

    assert drawing == icon("phone")
    assert 'class="icon icon--phone"' in drawing
    assert 'aria-hidden="true"' in drawing
    assert 'img/icons.svg#phone"' in drawing
    assert 'id="phone"' in SPRITE.read_text()


def test_the_name_of_an_icon_is_text() -> None:
    assert "<script>" not in icon('"><script>')


@pytest.mark.parametrize("tone", sorted(TONES))
def test_a_badge_has_a_tone_that_the_stylesheet_knows(tone: str) -> None:
    shown = render("{% badge tone label %}", tone=tone, label="Answered")

    assert shown == f'<span class="badge badge--{tone}">Answered</span>'
    assert f"--tone-{tone}-fg" in (STYLES.parent / "tokens.css").read_text()


def test_an_unknown_tone_is_an_error() -> None:
    with pytest.raises(ValueError, match="Unknown tone 'cheerful'; one of danger, info, neutral"):
        badge("cheerful", "Answered")
    with pytest.raises(ValueError, match="Unknown tone"):
        render('{% badge "" "Answered" %}')


def test_the_words_of_a_badge_are_text() -> None:
    assert "&lt;b&gt;" in badge("info", "<b>bold</b>")


@pytest.mark.parametrize(
    ("name", "letter"), [("asha", "A"), ("  ravi", "R"), ("", "–"), ("   ", "–"), ("ß", "SS"), (7, "7")]
)
def test_the_initial_of_a_name(name: object, letter: str) -> None:
    assert initial(name) == letter
