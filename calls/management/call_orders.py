"""The options of `place_call`, turned into an order. Problems are named after the options."""

import argparse
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import CommandParser

from calls.management import reading
from calls.management.output import InvalidOptions
from calls.management.reading import Problems
from calls.models import Agent, CallLog, CallTemplate
from calls.osvi import contract
from calls.services.orders import NAME_PLACEHOLDER, CallOrder

# Field of the order → option. "values.day" is handled apart: it is "--set day".
_OPTIONS = {
    "phone_number": "to",
    "person_name": "name",
    "max_call_duration_seconds": "max_duration",
    "enable_callback": "callback",
    "retry_enabled": "retry",
    "retry_max_attempts": "retry_attempts",
    "retry_interval_minutes": "retry_interval",
    "additional_data": "data",
    "data_points": "data_point",
    "scheduled_for": "schedule",
    "confirmed_duplicate": "even_if_recent",
    # Nothing that was typed: the setting that ends the day.
    NON_FIELD_ERRORS: "CALLS_A_DAY",
}


def add_options(parser: CommandParser) -> None:
    """Declare what describes a call. All is read as text, so that every mistake is told with the others."""
    switch = argparse.BooleanOptionalAction
    duration = _range("CallConfigOverrides.max_call_duration_seconds")
    attempts = _range("RetryConfig.max_attempts")
    interval = _range("RetryConfig.interval_minutes")
    greeting = contract.limits("CallRequest.initial_greeting").max_length
    add = parser.add_argument
    add("--agent", metavar="UUID", help="agent that calls; without it, the template's agent")
    add("--to", metavar="NUMBER", help="number to call, national digits or with + and country code")
    add("--country", metavar="CODE", help="two-letter country of the number (default: the template's)")
    add("--name", metavar="NAME", help="name of the person; fills {{ person_name }}")
    add("--template", metavar="NAME", help="name of a call template")
    add("--set", action="append", metavar="KEY=VALUE", help="value of a placeholder; may be repeated")
    add("--greeting", metavar="TEXT", help=f"greeting, at most {greeting} characters; “”: the agent's own")
    add("--prompt", metavar="TEXT", help="what the agent should do; “”: the agent's own")
    add("--max-duration", metavar="SECONDS", help=f"hang up after so long ({duration})")
    add("--retry", action=switch, help="whether OSVI rings again when not answered")
    add("--retry-attempts", metavar="N", help=f"ring again at most so often ({attempts})")
    add("--retry-interval", metavar="MINUTES", help=f"wait between tries ({interval})")
    add("--callback", action=switch, help="whether the person may ask for a callback")
    add("--data", metavar="JSON", help="object with facts for the agent, added to the template's")
    add("--data-point", action="append", metavar="JSON", help="what to find out, in place of the template's")
    add("--webhook-url", metavar="URL", help="send OSVI's news there and not to this console")
    add("--schedule", metavar="TIME", help="call at this time (ISO 8601; without offset in TIME_ZONE)")
    add("--even-if-recent", action="store_true", help="call even if the number was rung just now")


def _range(field: str) -> str:
    limits = contract.limits(field)
    return f"{limits.minimum} to {limits.maximum}"


def read(options: dict[str, Any], *, add_agent: bool) -> CallOrder:
    """Return the order that the options describe; what OSVI would refuse is for services.place to find.

    `add_agent`: an agent that this console does not know is made (not saved) instead of refused.
    Raises InvalidOptions.
    """
    problems = Problems()
    template = _template(options["template"], problems)
    agent = _agent(options["agent"], template, problems, add=add_agent)
    values = _values(options["set"] or [], problems)
    given = {option: _text(option, options, problems) for option in ("greeting", "prompt", "webhook_url")}
    order_fields: dict[str, Any] = {
        "phone_number": _number(options, problems),
        "country": _country(options, template),
        "person_name": _name(options, values, problems),
        "overrides": _overrides(options, template, problems),
        "additional_data": problems.read("data", reading.json_object, options["data"]) or {},
        "data_points": _data_points(options["data_point"], problems),
        "scheduled_for": problems.read("schedule", reading.moment, options["schedule"]),
    }
    problems.raise_if_any()
    if agent is None:
        raise InvalidOptions({"agent": ["Say which agent calls: --agent, or --template."]})
    return CallOrder(
        agent=agent,
        template=template,
        values=values,
        greeting=given["greeting"],
        prompt=given["prompt"],
        webhook_url=given["webhook_url"] or "",
        confirmed_duplicate=options["even_if_recent"],
        **order_fields,
    )


