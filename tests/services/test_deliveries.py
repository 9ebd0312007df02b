"""Deliveries: what becomes of a stored message."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone

from calls.choices import REFUSED_VERDICTS, CallStatus, EventSource, Verdict, WebhookRoute
from calls.models import Agent, CallLog, WebhookDelivery
from calls.services import deliveries
from calls.services.deliveries import CannotReplay, apply, match, replay
from tests.conftest import AGENT_UUID, NUMBER
from tests.payloads import load, names

pytestmark = pytest.mark.django_db

MakeCall = Callable[..., Any]
# The samples carry this reference and this id.
REFERENCE = uuid.UUID("f2b1c9a4-77a1-4d8e-8a35-0c3f5b6d9e10")
CALL_LOG_ID = "8c1d2f60-5d0b-4f0e-9f0a-3f2c6f1f7a11"
PICKED = {"call_status": "picked", "call_summary": "Fine."}


def store(message: Any, call: CallLog | None = None, **fields: Any) -> WebhookDelivery:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    route = WebhookRoute.CALL if call else WebhookRoute.AGENT
    digest = WebhookDelivery.digest(body)
    return WebhookDelivery.objects.create(route=route, call=call, body=body, body_digest=digest, **fields)


def row(call: CallLog) -> dict[str, Any]:
    return dict(CallLog.objects.filter(pk=call.pk).values().get())


@pytest.mark.parametrize("sample", names("webhooks"))
@pytest.mark.parametrize("route", [WebhookRoute.CALL, WebhookRoute.AGENT])
def test_every_variant_on_both_routes(make_call: MakeCall, sample: str, route: WebhookRoute) -> None:
    call = make_call(CallStatus.ACCEPTED, reference=REFERENCE, call_log_id=CALL_LOG_ID)
    delivery = store(load(sample), call if route == WebhookRoute.CALL else None)

    assert apply(delivery.pk) == Verdict.APPLIED

    delivery.refresh_from_db()
    call.refresh_from_db()
    assert (delivery.call, delivery.verdict, delivery.error) == (call, Verdict.APPLIED, "")
    assert delivery.changed
    expected = load(sample)
    status = (
        expected.get("call_status")
        or expected.get("status")
        or expected.get("call_info", {}).get("call_status", "")
    )
    assert call.outcome == status
    assert call.status == (CallStatus.FINISHED if status else CallStatus.ACCEPTED)
    assert call.summary == (expected.get("call_summary") or expected.get("summary") or "")
    assert call.events.last().evidence == {"delivery": delivery.pk}


class TestFindsTheCall:
    @pytest.mark.parametrize(
        ("message", "found_by"),
        [
            ({"call_trigger_data": {"osvi_console_reference": str(REFERENCE)}}, "reference"),
            ({"additional_data": {"osvi_console_reference": REFERENCE.hex}}, "reference"),
            ({"call_id": "id-1"}, "call_id"),
            ({"call_log_id": "id-1"}, "call_id"),
            ({"call_log_id": "log-1"}, "call_log_id"),
            ({"call_id": "log-1"}, "call_log_id"),
            ({"id": "log-1"}, "call_log_id"),
            ({"phone_number": NUMBER, "agent_uuid": AGENT_UUID}, "number"),
            ({"phone_number": NUMBER, "agent_name": AGENT_UUID}, "number"),
            ({"phone_number": NUMBER, "agent_name": "Reminders"}, "number"),
        ],
    )
    def test_by(self, make_call: MakeCall, message: dict[str, Any], found_by: str) -> None:
        call = make_call(CallStatus.ACCEPTED, reference=REFERENCE, call_id="id-1", call_log_id="log-1")
        make_call(CallStatus.ACCEPTED, phone_number="+919876500000")
        delivery = store(message | PICKED)

        assert apply(delivery.pk) == Verdict.APPLIED

        delivery.refresh_from_db()
        assert (delivery.call, delivery.matched_by) == (call, found_by)

    @pytest.mark.parametrize(
        "message",
        [
            {},
            {"call_trigger_data": {"osvi_console_reference": str(uuid.uuid4())}},
            {"call_trigger_data": {"osvi_console_reference": "{{ not a reference }}"}},
            {"call_id": "", "call_log_id": ""},
            {"call_id": "unknown"},
            {"phone_number": NUMBER},
            {"agent_uuid": AGENT_UUID},
            {"phone_number": "9876543210", "agent_uuid": AGENT_UUID},
            {"phone_number": NUMBER, "agent_uuid": "agent_other"},
        ],
    )
    def test_not_by(self, make_call: MakeCall, message: dict[str, Any]) -> None:
        call = make_call(CallStatus.ACCEPTED)
        before = row(call)
        delivery = store(message | PICKED)

        assert apply(delivery.pk) == Verdict.UNMATCHED

        delivery.refresh_from_db()
        assert (delivery.call, delivery.matched_by) == (None, "")
        assert row(call) == before

    def test_two_open_calls_to_one_number_are_one_too_many(self, make_call: MakeCall) -> None:
        make_call(CallStatus.ACCEPTED)
        make_call(CallStatus.UNCONFIRMED)

        delivery = store({"phone_number": NUMBER, "agent_uuid": AGENT_UUID} | PICKED)

        assert apply(delivery.pk) == Verdict.UNMATCHED

    @pytest.mark.parametrize(
        "fields",
        [
            {"status": CallStatus.FINISHED},
            {"status": CallStatus.QUEUED},
            {"status": CallStatus.ACCEPTED, "sent_at": timezone.now() - timedelta(days=2)},
            {"status": CallStatus.ACCEPTED, "sent_at": timezone.now() + timedelta(hours=1)},
        ],
    )
    def test_a_number_counts_only_for_an_open_call_of_that_time(
        self, make_call, fields: dict[str, Any]
    ) -> None:
        make_call(**fields)
        delivery = store({"phone_number": NUMBER, "agent_uuid": AGENT_UUID} | PICKED)

        assert apply(delivery.pk) == Verdict.UNMATCHED


def test_the_same_message_again_is_a_duplicate(make_call: MakeCall) -> None:
    call = make_call(CallStatus.ACCEPTED)
    first, second = store(PICKED, call), store(PICKED, call)
    assert apply(first.pk) == Verdict.APPLIED
    before, events = row(call), call.events.count()

    assert apply(second.pk) == Verdict.DUPLICATE

    assert (row(call), call.events.count()) == (before, events)


def test_a_message_that_tells_nothing_new(make_call: MakeCall) -> None:
    call = make_call(CallStatus.FINISHED, outcome="picked", summary="A long and better summary.")

    assert apply(store({"call_status": "busy"}, call).pk) == Verdict.NO_CHANGE


def test_a_delivery_is_applied_once_however_often_it_is_nudged(make_call: MakeCall) -> None:
    delivery = store(PICKED, make_call(CallStatus.ACCEPTED))
    assert apply(delivery.pk) == Verdict.APPLIED
    WebhookDelivery.objects.update(body=b"not json any more")

    assert apply(delivery.pk) == Verdict.APPLIED


class TestCrash:
    def test_the_raw_row_and_the_reason_survive(self, make_call: MakeCall, monkeypatch, caplog) -> None:
        call = make_call(CallStatus.ACCEPTED)
        delivery = store(PICKED, call)
        record = deliveries.record_outcome

        def record_and_break(*args: Any, **kwargs: Any) -> None:
            record(*args, **kwargs)
            raise ValueError(f"odd\x00 {NUMBER}")

        with monkeypatch.context() as patch:
            patch.setattr(deliveries, "record_outcome", record_and_break)
            assert apply(delivery.pk) == Verdict.FAILED

        delivery.refresh_from_db()
        call.refresh_from_db()
        assert bytes(delivery.body) == json.dumps(PICKED).encode()
        assert delivery.error.startswith("ValueError: odd")
        assert NUMBER not in delivery.error
        assert (call.status, call.outcome) == (CallStatus.ACCEPTED, "")
        assert not call.events.exists()
        assert f"Delivery {delivery.pk} could not be applied" in caplog.text

        assert replay(delivery.pk, by=None) == Verdict.APPLIED
        delivery.refresh_from_db()
        assert delivery.error == ""

    @pytest.mark.parametrize("body", [b"[" * 100_000, b"not json", b"[]", b"\xff"])
    def test_a_body_that_cannot_be_read(self, make_call: MakeCall, body: bytes, caplog) -> None:
        call = make_call(CallStatus.ACCEPTED)

        assert apply(store(body, call).pk) == Verdict.FAILED
        assert not call.events.exists()

    def test_a_database_that_fails_leaves_it_for_the_next_sweep(self, make_call, monkeypatch) -> None:
        delivery = store(PICKED, make_call(CallStatus.ACCEPTED))

        def lose_connection(*_args: Any, **_kwargs: Any) -> None:
            raise OperationalError("server closed the connection unexpectedly")

        with monkeypatch.context() as patch:
            patch.setattr(deliveries, "record_outcome", lose_connection)
            with pytest.raises(OperationalError):
                apply(delivery.pk)

        delivery.refresh_from_db()
        assert delivery.verdict == Verdict.RECEIVED
        assert apply(delivery.pk) == Verdict.APPLIED


class TestReplay:
    def test_what_was_applied_changes_nothing_and_is_logged(self, make_call: MakeCall) -> None:
        user = User.objects.create_user("operator")
        call = make_call(CallStatus.ACCEPTED)
        delivery = store(PICKED, call)
        apply(delivery.pk)
        before, events = row(call), call.events.count()

        assert replay(delivery.pk, by=user) == Verdict.APPLIED

        delivery.refresh_from_db()
        assert row(call) == before
        assert delivery.replay_count == 1
        assert call.events.count() == events + 1
        assert (call.events.last().by, call.events.last().evidence) == (user, {"delivery": delivery.pk})

    def test_a_message_that_found_no_call_may_find_one_later(self, make_call: MakeCall) -> None:
        delivery = store({"call_id": "id-1"} | PICKED)
        assert apply(delivery.pk) == Verdict.UNMATCHED
        call = make_call(CallStatus.ACCEPTED, call_id="id-1")

        assert replay(delivery.pk, by=None, source=EventSource.COMMAND) == Verdict.APPLIED
        assert row(call)["outcome"] == "picked"

    @pytest.mark.parametrize("verdict", sorted(REFUSED_VERDICTS))
    def test_what_was_refused_is_not_applied(self, make_call: MakeCall, verdict: Verdict) -> None:
        call = make_call(CallStatus.ACCEPTED)
        delivery = store(PICKED, call, verdict=verdict)

        with pytest.raises(CannotReplay):
            replay(delivery.pk, by=None)

        delivery.refresh_from_db()
        assert (delivery.verdict, delivery.replay_count) == (verdict, 0)
        assert row(call)["outcome"] == ""


class TestMatchByHand:
    def test_it_applies_to_the_chosen_call(self, make_call: MakeCall) -> None:
        user = User.objects.create_user("operator")
        make_call(CallStatus.ACCEPTED)
        chosen = make_call(CallStatus.ACCEPTED)
        delivery = store({"phone_number": NUMBER, "agent_uuid": AGENT_UUID} | PICKED)
        assert apply(delivery.pk) == Verdict.UNMATCHED

        assert match(delivery.pk, chosen, by=user) == Verdict.APPLIED

        delivery.refresh_from_db()
        assert (delivery.call, delivery.matched_by, delivery.matched_by_person) == (chosen, "person", user)
        assert row(chosen)["outcome"] == "picked"

    def test_a_message_that_has_its_call_is_not_given_to_another(self, make_call: MakeCall) -> None:
        right, wrong = make_call(CallStatus.ACCEPTED), make_call(CallStatus.ACCEPTED)
        delivery = store(PICKED, right)
        apply(delivery.pk)

        with pytest.raises(CannotReplay, match="not waiting"):
            match(delivery.pk, wrong, by=None)

        assert row(wrong)["outcome"] == ""
        delivery.refresh_from_db()
        assert (delivery.call, delivery.replay_count) == (right, 0)


def test_a_message_creates_no_agent() -> None:
    apply(store({"agent_name": "Somebody", "call_id": "x"} | PICKED).pk)

    assert not Agent.objects.exists()
