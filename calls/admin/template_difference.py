"""What changed between two versions of a template, in words: texts word by word, settings and answers one by one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.admin import place_settings
from calls.admin.call_facts import readable

SAME, ADDED, REMOVED = "same", "added", "removed"
# By the blanks between them: vowel signs of Indian scripts are no letters to \w, and would stand alone.
_WORDS = re.compile(r"\{\{[^{}]*\}\}|\s+|[^\s{]+|\{")
_TEXTS = {"greeting": gettext_lazy("Greeting"), "prompt": gettext_lazy("Prompt")}


@dataclass(frozen=True)
class Stretch:
    """A stretch of text that both versions have, or only one of them."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """One thing that differs: its name, and what was taken out and put in."""

    name: str
    stretches: list[Stretch]


def between(older: dict[str, Any], newer: dict[str, Any], agents: Mapping[str, str]) -> list[Change]:
    """Return what differs between two contents (CallTemplateVersion.content); nothing if they say the same.

    `agents` are the names of agents by OSVI's id; one that is not in it is named by its id.
    """
    return [*_texts(older, newer), *_rest(older, newer, agents)]


def _texts(older: dict[str, Any], newer: dict[str, Any]) -> Iterator[Change]:
    for key, name in _TEXTS.items():
        if older[key] != newer[key]:
            yield Change(str(name), words(older[key], newer[key]))


def words(older: str, newer: str) -> list[Stretch]:
    """Return the newer text with what it lost, in stretches of whole words."""
    before, after = _WORDS.findall(older), _WORDS.findall(newer)
    stretches = []
    for kind, i, j, k, m in SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal":
            stretches.append(Stretch(SAME, "".join(before[i:j])))
            continue
        if i < j:
            stretches.append(Stretch(REMOVED, "".join(before[i:j])))
        if k < m:
            stretches.append(Stretch(ADDED, "".join(after[k:m])))
    return stretches


def _rest(older: dict[str, Any], newer: dict[str, Any], agents: Mapping[str, str]) -> Iterator[Change]:
    before, after = _lines(older, agents), _lines(newer, agents)
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            sides = ((REMOVED, before.get(name)), (ADDED, after.get(name)))
            yield Change(name, [Stretch(kind, text) for kind, text in sides if text])


def _lines(content: dict[str, Any], agents: Mapping[str, str]) -> dict[str, str]:
    """Return everything besides the texts as named lines."""
    agent = agents.get(content["agent_uuid"])
    lines = {
        _("Agent"): agent or content["agent_uuid"],
        _("Country"): content["country"],
        _("Settings"): ". ".join(place_settings.in_words(content["overrides"])) or _("As set up at OSVI"),
    }
    for name, value in content["additional_data"].items():
        lines[_("Fact: %(name)s") % {"name": name}] = readable(value)
    for place, point in enumerate(content["data_points"], start=1):
        lines[_("Answer: %(name)s") % {"name": point["key"]}] = _point(place, point)
    return lines


def _point(place: int, point: dict[str, Any]) -> str:
    parts = [f"{place}. {point['description']}", point.get("output_format") or ""]
    parts.append(_("required") if point.get("required") else "")
    return " · ".join(part for part in parts if part)