def in_options(error: ValidationError) -> InvalidOptions:
    """Return what services.place found wrong, named after the options."""
    problems: dict[str, list[str]] = {}
    for place, sentences in error.message_dict.items():
        option = f"set.{place.removeprefix('values.')}" if place.startswith("values.") else place
        problems.setdefault(_OPTIONS.get(option, option), []).extend(sentences)
    return InvalidOptions(problems)


def _text(option: str, options: dict[str, Any], problems: Problems) -> str | None:
    return problems.read(option, reading.text, options[option])


def _template(name: str | None, problems: Problems) -> CallTemplate | None:
    if name is None:
        return None
    found = problems.read("template", reading.text, name) and CallTemplate.objects.filter(name=name)
    template = found.select_related("agent").first() if found else None
    if template is None:
        problems.add("template", "There is no template of this name.")
    elif template.is_archived:
        problems.add("template", "This template is archived. Choose another one, or bring it back first.")
    return template


def _agent(uuid: str | None, template: CallTemplate | None, problems: Problems, *, add: bool) -> Agent | None:
    if uuid is None:
        return template.agent if template else None
    uuid = (problems.read("agent", reading.text, uuid) or "").strip()
    known = Agent.objects.filter(agent_uuid=uuid).first()
    if known is not None:
        return known
    if not add:
        problems.add("agent", "This console does not know the agent. Run `manage.py sync_agents` first.")
        return None
    agent = Agent(agent_uuid=uuid, name=uuid)
    try:
        agent.full_clean()
    except ValidationError as error:
        problems.add("agent", *error.message_dict.get("agent_uuid", error.messages))
        return None
    return agent


def _number(options: dict[str, Any], problems: Problems) -> str:
    if not options["to"]:
        problems.add("to", "Say which number to call.")
    return _text("to", options, problems) or ""


def _country(options: dict[str, Any], template: CallTemplate | None) -> str:
    default = template.country if template else settings.DEFAULT_COUNTRY
    return str(options["country"] or default).strip().upper()


def _name(options: dict[str, Any], values: dict[str, str], problems: Problems) -> str:
    """The name may come as --name or, like every other placeholder, by --set."""
    by_placeholder = values.pop(NAME_PLACEHOLDER, "")
    name = _text("name", options, problems) or by_placeholder
    longest = CallLog._meta.get_field("person_name").max_length
    if longest is not None and len(name.strip()) > longest:
        problems.add("name", f"This is {len(name)} characters long; at most {longest} can be stored.")
    return name


def _values(pairs: list[str], problems: Problems) -> dict[str, str]:
    values = {}
    for pair in pairs:
        key, equals, value = (problems.read("set", reading.text, pair) or "").partition("=")
        if not equals or not key.strip():
            problems.add("set", "Write --set key=value.")
        values[key.strip()] = value
    return values


def _overrides(
    options: dict[str, Any], template: CallTemplate | None, problems: Problems
) -> dict[str, Any] | None:
    def number(option: str) -> int | None:
        return problems.read(option, reading.whole_number, options[option])

    typed = {
        "max_call_duration_seconds": number("max_duration"),
        "enable_callback": options["callback"],
        "retry_max_attempts": number("retry_attempts"),
        "retry_interval_minutes": number("retry_interval"),
        "retry_enabled": options["retry"],
    }
    changed = {name: value for name, value in typed.items() if value is not None}
    if not changed:
        return None
    if {"retry_max_attempts", "retry_interval_minutes"} & set(changed):
        if options["retry"] is False:
            problems.add("retry", "--no-retry goes with neither --retry-attempts nor --retry-interval.")
        changed["retry_enabled"] = True
    elif options["retry"] is False:
        # The template's attempts and interval mean nothing to a call that is not rung again.
        changed |= {"retry_max_attempts": None, "retry_interval_minutes": None}
    return {**(template.content()["overrides"] if template else {}), **changed}


def _data_points(typed: list[str] | None, problems: Problems) -> list[dict[str, Any]] | None:
    if not typed:
        return None
    points = []
    known = list(contract.DataPoint.model_fields)
    for one in typed:
        point = problems.read("data_point", reading.json_object, one) or {}
        for name in point.keys() - set(known):
            problems.add("data_point", f"“{name}” is not known here. Use {', '.join(known)}.")
        points.append(point)
    return points
