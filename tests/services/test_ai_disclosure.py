"""Does a greeting say that it is an AI, and which rule asks for it."""

import pytest

from calls.models import CallingRule, CallTemplate
from calls.services import ai_disclosure
from tests.support import calling_hours

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "greeting",
    [
        "Hello, I am an AI calling for City Dental.",
        "This is an Automated call.",
        "Hi, the virtual assistant of City Dental speaking.",
        "I'm an artificial voice.",
        "नमस्ते, मैं एक कृत्रिम आवाज़ हूँ।",
        "नमस्ते, मैं एआई हूँ।",
        "Guten Tag, hier spricht eine KI.",
        "Guten Tag, ich bin eine künstliche Stimme.",
        "Bonjour, je suis un assistant virtuel.",
        "A.I. speaking.",
    ],
)
def test_it_is_said(greeting: str) -> None:
    assert ai_disclosure.is_said(greeting)


@pytest.mark.parametrize(
    "greeting",
    [
        "",
        "Hello {{ person_name }}, this is City Dental.",
        "Aap ki appointment kal hai.",
        "Said again: your virtual appointment is tomorrow.",
        "Call MAIN street about the MAID.",
        "नमस्ते, आपकी अपॉइंटमेंट कल है।",
    ],
)
def test_it_is_not_said(greeting: str) -> None:
    assert not ai_disclosure.is_said(greeting)


@pytest.mark.parametrize(
    ("country", "names"), [("US", "FCC"), ("GB", "PECR"), ("AU", "ACMA"), ("DE", "AI Act"), ("FR", "AI Act")]
)
def test_a_missing_disclosure_names_the_rule(template: CallTemplate, country: str, names: str) -> None:
    template.country = country

    assert names in ai_disclosure.warning_of(template)
    template.discloses_ai = True
    assert ai_disclosure.warning_of(template) == ""
    template.discloses_ai, template.greeting = False, "This is an automated call."
    assert ai_disclosure.warning_of(template) == ""


def test_where_no_rule_asks_for_it_nothing_is_said(template: CallTemplate) -> None:
    assert ai_disclosure.warning_of(template) == ""


def test_a_rule_that_people_entered_counts(template: CallTemplate) -> None:
    CallingRule.objects.filter(country="IN").delete()
    calling_hours.rule("IN", "marketing", disclosure_required=True, source="Act of 2027")

    assert ai_disclosure.warning_of(template) == ""
    template.purpose = "marketing"
    assert ai_disclosure.warning_of(template).endswith("The rule: Act of 2027")
    CallingRule.objects.update(source="")
    assert ai_disclosure.warning_of(template).endswith("The rule: the calling hours of India")


def test_an_empty_greeting_is_the_agents_own_and_nobody_knows_it() -> None:
    assert ai_disclosure.warning(country="US", purpose="service", greeting="", discloses_ai=False)
