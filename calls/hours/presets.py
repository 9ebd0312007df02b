"""The hours shipped with the console: presets.json, with the source and date of review of each.

None of this is legal advice. A country that is not here has no hours, and nobody may be called there until a
person enters some. That goes for the European Union, whose members each have rules of their own.
"""

import json
from datetime import date, time
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils.translation import gettext_noop

from calls.hours.rules import Rules, Window

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# Sentences stand here and not beside the numbers, because here they are found for translation.
_CONSENT = {
    "IN": gettext_noop(
        "The sender has to be registered (DLT), and promotional and service calls go out on number series of "
        "their own. What a subscriber has blocked in the preference register stays blocked. A call that is "
        "spoken by AI alone may count as automatic dialling: ask counsel."
    ),
    "US": gettext_noop(
        "A voice made by AI counts as an artificial voice (FCC 24-17): the person must have agreed to such calls "
        "beforehand, in writing for marketing. Who wants no more calls can say so in any reasonable way. "
        "Single states can allow fewer hours."
    ),
    "GB": gettext_noop(
        "Plan for consent to this kind of call beforehand (PECR reg. 19). Numbers registered with TPS or CTPS are "
        "off limits."
    ),
    "AU": gettext_noop(
        "Numbers have to be checked against the Do Not Call Register. Calling outside these hours needs express "
        "consent. End the call when asked to."
    ),
}

_AI_ACT = gettext_noop(
    "EU AI Act, article 50(1): people must be told that they are talking to an AI (applies since 2 August 2026)."
)
_EU_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905

# What has to be disclosed at the start of a call, by the country of the number.
DISCLOSURE: dict[str, str] = {
    "US": gettext_noop(
        "FCC 24-17 and 47 CFR 64.1200(b): the artificial voice must say who is calling at the start of the call."
    ),
    "GB": gettext_noop(
        "PECR regulation 24: an automated call must say who is calling and give a contact address or a free number."
    ),
    "AU": gettext_noop(
        "ACMA's rules on telemarketing and research calls: name, purpose and organisation must be said at the start."
    ),
    **dict.fromkeys(_EU_MEMBERS, _AI_ACT),
}


def disclosure_rule(country: str) -> str:
    """Return the rule, in English, that asks calls to this country to disclose something; "" if none is known."""
    return DISCLOSURE.get(country, "")


@cache
def load() -> tuple[Rules, ...]:
    """Return the shipped rules. Raises KeyError or ValueError if presets.json is not what it should be."""
    return tuple(
        _rules(entry) for entry in json.loads(files(__package__).joinpath("presets.json").read_text("utf-8"))
    )


def _rules(entry: dict[str, Any]) -> Rules:
    return Rules(
        country=entry["country"],
        purpose=entry["purpose"],
        windows=tuple(window for group in entry["windows"] for window in _windows(group)),
        holidays=entry["holidays"],
        source=entry["source"],
        source_url=entry["source_url"],
        reviewed_on=date.fromisoformat(entry["reviewed_on"]),
        disclosure_required=entry["disclosure_required"],
        consent_note=_CONSENT[entry["country"]],
        confidence=entry["confidence"],
    )


def _windows(group: dict[str, str]) -> list[Window]:
    opens, closes = time.fromisoformat(group["opens"]), time.fromisoformat(group["closes"])
    return [Window(_DAYS.index(day), opens, closes) for day in group["days"].split()]
