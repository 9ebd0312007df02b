"""Tags for the console's own markup: icons from the sprite, and badges with a tone."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

TONES = frozenset({"neutral", "info", "success", "warning", "danger", "progress"})


@register.simple_tag
def icon(name: str) -> SafeString:
    """The drawing `name` of static/img/icons.svg; it carries no meaning of its own, so write words beside it."""
    return format_html(
        '<svg class="icon icon--{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        name,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def badge(tone: str, label: object) -> SafeString:
    """A status badge: one of `TONES` and the words of the status. Raises ValueError for an unknown tone."""
    if tone not in TONES:
        raise ValueError(f"Unknown tone {tone!r}; one of {', '.join(sorted(TONES))} is expected.")
    return format_html('<span class="badge badge--{}">{}</span>', tone, label)


@register.filter
def initial(name: object) -> str:
    """The first letter of a name, in upper case; a dash when the name is empty."""
    return str(name).strip()[:1].upper() or "–"
