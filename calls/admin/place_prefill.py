"""What the page "Place a call" begins with: nothing, a template, an agent, or an earlier call."""

from typing import Any

from django.conf import settings

from calls import rendering
from calls.admin.place_form import VALUE_PREFIX, placeholders_of
from calls.models import Agent, CallLog, CallTemplate
from calls.osvi.outcomes import REFERENCE_KEY
from calls.services import numbers
from calls.services.again import overrides_of
from calls.services.orders import NAME_PLACEHOLDER

Initial = dict[str, Any]


def from_nothing(agent: Agent | None = None) -> Initial:
    """Return an empty page, for this agent if one is given."""
    return {"country": settings.DEFAULT_COUNTRY, "agent": agent.pk if agent else None}


def from_template(template: CallTemplate) -> Initial:
    """Return the page as the newest version of the template fills it."""
    version = template.versions.first()
    content = version.content if version else template.content()
    return {
        "template": template.pk,
        "version": version.pk if version else None,
        "agent": template.agent_id,
        "country": content["country"],
        "greeting": content["greeting"],
        "prompt": content["prompt"],
        "data_points": content["data_points"],
        **content["overrides"],
        **_known_values(content["greeting"], content["prompt"], content["additional_data"]),
    }


def from_call(call: CallLog) -> Initial:
    """Return the page filled like an earlier call: same person, words, values and settings; the number masked.

    A template that may no longer be used is left out; its words and facts are taken over all the same.
    """
    content = call.template_version.content if call.template_version else {}
    usable = call.template is not None and not call.template.is_archived
    sent = call.request.get("additional_data") or {}
    greeting, prompt, values = _words(call, content, sent)
    inherited = content.get("additional_data", {}) if usable else {}
    facts = {
        name: value
        for name, value in sent.items()
        if name != REFERENCE_KEY and f"{VALUE_PREFIX}{name}" not in values and inherited.get(name) != value
    }
    return {
        "again": call.pk,
        "template": call.template_id if usable else None,
        "version": call.template_version_id if usable else None,
        "agent": call.agent_id,
        "phone_number": numbers.masked(call.phone_number),
        "number_of": call.pk,
        "country": call.country,
        "person_name": call.person_name,
        "greeting": greeting,
        "prompt": prompt,
        "data_points": call.request.get("data_extraction") or [],
        "additional_data": facts,
        "is_test": call.is_test,
        "time_zone": call.time_zone,
        **overrides_of(call),
        **values,
    }


def _words(call: CallLog, content: dict[str, Any], sent: dict[str, Any]) -> tuple[str, str, Initial]:
    """Return greeting, prompt and values: the template's words where they are what was said, else what was said."""
    texts = (content.get("greeting", ""), content.get("prompt", ""))
    said = (call.request.get("initial_greeting") or "", call.request.get("system_prompt") or "")
    values = _known_values(*texts, sent)
    filled = {name.removeprefix(VALUE_PREFIX): value for name, value in values.items()}
    filled[NAME_PLACEHOLDER] = call.person_name
    greeting, prompt = (
        text if _renders_to(text, filled, spoken) else spoken
        for text, spoken in zip(texts, said, strict=True)
    )
    return greeting, prompt, _known_values(greeting, prompt, sent)


def _renders_to(text: str, values: dict[str, str], spoken: str) -> bool:
    try:
        return rendering.render(text, values).strip() == spoken
    except (rendering.TemplateTextError, rendering.MissingValues):
        return False


def _known_values(greeting: str, prompt: str, data: dict[str, Any]) -> Initial:
    """Return the values of placeholders that the data has, under the names of their fields."""
    return {
        f"{VALUE_PREFIX}{placeholder.name}": data[placeholder.name]
        for placeholder in placeholders_of(greeting, prompt)
        if placeholder.name != NAME_PLACEHOLDER and isinstance(data.get(placeholder.name), str)
    }
