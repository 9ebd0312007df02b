"""Does a template say what calls have to say at their beginning, where a rule asks for it? It only warns."""

import re

from django.utils.translation import gettext as _

from calls.countries import country_name
from calls.hours.presets import disclosure_rule
from calls.models import CallingRule, CallTemplate

# Whole words by which a greeting says that no person is speaking, whatever their case.
WORDS = (
    "artificial",
    "automated",
    "chatbot",
    "digital assistant",
    "robot",
    "virtual agent",
    "virtual assistant",
    "voice assistant",
    "voice bot",
    # Hindi
    "एआई",
    "ए.आई.",
    "कृत्रिम",
    "रोबोट",
    "स्वचालित",
    "वर्चुअल असिस्टेंट",
    # Dutch, French, German, Italian, Portuguese, Spanish
    "kunstmatige",
    "virtuele assistent",
    "artificielle",
    "assistant virtuel",
    "künstliche",
    "virtueller assistent",
    "virtuelle assistentin",
    "artificiale",
    "assistente virtuale",
    "assistente virtual",
    "asistente virtual",
)
# In small letters these are words of other languages.
ACRONYMS = ("AI", "A.I.", "KI", "IA")
_SAID = re.compile(
    rf"(?<!\w)(?:(?i:{'|'.join(map(re.escape, WORDS))})|{'|'.join(map(re.escape, ACRONYMS))})(?!\w)"
)


def is_said(greeting: str) -> bool:
    """Tell whether a greeting has words that say that no person is speaking."""
    return _SAID.search(greeting) is not None


def rule_of(country: str, purpose: str) -> str:
    """Return the rule that asks calls to this country for it, in the reader's language; "" if none is known."""
    known = disclosure_rule(country)
    if known:
        return _(known)
    rules = CallingRule.objects.filter(country=country, disclosure_required=True, purpose__in=["", purpose])
    rule = rules.order_by("-purpose").first()
    if rule is None:
        return ""
    return rule.source or _("the calling hours of %(country)s") % {"country": country_name(country)}


def warning(*, country: str, purpose: str, greeting: str, discloses_ai: bool) -> str:
    """Return a sentence that names the rule if something is missing, else an empty text."""
    if discloses_ai or is_said(greeting):
        return ""
    rule = rule_of(country, purpose)
    if not rule:
        return ""
    words = _(
        "People in %(country)s have to be told at the beginning of a call who or what is calling, and the greeting "
        "does not seem to say that it is an AI. Add it to the greeting, or tick “the agent says that it is an AI” "
        "if the agent does so by itself. The rule: %(rule)s"
    )
    return words % {"country": country_name(country), "rule": rule}


def warning_of(template: CallTemplate) -> str:
    """Return the warning about a template as it is saved, or an empty text."""
    return warning(
        country=template.country,
        purpose=template.purpose,
        greeting=template.greeting,
        discloses_ai=template.discloses_ai,
    )
