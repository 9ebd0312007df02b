"""Every webhook variant and GET shape, every alias, and whatever strangers may send."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.osvi import outcomes, values
from calls.osvi.outcomes import (
    ALIASES,
    REFERENCE_KEY,
    CallOutcome,
    NewsSource,
    Turn,
    WrongShape,
    from_call,
    from_delivery,
    is_final,
    is_running,
    normalise_status,
)
from calls.osvi.transcripts import read_turns, turns_from_json, turns_to_json
from tests.payloads import load

# How busy the machine is must not decide whether a property holds.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

CALL = "8c1d2f60-5d0b-4f0e-9f0a-3f2c6f1f7a11"
AGENT = "agent_IsZ3Q6Sf_60Eh26XQMGbz-R_og"
REFERENCE = "f2b1c9a4-77a1-4d8e-8a35-0c3f5b6d9e10"
PHONE = "+919876543210"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def test_variant_1_flat_with_chat():
    assert from_delivery(load("webhooks/1_flat_chat")) == CallOutcome(
        source=NewsSource.DELIVERY,
        call_log_id=CALL,
        agent=AGENT,
        phone_number=PHONE,
        status="picked",
        execution_mode="prod",
        transcript=(
            Turn("agent", "Hello, this is a reminder."),
            Turn("person", "Yes, I will come.\nAt four."),
            Turn("agent", "Thank you."),
        ),
    )


def test_variant_1_not_answered():
    outcome = from_delivery(load("webhooks/1_flat_chat_not_picked"))
    assert (outcome.status, outcome.execution_mode, outcome.transcript) == ("not_picked", "test", ())


def test_variant_2_analysis_with_an_agent_uuid_in_the_name():
    assert from_delivery(load("webhooks/2_analysis")) == CallOutcome(
        source=NewsSource.DELIVERY,
        call_log_id=CALL,
        reference=REFERENCE,
        agent=AGENT,
        phone_number=PHONE,
        person_name="John Doe",
        status="picked",
        call_type="outbound",
        summary="The appointment was confirmed.",
        extracted={"appointment_confirmed": True, "visitors": 2, "note": None},
        analysis={"sentiment": "positive", "steps": [{"name": "greeting"}]},
    )


def test_variant_2_without_call_info_finds_the_nested_reference():
    assert from_delivery(load("webhooks/2_analysis_without_call_info")) == CallOutcome(
        source=NewsSource.DELIVERY,
        reference=REFERENCE,
        phone_number="9876543210",
        summary="The appointment was confirmed.",
    )


def test_variant_3_custom_template():
    assert from_delivery(load("webhooks/3_custom_template")) == CallOutcome(
        source=NewsSource.DELIVERY,
        call_id=CALL,
        agent="Reminders",
        phone_number=PHONE,
        status="picked",
        call_type="outbound",
        duration_seconds=28,
        ended_by="agent",
        ended_reason="silence-timed-out",
        summary="Short call.",
        tag="Interested",
        transcript=(Turn("agent", "Hello."), Turn("person", "Hello.")),
        created_at=datetime(2026, 6, 1, 4, 30, tzinfo=UTC),
    )


def test_variant_4_nested_sections():
    assert from_delivery(load("webhooks/4_nested_sections")) == CallOutcome(
        source=NewsSource.DELIVERY,
        call_log_id=CALL,
        reference=REFERENCE,
        agent="Reminders",
        phone_number=PHONE,
        person_name="John Doe",
        status="picked",
        duration_seconds=31,
        summary="Nested.",
        extracted={"appointment_confirmed": "yes"},
        transcript=(Turn("person", "Hello?"),),
    )


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_variant_5_without_a_body_has_the_wrong_shape(body):
    for read in (from_delivery, from_call):
        with pytest.raises(WrongShape):
            read(body)


def test_an_empty_object_says_nothing():
    assert from_delivery({}) == CallOutcome(source=NewsSource.DELIVERY)
    assert from_call({}) == CallOutcome(source=NewsSource.POLL)


def test_a_call_item():
    assert from_call(load("get/call")["data"]) == CallOutcome(
        source=NewsSource.POLL,
        call_id=CALL,
        agent=AGENT,
        phone_number=PHONE,
        person_name="John Doe",
        status="picked",
        call_type="outbound",
        duration_seconds=84,
        ended_by="agent",
        ended_reason="assistant-ended-call",
        summary="The appointment was confirmed.",
        extracted={"appointment_confirmed": "yes"},
        analysis={"sentiment": "positive", "callback_required": False},
        tag="Confirmed",
        retry_count=0,
        created_at=datetime(2026, 6, 1, 4, 30, tzinfo=UTC),
        picked_at=datetime(2026, 6, 1, 4, 30, 12, tzinfo=UTC),
    )


def test_a_list_item_full_of_nulls():
    outcome = from_call(load("get/calls")["data"][1])
    assert (outcome.status, outcome.duration_seconds, outcome.tag, outcome.picked_at) == (
        "not_picked",
        None,
        "",
        None,
    )


SAMPLES: dict[Callable[[Any], Any], tuple[Any, Any]] = {
    values.identifier: ("x-1", "x-1"),
    values.word: ("a word", "a word"),
    values.text: ("a text", "a text"),
    values.whole: ("12", 12),
    values.mapping: ({"a": 1}, {"a": 1}),
    values.tag: ({"name": "hot"}, "hot"),
    values.time: ("2026-06-01T10:00:00Z", datetime(2026, 6, 1, 10, tzinfo=UTC)),
    outcomes.read_turns: ("User: hi", (Turn("person", "hi"),)),
}


@pytest.mark.parametrize("where", ["top", "call_info", "callInfo"])
@pytest.mark.parametrize(
    ("name", "alias"), [(name, alias) for name, (aliases, _) in ALIASES.items() for alias in aliases]
)
def test_every_alias_at_every_place(name, alias, where):
    given_value, read_value = SAMPLES[ALIASES[name][1]]
    body = {alias: given_value} if where == "top" else {where: {alias: given_value}}
    assert getattr(from_delivery(body), name) == read_value
    assert getattr(from_call(body), name) == read_value


@pytest.mark.parametrize(
    "name", ["call_trigger_data", "callTriggerData", "additional_data", "additionalData"]
)
@pytest.mark.parametrize("nested", [None, "additional_data", "additionalData"])
def test_the_reference_in_trigger_data(name, nested):
    data = {REFERENCE_KEY: REFERENCE}
    assert from_delivery({name: {nested: data} if nested else data}).reference == REFERENCE


def test_trigger_data_does_not_speak_for_the_message():
    outcome = from_delivery({"call_trigger_data": {"status": "picked", "call_id": "x", "summary": "no"}})
    assert outcome == CallOutcome(source=NewsSource.DELIVERY)


def test_an_unspecific_id_counts_only_where_there_is_no_other():
    assert from_delivery({"id": "a"}).call_log_id == "a"
    assert from_delivery({"id": "a", "callId": "b"}).call_log_id == ""
    assert from_call({"id": "a"}).call_id == "a"
    assert from_call({"id": "a", "call_id": "b"}).call_id == "b"


def test_the_display_name_stands_in_for_a_missing_uuid():
    assert from_delivery({"agent_name": "Reminders"}).agent == "Reminders"
    assert from_delivery({"agent_name": AGENT}).agent == AGENT
    assert from_delivery({"agent_name": "Reminders", "agent_uuid": AGENT}).agent == AGENT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(0, 0), (28, 28), (28.6, 29), ("28", 28), (" 28.4 ", 28), ("0", 0)],
)
def test_durations(value, seconds):
    assert from_call({"duration_seconds": value}).duration_seconds == seconds


@pytest.mark.parametrize(
    "value",
    [-1, "-1", "", "soon", "nan", "inf", True, None, [], {}, 10**12, 10**400, 10**5000],
    ids=lambda value: type(value).__name__,
)
def test_durations_that_mean_nothing(value):
    assert from_call({"duration_seconds": value}).duration_seconds is None


@pytest.mark.parametrize(
    ("value", "hour"),
    [
        ("2026-06-01T10:00:00+05:30", 4),
        ("2026-06-01T10:00:00Z", 10),
        ("2026-06-01T10:00:00.123Z", 10),
        ("2026-06-01T10:00:00", 10),
        ("2026-06-01 10:00:00", 10),
    ],
)
def test_times_with_and_without_offset(value, hour):
    moment = from_call({"created_at": value}).created_at
    assert moment is not None
    assert moment.utcoffset() == datetime.now(UTC).utcoffset()
    assert moment.hour == hour


@pytest.mark.parametrize(
    "value", ["soon", "", 1780308000, "1780308000", "0001-01-01T00:00:00+05:30", None, {}]
)
def test_times_that_mean_nothing(value):
    assert from_call({"created_at": value}).created_at is None


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        ({"id": 1, "name": "hot", "color_code": "#fff"}, "hot"),
        ([{"name": "hot"}, {"name": "new"}, None, {}], "hot, new"),
        (["hot", "new"], "hot, new"),
        ("hot", "hot"),
        (None, ""),
        ([], ""),
        ({}, ""),
        ({"name": None}, ""),
    ],
)
def test_tags(value, tag):
    assert from_call({"tag": value}).tag == tag


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("picked", "picked"),
        ("PICKED", "picked"),
        (" not-picked ", "not_picked"),
        ("Not Picked", "not_picked"),
        ("no_answer", "not_picked"),
        ("no-answer", "not_picked"),
        ("unanswered", "not_picked"),
        ("busy", "busy"),
        ("voicemail", "voicemail"),
        ("failed", "failed"),
        ("failure", "failed"),
        ("error", "failed"),
        ("in_progress", "in_progress"),
        ("in-progress", "in_progress"),
        ("processing", "in_progress"),
        ("ringing", "in_progress"),
        ("active", "in_progress"),
    ],
)
def test_known_status_words(word, known):
    assert normalise_status(word) == known
    assert is_final(word) is (known != "in_progress")
    assert is_running(word) is (known == "in_progress")


@pytest.mark.parametrize("word", ["", "Transferred", "queued", "wiederholt"])
def test_unknown_status_words_stay_and_decide_nothing(word):
    assert normalise_status(word) == word
    assert not is_final(word)
    assert not is_running(word)
    assert from_delivery({"status": word}).status == word


@pytest.mark.parametrize(
    ("value", "turns"),
    [
        ("Agent: a\r\nUser: b", (Turn("agent", "a"), Turn("person", "b"))),
        ("AGENT : a\n  user:b", (Turn("agent", "a"), Turn("person", "b"))),
        ("noise\nAgent: the User: said", (Turn("", "noise"), Turn("agent", "the User: said"))),
        ("just text", (Turn("", "just text"),)),
        ("Agent:\nUser: b", (Turn("person", "b"),)),
        ("", ()),
        (["Agent: a", "b", None, "", 7], (Turn("agent", "a"), Turn("", "b"), Turn("", "7"))),
        ([{"role": "assistant", "content": "a"}], (Turn("agent", "a"),)),
        ([{"speaker": "USER", "text": "a", "time": 3}], (Turn("person", "a", "3"),)),
        ([{"sender": "human", "message": "a", "start": 1.5}], (Turn("person", "a", "1.5"),)),
        ([{"type": "bot", "transcript": "a", "start_time": "t"}], (Turn("agent", "a", "t"),)),
        ([{"type": "message", "role": "user", "text": "a", "created_at": "t"}], (Turn("person", "a", "t"),)),
        ([{"role": "system", "content": "a", "timestamp": "t"}], (Turn("", "a", "t"),)),
        ([{"role": "user", "words": ["a"]}], (Turn("person", '{"role": "user", "words": ["a"]}'),)),
        ([{"role": "user", "content": ""}, {}], ()),
        ([["a"]], (Turn("", '["a"]'),)),
        ({"turns": []}, ()),
        (None, ()),
        (5, ()),
    ],
)
def test_transcripts_of_any_form(value, turns):
    assert read_turns(value) == turns
    assert turns_from_json(turns_to_json(turns)) == turns


def test_text_that_databases_refuse_is_cleaned():
    outcome = from_delivery(
        {"summary": "a\x00b\ud800", "data_capture": {"k\x00": ["\x00x", float("nan"), float("-inf")]}}
    )
    assert outcome.summary == "ab?"
    assert outcome.extracted == {"k": ["x", "nan", "-inf"]}


def test_deep_data_is_cut_and_long_words_too():
    deep: dict[str, object] = {}
    for _ in range(3000):
        deep = {"a": deep}
    outcome = from_delivery({"data_capture": deep, "status": "x" * 1000, "call_id": "y" * 1000})
    assert str(outcome.extracted).endswith("'…'" + "}" * 40)
    assert len(outcome.status) == values.SHORT_TEXT
    assert outcome.call_id == ""


KEYS = [alias for aliases, _ in ALIASES.values() for alias in aliases]


@patient
@given(
    st.dictionaries(
        st.sampled_from([*KEYS, *outcomes.CALL_INFO_NAMES, *outcomes.TRIGGER_DATA_NAMES, "id"]),
        JSON | st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4),
        max_size=8,
    )
)
def test_no_object_makes_the_readers_fail(body):
    for outcome in (from_delivery(body), from_call(body)):
        assert isinstance(outcome.summary, str)
        assert outcome.duration_seconds is None or outcome.duration_seconds >= 0
        assert all(turn.text for turn in outcome.transcript)
