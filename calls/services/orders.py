"""What a person asks for when placing a call, checked and turned into the body for OSVI."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import phonenumbers
import pydantic
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from calls import rendering
from calls.hours.zones import is_zone
from calls.models import Agent, CallLog, CallTemplate, CallTemplateVersion, Contact
from calls.osvi import contract
from calls.osvi.cleaning import clean_json
from calls.osvi.outcomes import REFERENCE_KEY

# The placeholder that the person's name fills; the others are asked for one by one.
NAME_PLACEHOLDER = "person_name"


@dataclass(frozen=True, kw_only=True)
class CallOrder:
    """One call as asked for. None means "as in the template"; without a template, "the agent's default".

    `phone_number` in any form that `country` (ISO) makes readable; `values` fill the placeholders;
    `overrides` has the keys of CallTemplate.content()["overrides"]; `data_points` are contract DataPoints.
    """

    agent: Agent
    phone_number: str
    country: str
    person_name: str = ""
    template: CallTemplate | None = None
    template_version: CallTemplateVersion | None = None
    values: dict[str, str] = field(default_factory=dict)
    greeting: str | None = None
    prompt: str | None = None
    additional_data: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, Any] | None = None
    data_points: list[dict[str, Any]] | None = None
    webhook_url: str = ""
    scheduled_for: datetime | None = None
    form_token: uuid.UUID | None = None
    again_of: CallLog | None = None
    is_test: bool = False
    # For whom of a list; what the hours depend on: "" as purpose means that every rule has to allow.
    contact: Contact | None = None
    purpose: str | None = None
    # The person's own IANA zone, if it is known; otherwise the number tells.
    time_zone: str = ""
    # Why hours and caps do not hold for this call. Needs a person with calls.override_guards.
    override_reason: str = ""
    # Ring again although the number was rung just now: True in any case, a reference if that call is the newest.
    confirmed_duplicate: bool | uuid.UUID = False


@dataclass(frozen=True)
class CheckedOrder:
    """An order that OSVI should accept: the number as E.164 and the validated body, without our reference."""

    phone_number: PhoneNumber
    country: str
    request: contract.CallRequest


def check(order: CallOrder) -> CheckedOrder:
    """Validate everything that can be known before sending.

    Raises ValidationError with a dictionary: order field (or "values.<placeholder>") → sentences.
    """
    errors: dict[str, list[str]] = {}
    if not order.agent.is_active:
        errors["agent"] = [_("OSVI no longer lists this agent as active. Please choose another one.")]
    if order.scheduled_for is not None and order.scheduled_for <= timezone.now():
        errors["scheduled_for"] = [_("This time has passed. Choose a later one, or call now.")]
    longest_name = CallLog._meta.get_field("person_name").max_length or 0
    if len(order.person_name.strip()) > longest_name:
        errors["person_name"] = [
            _("Please enter a name of at most %(maximum)d characters.") % {"maximum": longest_name}
        ]
    longest_reason = CallLog._meta.get_field("override_reason").max_length or 0
    if len(order.override_reason.strip()) > longest_reason:
        errors["override_reason"] = [
            _("Please give the reason in at most %(maximum)d characters.") % {"maximum": longest_reason}
        ]
    if order.time_zone and not is_zone(order.time_zone):
        errors["time_zone"] = [_("This is not a time zone. Write it like Asia/Kolkata.")]
    number = read_number(order.phone_number, order.country, errors)
    content = _content(order)
    texts = {
        name: _render(name, text, order, errors)
        for name, text in (("greeting", content["greeting"]), ("prompt", content["prompt"]))
    }
    if number is None:
        raise ValidationError(errors)
    request = _build(order, content, number, texts, errors)
    if errors or request is None:
        raise ValidationError(errors)
    return CheckedOrder(number, request.country_code, request)


def purpose_of(order: CallOrder) -> str:
    """Return what the call is for: as asked for, else as the template says; "" if nothing does."""
    if order.purpose is not None:
        return order.purpose
    return order.template.purpose if order.template else ""


def _content(order: CallOrder) -> dict[str, Any]:
    version = order.template_version
    stored = version.content if version else order.template.content() if order.template else {}
    return {
        "greeting": stored.get("greeting", "") if order.greeting is None else order.greeting,
        "prompt": stored.get("prompt", "") if order.prompt is None else order.prompt,
        "overrides": stored.get("overrides", {}) if order.overrides is None else order.overrides,
        "data_points": stored.get("data_points", []) if order.data_points is None else order.data_points,
        "additional_data": stored.get("additional_data", {}) | order.additional_data,
    }


def read_number(text: str, country: str, errors: dict[str, list[str]]) -> PhoneNumber | None:
    """Return the number as E.164, or None with what is wrong added to `errors`, by field of the order."""
    if not contract.is_country(country):
        errors["country"] = [_("Please enter the two-letter code of a country, such as IN.")]
        return None
    try:
        number = PhoneNumber.from_string(str(text), region=country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not number.is_valid():
        errors["phone_number"] = [
            _("This is not a telephone number that can be called. Check the digits and the country.")
        ]
        return None
    if not contract.is_country(phonenumbers.region_code_for_number(number) or ""):
        errors["phone_number"] = [
            _("This number belongs to no country, so it cannot be called through OSVI.")
        ]
        return None
    return number


def _render(name: str, text: str, order: CallOrder, errors: dict[str, list[str]]) -> str:
    values = {name: value.strip() for name, value in order.values.items()}
    values[NAME_PLACEHOLDER] = order.person_name.strip()
    try:
        return rendering.render(text, values)
    except rendering.TemplateTextError as error:
        errors.setdefault(name, []).extend(error.sentences)
    except rendering.MissingValues as error:
        for placeholder in error.names:
            place = "person_name" if placeholder == NAME_PLACEHOLDER else f"values.{placeholder}"
            errors[place] = [_("Please fill this in: the agent says it during the call.")]
    return ""


def _build(
    order: CallOrder,
    content: dict[str, Any],
    number: PhoneNumber,
    texts: dict[str, str],
    errors: dict[str, list[str]],
) -> contract.CallRequest | None:
    filled = {name: value for name, value in order.values.items() if value.strip()}
    body = {
        "agent_uuid": order.agent.agent_uuid,
        "phone_number": phonenumbers.national_significant_number(number),
        "country_code": phonenumbers.region_code_for_number(number),
        "person_name": order.person_name.strip() or None,
        "initial_greeting": texts["greeting"].strip() or None,
        "system_prompt": texts["prompt"].strip() or None,
        "webhook_url": order.webhook_url or None,
        "additional_data": {**content["additional_data"], **filled},
        "call_config_overrides": _overrides(content["overrides"]),
        "data_extraction": content["data_points"] or None,
    }
    for name, value in body.items():
        if not _can_be_kept(value):
            errors.setdefault(_PLACES.get(name, name), []).append(
                _("This contains characters or values that cannot be stored. Please remove them.")
            )
    try:
        return contract.CallRequest.model_validate(body)
    except pydantic.ValidationError as error:
        for place, sentences in _in_our_words(error).items():
            errors.setdefault(place, []).extend(sentences)
    return None


def _can_be_kept(value: Any) -> bool:
    """Whether every database holds it as it is: no NUL, no half characters, no NaN, not nested too deeply.

    Refused and not mended: what is sent must be what was asked for.
    """
    return bool(clean_json(value) == value)


def _overrides(flat: dict[str, Any]) -> dict[str, Any] | None:
    """Nest the five values as the contract has them; what is None is the agent's default and left out."""
    retry = {
        "enabled": flat.get("retry_enabled"),
        "max_attempts": flat.get("retry_max_attempts"),
        "interval_minutes": flat.get("retry_interval_minutes"),
    }
    retry = {key: value for key, value in retry.items() if value is not None}
    nested = {
        "max_call_duration_seconds": flat.get("max_call_duration_seconds"),
        "enable_callback": flat.get("enable_callback"),
        "retry_config": retry or None,
    }
    return {key: value for key, value in nested.items() if value is not None} or None


