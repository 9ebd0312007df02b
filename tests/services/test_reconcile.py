"""Reconcile against a real HTTP server: polling alone brings every call to an end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.models import CallLog, Transcript
from calls.osvi.outcomes import CallOutcome, NewsSource
from calls.services import polling, sending
from calls.services.reconcile import APPEARS_WITHIN, CLOCK_SKEW, reconcile
from calls.services.record_outcome import record_outcome
from calls.services.sweep import sweep
from tests.conftest import AGENT_UUID, NUMBER
from tests.osvi.http_server import Handler, ScriptedServer, reply
from tests.services.together import together

MakeCall = Callable[..., Any]


class Provider:
    """Answers the reading endpoints from what the test put in; everything else is 404 as OSVI says it."""

    def __init__(self, server: ScriptedServer) -> None:
        self.calls: dict[str, dict[str, Any]] = {}
        self.pages: list[list[dict[str, Any]]] = [[]]
        self.transcripts: dict[str, Any] = {}
        self.broken: int | None = None
        self.server = server
        server.script(self.answer)

    def answer(self, handler: Handler) -> None:
        address = urlsplit(handler.path)
        query = parse_qs(address.query)
        parts = address.path.strip("/").split("/")
        if self.broken:
            return reply(self.broken, {"error": "boom"})(handler)
        if parts[1] == "calls":
            page = int(query["page"][0])
            body = {"success": True, "data": self.pages[page - 1], "meta": {"total_pages": len(self.pages)}}
            return reply(200, body)(handler)
        if parts[-1] == "transcript" and parts[2] in self.transcripts:
            return reply(200, {"success": True, "data": {"transcript": self.transcripts[parts[2]]}})(handler)
        if len(parts) == 3 and parts[2] in self.calls:
            return reply(200, {"success": True, "data": {"call_id": parts[2]} | self.calls[parts[2]]})(
                handler
            )
        return reply(404, {"success": False, "error": "Not found"})(handler)

    def asked(self) -> list[str]:
        return [urlsplit(request.path).path for request in self.server.received]


@pytest.fixture
def provider(osvi: ScriptedServer) -> Provider:
    return Provider(osvi)


@pytest.fixture
def ask(provider: Provider, osvi_client) -> Callable[..., CallLog]:
    def ask_and_read(call: CallLog) -> CallLog:
        reconcile(call.pk, client=osvi_client, even_if_not_due=True)
        call.refresh_from_db()
        return call

    return ask_and_read


def listed(call_id: str, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    at = at or timezone.now()
    item = {"call_id": call_id, "agent_uuid": AGENT_UUID, "phone_number": NUMBER, "status": "picked"}
    return item | {"created_at": at.isoformat()} | fields


def test_by_its_id(make_call: MakeCall, provider: Provider, ask) -> None:
    provider.calls["id-1"] = {"status": "busy", "duration_seconds": 0, "call_ended_by": "agent"}

    call = ask(make_call(CallStatus.ACCEPTED, call_id="id-1"))

    assert (call.status, call.outcome, call.ended_by) == (CallStatus.FINISHED, "busy", "agent")
    assert call.next_poll_at is None
    assert provider.asked() == ["/v1/call/id-1"]


def test_by_the_other_id_when_the_first_is_unknown(make_call: MakeCall, provider: Provider, ask) -> None:
    provider.calls["log-1"] = {"status": "not_picked"}

    call = ask(make_call(CallStatus.ACCEPTED, call_id="call_abc", call_log_id="log-1"))

    assert (call.status, call.outcome) == (CallStatus.FINISHED, "not_picked")
    assert provider.asked() == ["/v1/call/call_abc", "/v1/call/log-1"]


def test_unknown_ids_do_not_end_a_call(make_call: MakeCall, provider: Provider, ask) -> None:
    call = ask(make_call(CallStatus.ACCEPTED, call_id="call_abc"))

    assert call.status == CallStatus.ACCEPTED
    assert call.next_poll_at is not None
    assert "does not show a call" in call.events.last().why


class TestByTheList:
    def test_one_candidate_is_the_call(self, make_call: MakeCall, provider: Provider, ask) -> None:
        provider.pages = [[listed("id-1")]]
        provider.calls["id-1"] = {"status": "not_picked"}

        call = ask(make_call(CallStatus.UNCONFIRMED))

        assert (call.status, call.call_id, call.outcome) == (CallStatus.FINISHED, "id-1", "not_picked")
        query = parse_qs(urlsplit(provider.server.received[0].path).query)
        assert query["agent_uuid"] == [AGENT_UUID]
        assert query["phone_number"] == [NUMBER.removeprefix("+")]
        assert not {"start_date", "end_date"} & set(query)

    def test_of_two_it_chooses_none(self, make_call: MakeCall, provider: Provider, ask) -> None:
        provider.pages = [[listed("id-1"), listed("id-2")]]

        call = ask(make_call(CallStatus.UNCONFIRMED))

        assert (call.status, call.call_id) == (CallStatus.UNCONFIRMED, "")
        event = call.events.get()
        assert "2 calls to this number" in event.why
        assert [item["call_id"] for item in event.evidence["calls_at_osvi"]] == ["id-1", "id-2"]

    @pytest.mark.parametrize(
        "item",
        [
            listed("id-1", phone_number="+919876543211"),
            listed("id-1", timezone.now() - CLOCK_SKEW - timedelta(minutes=1)),
            # Written down when the module is read, which may be long before the test runs.
            listed("id-1", timezone.now() + APPEARS_WITHIN + timedelta(hours=2)),
            listed("id-1") | {"created_at": None},
            listed(""),
        ],
        ids=["other number", "before", "long after", "without a time", "without an id"],
    )
    def test_what_does_not_fit_is_no_candidate(self, make_call, provider: Provider, ask, item) -> None:
        provider.pages = [[item]]
        provider.calls["id-1"] = {"status": "picked"}

        assert ask(make_call(CallStatus.UNCONFIRMED)).status == CallStatus.UNCONFIRMED

    @pytest.mark.parametrize("column", ["call_id", "call_log_id"])
    def test_a_call_that_is_known_already_is_no_candidate(
        self, make_call, provider, ask, column: str
    ) -> None:
        """The list may show what a webhook calls call_log_id and the answer to the request never named."""
        make_call(CallStatus.FINISHED, **{column: "id-1"})
        provider.pages = [[listed("id-1")]]
        provider.calls["id-1"] = {"status": "picked"}

        call = ask(make_call(CallStatus.UNCONFIRMED))

        assert (call.status, call.call_id) == (CallStatus.UNCONFIRMED, "")

    @pytest.mark.parametrize(
        "rival",
        [
            {"status": CallStatus.UNCONFIRMED},
            {"status": CallStatus.SENDING},
            {"status": CallStatus.ACCEPTED, "call_id": "call_of_another_form"},
        ],
        ids=lambda rival: str(rival["status"]),
    )
    def test_a_rival_call_makes_it_unsure(self, make_call: MakeCall, provider: Provider, ask, rival) -> None:
        """The same person was called twice by the same agent; the list shows one of the two."""
        make_call(**rival)
        provider.pages = [[listed("id-1")]]
        provider.calls["id-1"] = {"status": "picked"}

        call = ask(make_call(CallStatus.UNCONFIRMED))

        assert (call.status, call.call_id) == (CallStatus.UNCONFIRMED, "")

    @pytest.mark.parametrize(
        "other", [CallStatus.CANCELLED, CallStatus.BLOCKED, CallStatus.QUEUED, CallStatus.REJECTED]
    )
    def test_a_call_that_never_left_is_no_rival(self, make_call, provider: Provider, ask, other) -> None:
        make_call(other)
        provider.pages = [[listed("id-1")]]
        provider.calls["id-1"] = {"status": "busy"}

        assert ask(make_call(CallStatus.UNCONFIRMED)).status == CallStatus.FINISHED

    def test_a_call_that_osvi_has_confirmed_is_no_rival(self, make_call, provider: Provider, ask) -> None:
        confirmed = make_call(CallStatus.ACCEPTED, call_id="id-0")
        provider.calls = {"id-0": {"status": "busy"}, "id-1": {"status": "busy"}}
        ask(confirmed)
        provider.pages = [[listed("id-1"), listed("id-0")]]

        call = ask(make_call(CallStatus.UNCONFIRMED))

        assert (call.status, call.call_id) == (CallStatus.FINISHED, "id-1")

    def test_it_turns_pages(self, make_call: MakeCall, provider: Provider, ask) -> None:
        other = listed("id-9", phone_number="+919876500000")
        provider.pages = [[other], [other], [listed("id-1")]]
        provider.calls["id-1"] = {"status": "busy"}

        assert ask(make_call(CallStatus.UNCONFIRMED)).call_id == "id-1"
        assert provider.asked().count("/v1/calls") == 3

    def test_it_stops_turning_where_older_calls_begin(self, make_call, provider: Provider, ask) -> None:
        old = listed("id-9", timezone.now() - timedelta(days=1))
        provider.pages = [[old], [listed("id-1")]]

        ask(make_call(CallStatus.UNCONFIRMED))

        assert provider.asked() == ["/v1/calls"]

    def test_a_refused_call_takes_nothing_from_the_list(self, make_call, provider: Provider, ask) -> None:
        provider.pages = [[listed("id-1")]]
        provider.calls["id-1"] = {"status": "picked"}

        assert ask(make_call(CallStatus.REJECTED)).status == CallStatus.REJECTED


@pytest.mark.parametrize(
    "status", [CallStatus.SCHEDULED, CallStatus.QUEUED, CallStatus.CANCELLED, CallStatus.BLOCKED]
)
def test_it_asks_nothing_about_a_call_that_never_left(make_call, provider: Provider, ask, status) -> None:
    provider.pages = [[listed("id-1")]]

    assert ask(make_call(status)).status == status
    assert provider.asked() == []


def test_it_asks_only_when_a_question_is_due(make_call: MakeCall, provider: Provider, osvi_client) -> None:
    for next_poll_at in (None, timezone.now() + timedelta(minutes=1)):
        reconcile(make_call(CallStatus.ACCEPTED, next_poll_at=next_poll_at).pk, client=osvi_client)

    assert provider.asked() == []


@pytest.mark.parametrize("status", [500, 401, 429, 403])
def test_a_failing_osvi_is_noted_and_asked_again_later(
    make_call, provider: Provider, ask, status: int
) -> None:
    provider.broken = status

    call = ask(make_call(CallStatus.ACCEPTED, call_id="id-1"))

    assert call.status == CallStatus.ACCEPTED
    assert call.events.get().source == EventSource.POLL
    assert call.next_poll_at > timezone.now()


@pytest.mark.parametrize(("status", "paused"), [(401, True), (403, False), (500, False)])
def test_a_refused_token_pauses_sending(
    make_call, provider: Provider, ask, status: int, paused: bool
) -> None:
    provider.broken = status

    ask(make_call(CallStatus.ACCEPTED, call_id="id-1"))

    assert sending.is_paused() is paused


def test_the_gaps_grow_to_a_limit(settings) -> None:
    settings.CALL_FIRST_POLL = 10

    gaps = [polling.gap(count).total_seconds() for count in range(9)]

    assert gaps == [10, 20, 40, 80, 160, 320, 640, 900, 900]
    assert polling.gap(10_000) == polling.LONGEST_GAP


def test_each_question_is_planned_later_than_the_one_before(make_call, provider: Provider, ask) -> None:
    call = make_call(CallStatus.ACCEPTED, call_id="id-1")
    provider.calls["id-1"] = {"status": "in_progress"}
    gaps = [ask(call).next_poll_at - timezone.now() for _ in range(4)]

    assert gaps == sorted(gaps)
    assert gaps[3] > 6 * gaps[0]
    assert call.poll_count == 4


class TestTranscript:
    def test_it_is_fetched_for_an_answered_call(self, make_call: MakeCall, provider: Provider, ask) -> None:
        provider.calls["id-1"] = {"status": "picked", "summary": "Fine.", "duration_seconds": 9}
        provider.transcripts["id-1"] = [{"role": "assistant", "content": "Hello."}]

        call = ask(make_call(CallStatus.ACCEPTED, call_id="id-1"))

        assert (call.transcript.text, call.transcript.raw[0]["role"]) == ("Hello.", "assistant")
        assert call.next_poll_at is None

    def test_it_may_come_later(self, make_call: MakeCall, provider: Provider, ask) -> None:
        provider.calls["id-1"] = {"status": "picked", "summary": "Fine.", "duration_seconds": 9}
        provider.transcripts["id-1"] = []

        call = ask(make_call(CallStatus.ACCEPTED, call_id="id-1"))
        assert call.next_poll_at is not None
        provider.transcripts["id-1"] = ["Agent: Hello."]

        call = ask(call)
        assert call.transcript.text == "Hello."
        assert call.next_poll_at is None

    def test_it_is_given_up_after_a_while(self, make_call: MakeCall, provider: Provider, ask) -> None:
        provider.calls["id-1"] = {"status": "picked", "summary": "Fine.", "duration_seconds": 9}
        provider.transcripts["id-1"] = []
        call = ask(make_call(CallStatus.ACCEPTED, call_id="id-1"))
        CallLog.objects.update(finished_at=timezone.now() - polling.DETAIL_WINDOW - timedelta(seconds=1))

        assert ask(call).next_poll_at is None

    def test_nobody_asks_for_one_of_an_unanswered_call(self, make_call, provider: Provider, ask) -> None:
        provider.calls["id-1"] = {"status": "busy"}

        ask(make_call(CallStatus.ACCEPTED, call_id="id-1"))

        assert provider.asked() == ["/v1/call/id-1"]

    def test_odd_characters_and_depths_are_stored(self, make_call: MakeCall, provider: Provider, ask) -> None:
        provider.calls["id-1"] = {"status": "picked", "summary": "a\x00b"}
        deep: Any = "bottom"
        for _ in range(200):
            deep = [deep]
        provider.transcripts["id-1"] = [{"role": "user", "content": "a\x00b\ud800"}, float("nan"), deep]

        call = ask(make_call(CallStatus.ACCEPTED, call_id="id-1"))

        assert call.status == CallStatus.FINISHED
        assert Transcript.objects.get().raw[0]["content"].startswith("ab")


class TestDeadline:
    def test_a_call_without_any_news_ends_without_outcome(self, make_call, provider: Provider, ask) -> None:
        past = timezone.now() - timedelta(seconds=1)
        call = make_call(CallStatus.ACCEPTED, call_id="id-1", outcome_due_at=past, next_poll_at=past)

        sweep()
        call.refresh_from_db()
        assert call.status == CallStatus.ACCEPTED  # the last question is still to be asked

        ask(call)
        sweep()
        call.refresh_from_db()
        assert (call.status, call.next_poll_at) == (CallStatus.NO_OUTCOME, None)

    def test_after_an_outage_the_last_question_may_still_finish_it(
        self, make_call, provider: Provider, ask
    ) -> None:
        past = timezone.now() - timedelta(days=2)
        call = make_call(CallStatus.ACCEPTED, call_id="id-1", outcome_due_at=past, next_poll_at=past)
        provider.calls["id-1"] = {"status": "busy"}

        sweep()
        ask(call)
        sweep()

        call.refresh_from_db()
        assert (call.status, call.outcome) == (CallStatus.FINISHED, "busy")

    def test_late_news_finishes_it_all_the_same(self, make_call: MakeCall) -> None:
        call = make_call(CallStatus.NO_OUTCOME)

        late = CallOutcome(source=NewsSource.DELIVERY, status="picked", summary="Late.")
        record_outcome(call.pk, late, source=EventSource.DELIVERY)

        call.refresh_from_db()
        assert (call.status, call.summary) == (CallStatus.FINISHED, "Late.")

    def test_an_unconfirmed_call_is_left_to_a_person(
        self, make_call: MakeCall, provider: Provider, ask
    ) -> None:
        past = timezone.now() - timedelta(seconds=1)
        call = ask(make_call(CallStatus.UNCONFIRMED, outcome_due_at=past, next_poll_at=past))
        sweep()

        call.refresh_from_db()
        assert (call.status, call.next_poll_at) == (CallStatus.UNCONFIRMED, None)
        assert call in CallLog.objects.needing_attention()

    def test_it_covers_the_longest_course_of_a_call(self, settings) -> None:
        settings.CALL_OUTCOME_DEADLINE = 60
        sent = timezone.now()
        retries = {"retry_config": {"enabled": True, "max_attempts": 2, "interval_minutes": 5}}
        request = {"call_config_overrides": {"max_call_duration_seconds": 100} | retries}

        assert polling.outcome_due_at(request, sent) == sent + timedelta(seconds=3 * 100 + 2 * 300 + 60)


@pytest.mark.django_db(transaction=True)
def test_two_workers_ask_once(make_call: MakeCall, provider: Provider, osvi_client, queue) -> None:
    call = make_call(CallStatus.ACCEPTED, call_id="id-1", next_poll_at=timezone.now() - timedelta(seconds=1))
    provider.calls["id-1"] = {"status": "in_progress"}

    results = together(*[lambda: reconcile(call.pk, client=osvi_client)] * 4)

    assert results == [None] * 4
    assert provider.asked() == ["/v1/call/id-1"]
