"""The folded parts of the page "Place a call": what each holds, in a word, and what happens when it is empty."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.admin.fields import OVERRIDE_NAMES
from calls.admin.place_form import PlaceForm
from calls.admin.place_settings import in_words


@dataclass(frozen=True)
class Section:
    """One fold: `hint` stands beside its title, `note` above its fields."""

    name: str
    title: str
    hint: str
    note: str
    fields: list[Any]
    is_open: bool


def sections(form: PlaceForm) -> list[Section]:
    """Return the folds in their order; those with an error or a chosen time are open."""
    hints = hints_of(form)

    def section(name: str, title: str, note: str, *fields: str) -> Section:
        is_open = any(field in form.errors for field in fields) or (
            name == "when" and bool(form["scheduled_for"].value())
        )
        return Section(name, title, hints[name], note, [form[field] for field in fields], is_open)

    return [
        section("words", _("What the agent says"), "", "greeting", "prompt"),
        section(
            "answers",
            _("Answers to collect"),
            _("Without a row here OSVI collects what the agent is set to find out, and nothing else."),
            "data_points",
        ),
        section(
            "settings",
            _("Settings for this call"),
            _(
                "“Agent's default” means that the console asks for nothing: the agent does what it is set to "
                "at OSVI."
            ),
            *OVERRIDE_NAMES,
            "is_test",
        ),
        section("when", _("When"), "", "scheduled_for", "scheduled_zone"),
        section("facts", _("Facts for the agent"), "", "additional_data"),
    ]


def hints_of(form: PlaceForm) -> dict[str, str]:
    """Return by the name of a fold what it holds now, in few words."""
    return {
        "words": _("Greeting and prompt, for this call only"),
        "answers": _answers(form),
        "settings": " · ".join(in_words(form.overrides())) or _("All as the agent is set up"),
        "when": _("Now, or later"),
        "facts": _("Names and values it may refer to"),
    }


def _answers(form: PlaceForm) -> str:
    count = len(form["data_points"].value() or [])
    if not count:
        return _("What the agent is set to find out")
    return ngettext("%(count)d to find out", "%(count)d to find out", count) % {"count": count}
