"""Opt-outs that are heard in a call: which words and fields count, which do not, and what becomes of them."""

from collections.abc import Callable
from typing import Any

import pytest

from calls.choices import CallStatus, EventSource, SuppressionSource, SuppressionStatus
from calls.models import CallLog, DoNotCall
from calls.osvi.outcomes import CallOutcome, NewsSource, Turn
from calls.services.do_not_call_heard import heard_in
from calls.services.do_not_call_phrases import wish_in_report, wish_in_speech
from calls.services.record_outcome import record_outcome

pytestmark = pytest.mark.django_db

SAID = [
    "Do not call me again.",
    "Please don't call me anymore",
    "don’t ever call this number",
    "No, stop calling me!",
    "I never asked for this, stop calling",
    "no do not call me again",
    "Never call me again",
    "Remove my number please.",
    "Take me off your list.",
    "I want to opt out",
    "unsubscribe",
    "Put me on the do not call list.",
    "No more calls, please.",
    "मुझे फोन मत करना",
    "मुझे फ़ोन मत कीजिए।",
    "दोबारा कॉल न करें",
    "कॉल करना बंद करो",
    "मेरा नंबर हटा दीजिए",
    "इस नंबर पर कॉल नहीं करना",
    "mujhe call mat karo",
    "mera number hata do",
]
NOT_SAID = [
    "Call me again tomorrow.",
    "Do not call me before five.",
    "Don't call me now, I am driving",
    "Please don't stop calling",
    "Do not call the doctor.",
    "I did not opt out",
    "Remove the sugar from my order.",
    "अभी फोन मत करो",
    "मुझे कल फोन करना",
    "abhi call mat karo",
    "Take me to the clinic.",
    "No more calls are planned.",
    "I'll call you, don't worry",
    "recalling me is fine",
    "",
]
TOLD = [
    "The customer asked not to be called again.",
    "Asha asked us not to call her again.",
    "She does not want to be called.",
    "He doesn't want any more calls from us.",
    "The person requested removal from the list.",
    "He asked to be removed.",
    "They asked the agent to stop calling.",
    "The caller wants to opt out of reminders.",
    "The contact opted out.",
    "She requested that her number be removed.",
    "Asked to be added to the do-not-call list.",
    "He said: do not call me again.",
    "Confirmed the appointment, but asked for no further calls.",
    "ग्राहक ने कॉल न करने को कहा।",
    "ग्राहक ने नंबर हटाने के लिए कहा।",
]
NOT_TOLD = [
    "The customer did not ask to be removed.",
    "She did not opt out.",
    "He never asked us to stop calling.",
    "The customer did not say do not call me again.",
    "The agent explained how to opt out.",
    "Asked not to be called before 10 am.",
    "The customer asked to be called again tomorrow.",
    "She wants the number of the clinic.",
    "The customer confirmed without asking to be removed.",
    "ग्राहक ने कॉल न करने को नहीं कहा।",
    "Nobody answered.",
]


@pytest.mark.parametrize("words", SAID)
def test_a_wish_is_heard(words: str) -> None:
    assert wish_in_speech(words)


@pytest.mark.parametrize("words", NOT_SAID)
def test_other_words_are_no_wish(words: str) -> None:
    assert wish_in_speech(words) == ""


@pytest.mark.parametrize("words", TOLD)
def test_a_wish_is_read(words: str) -> None:
    assert wish_in_report("It went well. " + words)


@pytest.mark.parametrize("words", NOT_TOLD)
def test_other_reports_are_no_wish(words: str) -> None:
    assert wish_in_report(words) == ""


def test_the_sentence_is_returned_as_it_stands() -> None:
    assert wish_in_report("Hello. She’d rather  not talk; asked not to be called. Bye.") == (
        "She’d rather  not talk; asked not to be called."
    )


@pytest.mark.parametrize(
    "field",
    [
        {"do_not_call": True},
        {"doNotCall": "Yes"},
        {"Opt-out": "true"},
        {"dnd_requested": "हाँ"},
        {"DND": 1},
        {"unsubscribe": "Yes, he was quite clear"},
        {"wants_opt_out": {"value": "yes", "reason": "busy"}},
        {"flags": [{"stop_calling": "haan"}]},
        {"opt_out": "Asked not to be called again"},
    ],
)
def test_a_field_says_so(field: dict[str, Any]) -> None:
    for place in ("extracted", "analysis"):
        assert heard_in(CallLog(**{place: field}), ()) is not None


@pytest.mark.parametrize(
    "field",
    [
        {"do_not_call": False},
        {"do_not_call": "no"},
        {"opt_out": ""},
        {"opt_out": None},
        {"dnd": 0},
        {"opt_out_offered": True},
        {"callback_required": True},
        {"windndow": "yes"},
        {"opt_out": {"value": "no"}},
        {"opt_out": []},
    ],
)
def test_other_fields_say_nothing(field: dict[str, Any]) -> None:
    assert heard_in(CallLog(extracted=field, analysis=field), ()) is None


def test_deep_and_odd_fields_do_no_harm() -> None:
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"a": [deep]}

    assert heard_in(CallLog(extracted=deep, analysis={"": [[1], None]}), ()) is None


def test_what_the_agent_says_is_no_wish() -> None:
    agent, person = Turn("agent", "Shall I stop calling you?"), Turn("person", "Stop calling me.")

    assert heard_in(CallLog(), (agent,)) is None
    assert heard_in(CallLog(), (agent, person)) is not None


# --- What becomes of it ---------------------------------------------------------------------------


def tell(call: CallLog, **news: Any) -> None:
    record_outcome(
        call.pk, CallOutcome(source=NewsSource.POLL, status="picked", **news), source=EventSource.POLL
    )


def test_news_that_says_so_is_proposed_once(make_call: Callable[..., CallLog], queue: Any) -> None:
    call = make_call(CallStatus.ACCEPTED)

    tell(call, summary="All is well.")
    assert not DoNotCall.objects.exists()
    tell(call, transcript=(Turn("person", "मुझे फोन मत करना"),))
    tell(call, summary="He asked not to be called again.", extracted={"opt_out": "yes"})

    proposal = DoNotCall.objects.get()
    assert (proposal.status, proposal.source, proposal.call) == (
        SuppressionStatus.PROPOSED,
        SuppressionSource.CALL,
        call,
    )
    assert (proposal.words, proposal.reason) == ("मुझे फोन मत करना", "Said in the conversation.")


def test_only_what_is_new_is_looked_at(make_call: Callable[..., CallLog], queue: Any) -> None:
    call = make_call(CallStatus.FINISHED, summary="He asked not to be called.", outcome="picked")

    tell(call, duration_seconds=20)

    assert not DoNotCall.objects.exists()
