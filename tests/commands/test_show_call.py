from typing import Any

import pytest
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.models import Agent, CallLog, Transcript
from tests.commands.running import run

pytestmark = pytest.mark.django_db
REFERENCE = "0a1b2c3d-0000-4000-8000-000000000001"


@pytest.fixture
def call(agent: Agent) -> CallLog:
    call = CallLog.objects.create(
        reference=REFERENCE,
        agent=agent,
        phone_number="+919876543210",
        country="IN",
        person_name="Asha",
        status=CallStatus.ACCEPTED,
        sent_at=timezone.now(),
        call_id="call_abc",
        call_log_id="6f1a6a3e-3c0b-4b0e-9a51-6a0d8c2f7e11",
        outcome="picked",
        duration_seconds=42,
        summary="She will come.\nAll is well.",
        extracted={"confirmed": True, "note": "", "day": "Monday"},
    )
    Transcript.objects.create(call=call, turns=[{"speaker": "agent", "text": "Hello"}], text="Hello")
    call.move(CallStatus.FINISHED, source=EventSource.POLL, why="OSVI says: Answered.")
    return call


@pytest.mark.parametrize(
    "reference",
    [
        REFERENCE,
        REFERENCE.upper(),
        REFERENCE.replace("-", ""),
        "0a1b2c3d",
        "0a1b2c3d-0000-4",
        "call_abc",
        "6f1a6a3e-3c0b-4b0e-9a51-6a0d8c2f7e11",
        f" {REFERENCE} ",
    ],
)
def test_it_finds_a_call_by_any_of_its_references(reference: str, call: CallLog) -> None:
    ended = run("show_call", reference, "--json")

    assert ended.code == 0
    assert ended.json["reference"] == REFERENCE


def test_it_tells_all_in_json(call: CallLog) -> None:
    told = run("show_call", REFERENCE, "--json").json

    assert told["status"] == "finished"
    assert told["outcome"] == "picked"
    assert told["phone_number"] == "+919876543210"
    assert told["answers"] == {"confirmed": True, "note": "", "day": "Monday"}
    assert told["duration_seconds"] == 42
    assert told["transcript"] == [{"speaker": "agent", "text": "Hello"}]
    (step,) = told["timeline"]
    assert (step["from"], step["to"], step["source"]) == ("accepted", "finished", "poll")
    assert step["what_happened"] == "OSVI says: Answered."


def test_it_tells_it_to_a_person(call: CallLog) -> None:
    out = run("show_call", REFERENCE).out

    for words in (
        "finished (Finished)",
        "picked (Answered)",
        "She will come.",
        "answer: confirmed  yes",
        "answer: note       —",
        "an answer from OSVI: OSVI says: Answered.",
    ):
        assert words in out


def test_words_from_outside_cannot_steer_the_terminal(call: CallLog) -> None:
    CallLog.objects.update(summary="\x1b[2Jgone \x9b31m", person_name="\u202eevil")

    out = run("show_call", REFERENCE).out

    assert not {"\x1b", "\x9b", "\u202e"} & set(out)
    assert "gone" in out


@pytest.mark.parametrize(
    "reference",
    ["0a1b2c3", "ffffffff", "call_", "", " ", "zzzzzzzzzz", "\x00", "\udcff", "a" * 33, "a" * 5000],
)
def test_a_reference_that_fits_no_call_is_told(reference: str, call: CallLog) -> None:
    ended = run("show_call", reference, "--json")

    assert ended.code == 2
    assert list(ended.json["errors"]) == ["REFERENCE"]
    assert "No call has this reference" in ended.err


def test_a_reference_that_fits_several_calls_is_told(call: CallLog, agent: Agent) -> None:
    twin = "0a1b2c3d-ffff-4000-8000-000000000002"
    CallLog.objects.create(reference=twin, agent=agent, phone_number="+919876543211", country="IN")

    ended = run("show_call", "0a1b2c3d")

    assert ended.code == 2
    assert "Several calls" in ended.err
    assert run("show_call", "0a1b2c3d-f").code == 0


def test_the_number_of_queries_does_not_grow_with_the_timeline(
    call: CallLog, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        call.note("OSVI told more about this call.", source=EventSource.POLL)

    with django_assert_max_num_queries(6):
        assert run("show_call", REFERENCE, "--json").code == 0
