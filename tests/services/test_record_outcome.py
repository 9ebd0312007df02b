"""Record outcome: any order and any repetition of a call's news ends in the same row."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.choices import CallStatus, EventSource
from calls.models import CallLog, Transcript
from calls.osvi.outcomes import CallOutcome, NewsSource, Turn, from_call, from_delivery
from calls.services.record_outcome import record_outcome
from tests.payloads import load, names

MakeCall = Callable[..., Any]
ANSWER = CallOutcome(source=NewsSource.ANSWER, call_id="call_abc123xyz")
TRANSCRIPT = CallOutcome(source=NewsSource.POLL, status="picked", transcript=(Turn("agent", "Hello."),))
NEWS = {
    "answer": ANSWER,
    "poll": from_call(load("get/call")["data"]),
    "poll not picked": from_call({"call_id": "call_abc123xyz", "status": "not_picked"}),
    "poll running": from_call({"call_id": "call_abc123xyz", "status": "in_progress"}),
    "transcript": TRANSCRIPT,
    **{name: from_delivery(load(name)) for name in names("webhooks")},
}
# Times, and what plans or tells the questions to OSVI, may depend on the order.
COLUMNS = (
    "status",
    "outcome",
    "call_id",
    "call_log_id",
    "summary",
    "duration_seconds",
    "ended_by",
    "ended_reason",
    "tag",
    "extracted",
    "analysis",
    "retry_count",
    "picked_at",
    "provenance",
    "required_missing",
)
ASKING = {"data_extraction": [{"key": "confirmed", "description": "Ask.", "required": True}]}


def record(call: CallLog, news: CallOutcome) -> Any:
    return record_outcome(call.pk, news, source=EventSource.DELIVERY)


def told(call: CallLog, news: list[CallOutcome]) -> dict[str, Any]:
    for piece in news:
        record(call, piece)
    stored = CallLog.objects.values(*COLUMNS).get(pk=call.pk)
    transcript = Transcript.objects.filter(call=call).values("turns", "text").first()
    return stored | {"transcript": transcript}


def delivery(status: str, **fields: Any) -> CallOutcome:
    return CallOutcome(source=NewsSource.DELIVERY, status=status, **fields)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_repetition_ends_in_the_same_row(make_call: MakeCall, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sorted(NEWS)), min_size=1, max_size=6, unique=True))
    repeated = data.draw(
        st.permutations([*chosen, *data.draw(st.lists(st.sampled_from(chosen), max_size=3))])
    )
    CallLog.objects.all().update(call_id="")

    straight = told(make_call(CallStatus.SENDING, request=ASKING), [NEWS[name] for name in chosen])
    CallLog.objects.all().update(call_id="")
    shuffled = told(make_call(CallStatus.SENDING, request=ASKING), [NEWS[name] for name in repeated])

    assert shuffled == straight


def test_every_order_of_the_usual_news(make_call: MakeCall) -> None:
    usual = [ANSWER, delivery("picked", summary="Fine."), TRANSCRIPT]
    ends = []
    for order in itertools.permutations(usual):
        CallLog.objects.all().update(call_id="")
        ends.append(told(make_call(CallStatus.SENDING), list(order)))

    assert all(end == ends[0] for end in ends)
    assert (ends[0]["status"], ends[0]["outcome"]) == (CallStatus.FINISHED, "picked")
    assert ends[0]["transcript"]["text"] == "Hello."


@pytest.mark.parametrize(
    "weaker", ["not_picked", "busy", "failed", "voicemail", "in_progress", "unheard-of", ""]
)
def test_picked_wins_in_either_order(make_call: MakeCall, weaker: str) -> None:
    for order in itertools.permutations([delivery("picked"), delivery(weaker)]):
        call = make_call(CallStatus.ACCEPTED)

        end = told(call, list(order))

        assert (end["status"], end["outcome"]) == (CallStatus.FINISHED, "picked")


def test_a_missing_value_never_overwrites(make_call: MakeCall) -> None:
    call = make_call(CallStatus.ACCEPTED)
    full = delivery(
        "picked",
        summary="Fine.",
        duration_seconds=0,
        extracted={"a": 1},
        tag="t",
        transcript=(Turn("", "Hi."),),
    )
    before = told(call, [full])

    assert told(call, [delivery("picked"), CallOutcome(source=NewsSource.POLL)]) == before
    assert before["duration_seconds"] == 0


@pytest.mark.parametrize("status", ["picked", "not_picked", "busy", "failed", "voicemail"])
def test_a_final_word_finishes_the_call(make_call: MakeCall, status: str) -> None:
    call = make_call(CallStatus.ACCEPTED)

    recorded = record(call, delivery(status))

    call.refresh_from_db()
    assert recorded.moved
    assert (call.status, call.outcome) == (CallStatus.FINISHED, status)
    assert call.finished_at is not None
    assert call.outcome_label in call.status_reason


@pytest.mark.parametrize("status", ["in_progress", "unheard-of", "", "x" * 5_000])
def test_any_other_word_leaves_it_under_way(make_call: MakeCall, status: str) -> None:
    call = make_call(CallStatus.SENDING)

    record(call, from_delivery({"call_status": status, "call_log_id": "log-1"}))

    call.refresh_from_db()
    assert call.status == CallStatus.ACCEPTED
    assert call.outcome == status[:255]
    assert call.next_poll_at is not None


def test_the_same_news_again_changes_nothing_and_says_so(make_call: MakeCall) -> None:
    call = make_call(CallStatus.ACCEPTED)
    assert record(call, NEWS["webhooks/2_analysis"])
    events = call.events.count()

    assert not record(call, NEWS["webhooks/2_analysis"])

    assert call.events.count() == events


@pytest.mark.parametrize(
    "status", [CallStatus.CANCELLED, CallStatus.BLOCKED, CallStatus.SCHEDULED, CallStatus.QUEUED]
)
def test_news_of_a_call_that_never_left_is_noted_only(make_call: MakeCall, status: CallStatus) -> None:
    call = make_call(status)

    assert not record(call, delivery("picked", summary="Fine."))

    call.refresh_from_db()
    assert (call.status, call.outcome, call.summary) == (status, "", "")
    assert "Nothing was changed" in call.events.get().why


@pytest.mark.parametrize(
    "status", [CallStatus.UNCONFIRMED, CallStatus.NO_OUTCOME, CallStatus.REJECTED, CallStatus.NOT_PLACED]
)
def test_news_is_proof_that_it_rang(make_call: MakeCall, status: CallStatus) -> None:
    call = make_call(status)

    record(call, delivery("not_picked"))

    call.refresh_from_db()
    assert (call.status, call.outcome) == (CallStatus.FINISHED, "not_picked")
    assert call.events.get().from_status == status


def test_a_call_that_was_told_to_wait_and_rang_all_the_same(make_call: MakeCall) -> None:
    call = make_call(CallStatus.QUEUED, send_attempts=1)

    record(call, delivery("picked"))

    call.refresh_from_db()
    assert call.status == CallStatus.FINISHED


def test_a_finished_call_never_un_finishes(make_call: MakeCall) -> None:
    call = make_call(CallStatus.ACCEPTED)

    end = told(call, [delivery("busy"), delivery("in_progress"), ANSWER])

    assert (end["status"], end["outcome"], end["call_id"]) == (CallStatus.FINISHED, "busy", "call_abc123xyz")


def test_an_id_of_another_call_is_an_anomaly_and_mixes_nothing(make_call: MakeCall) -> None:
    first, second = make_call(CallStatus.SENDING), make_call(CallStatus.SENDING)
    record(first, ANSWER)
    record(first, delivery("picked", summary="Of the first."))

    record(second, ANSWER)
    record(second, delivery("busy"))

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.call_id, first.outcome, first.summary) == ("call_abc123xyz", "picked", "Of the first.")
    assert (second.call_id, second.outcome, second.summary) == ("", "busy", "")
    assert second.events.filter(evidence={"call_id": "call_abc123xyz"}).count() == 1
    assert "call_id" not in second.provenance


def test_an_anomaly_keeps_the_id_that_was_known(make_call: MakeCall) -> None:
    first, second = make_call(CallStatus.ACCEPTED, call_id="taken"), make_call(CallStatus.SENDING)
    record(second, ANSWER)
    before = CallLog.objects.get(pk=second.pk)

    record(second, CallOutcome(source=NewsSource.POLL, call_id="taken"))

    second.refresh_from_db()
    assert (second.call_id, second.provenance) == (before.call_id, before.provenance)
    assert first.events.count() == 0


class TestNextQuestion:
    def test_an_answered_call_is_asked_about_its_details_at_once(self, make_call: MakeCall) -> None:
        call = make_call(CallStatus.ACCEPTED, poll_count=6)

        record(call, delivery("picked"))

        call.refresh_from_db()
        assert call.next_poll_at <= timezone.now() + timedelta(seconds=2)

    def test_also_when_it_was_answered_hours_after_a_first_try(self, make_call: MakeCall) -> None:
        """OSVI rings again by itself; the first "nobody answered" had ended the call."""
        long_ago = timezone.now() - timedelta(hours=5)
        call = make_call(CallStatus.FINISHED, outcome="not_picked", finished_at=long_ago, sent_at=long_ago)

        record(call, delivery("picked"))

        call.refresh_from_db()
        assert call.next_poll_at is not None
        assert call.finished_at > long_ago

    def test_nothing_is_asked_when_all_is_known(self, make_call: MakeCall) -> None:
        call = make_call(CallStatus.ACCEPTED)

        full = {"summary": "Fine.", "duration_seconds": 9, "transcript": (Turn("", "Hello."),)}
        record(call, delivery("picked", **full))

        call.refresh_from_db()
        assert call.next_poll_at is None

    def test_an_unanswered_call_is_followed_only_while_osvi_rings_again(self, make_call: MakeCall) -> None:
        once = make_call(CallStatus.ACCEPTED)
        overrides = {"retry_config": {"enabled": True, "max_attempts": 2}}
        again = make_call(CallStatus.ACCEPTED, request={"call_config_overrides": overrides})

        record(once, delivery("not_picked"))
        record(again, delivery("not_picked"))

        once.refresh_from_db()
        again.refresh_from_db()
        assert once.next_poll_at is None
        assert again.next_poll_at is not None


ODD: dict[str, dict[str, Any]] = {
    "long id": {"call_log_id": "x" * 10_000},
    "long texts": {
        "endReason": "r" * 5_000,
        "endedBy": "b" * 5_000,
        "tag": "t" * 5_000,
        "agent_uuid": "a" * 5_000,
    },
    "negative length": {"duration": -5},
    "enormous length": {"duration": 10**30},
    "length as words": {"duration": "a while"},
    "nul": {"call_summary": "a\x00b", "data_capture": {"k\x00": "v\x00"}, "chat": "Agent: a\x00"},
    "lone surrogate": {"call_summary": "\ud800", "data_capture": {"\udfff": ["\ud800"]}, "tag": "\ud800"},
    "not a number": {"data_capture": {"a": float("nan"), "b": float("inf")}, "duration": float("nan")},
    "huge numbers": {"data_capture": {"a": 10**4_000, "b": 1e308}, "retry_count": 10**12},
    "odd types": {
        "call_summary": ["a"],
        "data_capture": "text",
        "chat": {"a": 1},
        "tag": 5,
        "call_picked_at": {},
    },
    "odd times": {"call_picked_at": "9999-12-31T23:59:59-23:59", "created_at": "0001-01-01T00:00:00+23:00"},
}


@pytest.mark.parametrize("odd", sorted(ODD))
def test_odd_values_are_kept_within_the_columns(make_call: MakeCall, odd: str) -> None:
    call = make_call(CallStatus.ACCEPTED)

    record(call, from_delivery({"call_status": "picked"} | ODD[odd]))

    call.refresh_from_db()
    assert (call.status, call.outcome) == (CallStatus.FINISHED, "picked")
    assert call.duration_seconds is None
    assert call.call_log_id == ""
    for field in ("ended_by", "ended_reason", "tag"):
        assert len(getattr(call, field)) <= 255