# Field of the contract → field of the order.
_PLACES = {
    "initial_greeting": "greeting",
    "system_prompt": "prompt",
    "country_code": "country",
    "agent_uuid": "agent",
    "enabled": "retry_enabled",
    "max_attempts": "retry_max_attempts",
    "interval_minutes": "retry_interval_minutes",
    "data_extraction": "data_points",
}


def _in_our_words(error: pydantic.ValidationError) -> dict[str, list[str]]:
    places: dict[str, list[str]] = {}
    for item in error.errors():
        path = [part for part in item["loc"] if isinstance(part, str)]
        name = path[0] if path and path[0] == "data_extraction" else path[-1] if path else "phone_number"
        places.setdefault(_PLACES.get(name, name), []).append(_sentence(item))
    return places


def _sentence(item: Any) -> str:
    match item["type"]:
        case "string_too_long":
            return _(
                "With the values filled in this is %(length)d characters long; OSVI takes at most %(maximum)d. "
                "Please shorten it."
            ) % {"length": len(item["input"]), "maximum": item["ctx"]["max_length"]}
        case "greater_than_equal":
            return _("Please enter %(minimum)d or more.") % {"minimum": item["ctx"]["ge"]}
        case "less_than_equal":
            return _("Please enter %(maximum)d or less.") % {"maximum": item["ctx"]["le"]}
        case _:
            return str(item["msg"]).removeprefix("Value error, ").capitalize() + "."


def with_reference(request: contract.CallRequest, reference: uuid.UUID) -> dict[str, Any]:
    """Return the body with our reference among the additional data, where OSVI's news echoes it."""
    body = request.body()
    body["additional_data"] = {**body.get("additional_data", {}), REFERENCE_KEY: str(reference)}
    return body
