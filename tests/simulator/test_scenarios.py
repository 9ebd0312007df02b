"""Every row of the table, over real HTTP: the answer, the rings, the end and the webhooks."""

import json
import time
from typing import Any

import pytest
import requests

from calls.osvi import contract
from osvi_simulator.agents import AGENTS
from osvi_simulator.book import SAME_CALL_ID
from osvi_simulator.payloads import LATE_SECONDS
from osvi_simulator.scenarios import DEFAULT, SCENARIOS, for_number
from osvi_simulator.server import SimulatorServer
from tests.simulator.conftest import Caller, Received, Receiver

ACCEPTED_ROWS = {
    # digits: (final status, statuses told by webhooks in order of sending)
    "01": ("not_picked", ["not_picked"]),
    "02": ("busy", ["busy"]),
    "03": ("failed", ["failed"]),
    "04": ("voicemail", []),
    "05": ("picked", ["not_picked", "picked"]),
    "11": ("picked", []),
    "12": ("picked", ["picked", "picked"]),
    "13": ("picked", ["picked"]),
    "14": ("picked", ["picked", "not_picked"]),
    "16": ("picked", ["picked"]),
    "17": ("rescheduled", ["rescheduled"]),
    "41": ("picked", ["picked"]),
    "42": ("picked", ["picked"]),
    "43": ("picked", ["picked"]),
    "44": ("picked", ["picked"]),
    "47": ("picked", ["picked"]),
    DEFAULT.digits: ("picked", ["picked"]),
}
REFUSED_ROWS = {
    "25": (500, {"success": False, "error": "Internal server error"}),
    "27": (200, {"success": False, "error": "The call could not be queued"}),
    "31": (
        400,
        {
            "success": False,
            "error": "This number cannot be reached over the trunk of this account",
            "details": None,
        },
    ),
    "32": (401, {"success": False, "error": "Invalid API token"}),
    "33": (
        403,
        {"success": False, "error": "Agent not found or not associated with this account", "details": None},
    ),
    "34": (404, {"success": False, "error": "Not found"}),
    "35": (422, {"success": False, "errors": ["Phone number is blocked", "Agent has no outbound trunk"]}),
}
OWN_TEST_ROWS = {"15", "21", "22", "23", "24", "26", "28", "29", "45", "46", "48", "49"}
RETRIES: dict[str, Any] = {"call_config_overrides": {"retry_config": {"enabled": True}}}


def e164(digits: str) -> str:
    return f"+9198765432{digits}"


def status_told(delivery: Received) -> str:
    body = json.loads(delivery.body)
    return body.get("call_status") or body.get("status") or body["call_info"]["call_status"]


def test_every_row_has_a_test():
    tested = [*ACCEPTED_ROWS, *REFUSED_ROWS, *OWN_TEST_ROWS]
    assert sorted(tested) == sorted(row.digits for row in (*SCENARIOS, DEFAULT))


def test_digits_are_unique_and_any_country_has_them():
    assert len({row.digits for row in SCENARIOS}) == len(SCENARIOS)
    assert for_number("+442071838702").digits == "02"
    assert for_number("+919876543299") is DEFAULT


@pytest.mark.parametrize("digits", ACCEPTED_ROWS)
def test_accepted_row(digits: str, caller: Caller, receiver: Receiver):
    final, told = ACCEPTED_ROWS[digits]
    last_two = "50" if digits == DEFAULT.digits else digits
    answer = caller.place(last_two, webhook_url=receiver.url, **RETRIES)
    assert answer.status_code == 200
    call_id = contract.CallResponse.model_validate(answer.json()).data.call_id
    assert caller.until(call_id, final)["call_id"] == call_id
    if told:
        assert sorted(map(status_told, receiver.wait_for(len(told)))) == sorted(told)
    assert caller.simulator.rings(e164(last_two)) == 1


@pytest.mark.parametrize("digits", REFUSED_ROWS)
def test_refused_row(digits: str, caller: Caller):
    status, body = REFUSED_ROWS[digits]
    answer = caller.place(digits)
    assert (answer.status_code, answer.json()) == (status, body)
    assert caller.simulator.rings(e164(digits)) == 0
    assert caller.request("GET", "/v1/calls", params={"phone_number": e164(digits)}).json()["data"] == []


@pytest.mark.parametrize("digits", ["04", "11", "49"])
def test_no_webhook_comes(digits: str, caller: Caller, receiver: Receiver):
    caller.place(digits, webhook_url=f"{receiver.url}/silent")
    # Whatever the silent call might have sent would be due long before this one's second message.
    caller.place("13", webhook_url=f"{receiver.url}/late")
    assert [delivery.path for delivery in receiver.wait_for(1)] == ["/hook/late"]


def test_not_answered_stays_so_when_retries_are_off(caller: Caller, receiver: Receiver):
    call_id = caller.place("05", webhook_url=receiver.url).json()["data"]["call_id"]
    assert caller.until(call_id, "not_picked")["retry_count"] == 0
    assert [status_told(delivery) for delivery in receiver.wait_for(1)] == ["not_picked"]
    [call] = [call for call in caller.simulator.api.book.newest_first() if call.call_id == call_id]
    assert call.final_stage.status == "not_picked"


def test_retry_is_counted_and_news_comes_in_order(caller: Caller, receiver: Receiver):
    call_id = caller.place("05", webhook_url=receiver.url, **RETRIES).json()["data"]["call_id"]
    assert [status_told(delivery) for delivery in receiver.wait_for(2)] == ["not_picked", "picked"]
    assert caller.until(call_id, "picked")["retry_count"] == 1


def test_the_older_news_comes_last(caller: Caller, receiver: Receiver):
    caller.place("14", webhook_url=receiver.url)
    assert [status_told(delivery) for delivery in receiver.wait_for(2)] == ["picked", "not_picked"]


def test_duplicates_are_the_same_to_the_byte(caller: Caller, receiver: Receiver):
    caller.place("12", webhook_url=receiver.url)
    first, second = receiver.wait_for(2)
    assert first == second


def test_late_webhook_comes_after_the_end(caller: Caller, receiver: Receiver):
    caller.place("13", webhook_url=receiver.url)
    assert status_told(receiver.wait_for(1)[0]) == "picked"
    call = caller.simulator.api.book.newest_first()[0]
    lived = (time.monotonic() - call.clock) * call.speed
    assert lived >= call.final_stage.at + LATE_SECONDS


def test_garbage_is_garbage(caller: Caller, receiver: Receiver):
    call_id = caller.place("15", webhook_url=receiver.url).json()["data"]["call_id"]
    first, second = receiver.wait_for(2)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(first.body)
    assert isinstance(json.loads(second.body), list)
    caller.until(call_id, "picked")


def test_webhook_before_the_answer(caller: Caller, receiver: Receiver):
    caller.place("16", webhook_url=receiver.url)
    assert len(receiver.deliveries) == 1


@pytest.mark.parametrize(("digits", "rings"), [("21", 1), ("22", 0)])
def test_connection_closed_without_an_answer(digits: str, rings: int, caller: Caller):
    with pytest.raises(requests.ConnectionError):
        caller.place(digits)
    assert caller.simulator.rings(e164(digits)) == rings
    [entry] = caller.simulator.journal.requests
    assert (entry.status, entry.rang) == (None, bool(rings))


def test_slow_answer_outlasts_the_client_and_rings_at_once():
    with SimulatorServer(speed=50, slow_seconds=30) as simulator:
        with pytest.raises(requests.ReadTimeout):
            Caller(simulator).place("23", timeout=0.3)
        assert simulator.rings(e164("23")) == 1


def test_slow_answer_comes_in_the_end():
    with SimulatorServer(speed=50, slow_seconds=0.01) as simulator:
        assert "call_id" in Caller(simulator).place("23").json()["data"]


@pytest.mark.parametrize(("digits", "status"), [("24", 500), ("28", 200), ("29", 200)])
def test_accepted_with_an_unusable_answer(digits: str, status: int, caller: Caller):
    answer = caller.place(digits)
    assert answer.status_code == status
    assert "call_id" not in answer.text
    if digits == "28":
        with pytest.raises(ValueError, match="Expecting value"):
            answer.json()
    assert caller.simulator.rings(e164(digits)) == 1
    [shown] = caller.request("GET", "/v1/calls", params={"phone_number": e164(digits)}).json()["data"]
    assert shown["phone_number"] == e164(digits)


def test_too_many_requests_once_per_number():
    with SimulatorServer(speed=50) as simulator:
        first, second = Caller(simulator).place("26"), Caller(simulator).place("26")
        assert (first.status_code, first.headers["Retry-After"]) == (429, "2")
        assert second.status_code == 200
        assert simulator.rings(e164("26")) == 1


def test_only_the_list_knows_the_call(caller: Caller):
    call_id = caller.place("46").json()["data"]["call_id"]
    assert caller.request("GET", f"/v1/call/{call_id}").status_code == 404
    shown = caller.request("GET", "/v1/calls", params={"phone_number": "9876543246"}).json()["data"]
    assert [call["call_id"] for call in shown] == [call_id]


def test_one_call_id_for_several_calls(caller: Caller):
    first = caller.place("47").json()["data"]["call_id"]
    second = caller.place("47", phone_number="9812345647").json()["data"]["call_id"]
    assert first == second == SAME_CALL_ID


def test_look_ups_fail_three_times(caller: Caller):
    call_id = caller.place("48").json()["data"]["call_id"]
    answers = [caller.request("GET", f"/v1/call/{call_id}").status_code for _ in range(4)]
    assert answers == [500, 500, 500, 200]


def test_no_news_ever(caller: Caller):
    call_id = caller.place("49").json()["data"]["call_id"]
    [call] = [call for call in caller.simulator.api.book.newest_first() if call.call_id == call_id]
    call.clock -= 1_000_000
    assert caller.detail(call_id)["status"] == "in_progress"


CONVERSATION: dict[str, Any] = {
    "person_name": "Asha",
    "initial_greeting": "Namaste Asha, about your visit:",
    "additional_data": {"ward": "B2", "reference": "r-1"},
    "data_extraction": [
        {"key": "coming", "description": "Is the patient coming?", "output_format": "yes or no"},
        {"key": "day", "description": "Preferred day", "output_format": "date"},
        {"key": "moment", "description": "Exact slot", "output_format": "date and time"},
        {"key": "hour", "description": "Preferred hour", "output_format": "time"},
        {"key": "guests", "description": "How many guests", "output_format": "number"},
        {"description": "Anything else"},
    ],
}


def test_conversation_uses_greeting_name_and_data_points(caller: Caller):
    call_id = caller.place("50", **CONVERSATION).json()["data"]["call_id"]
    call = caller.until(call_id, "picked")
    assert call["caller_name"] == "Asha"
    assert call["data_captured"].keys() == {"coming", "day", "moment", "hour", "guests", "field_6"}
    assert (call["data_captured"]["coming"], call["data_captured"]["guests"]) == ("yes", 2)
    assert "Asha" in call["summary"]
    assert call["post_call_analysis"] == {"sentiment": "positive", "callback_required": False}
    assert call["created_at"].endswith("+05:30")
    assert call["duration_seconds"] > 0
    turns = caller.request("GET", f"/v1/call/{call_id}/transcript").json()["data"]["transcript"]
    assert (turns[0]["role"], turns[0]["content"]) == ("agent", "Namaste Asha, about your visit:")
    assert turns[2]["content"] == "Is the patient coming?"
    assert {turn["role"] for turn in turns} == {"agent", "user"}
    assert all(turn["timestamp"] for turn in turns)


def test_a_call_without_conversation_has_no_transcript(caller: Caller):
    call_id = caller.place("01").json()["data"]["call_id"]
    call = caller.until(call_id, "not_picked")
    assert (call["call_picked_at"], call["duration_seconds"], call["summary"]) == (None, None, None)
    assert caller.request("GET", f"/v1/call/{call_id}/transcript").json()["data"]["transcript"] == []


def test_duration_is_capped(caller: Caller):
    least = contract.limits("CallConfigOverrides.max_call_duration_seconds").minimum
    overrides = {"max_call_duration_seconds": least}
    call_id = caller.place("50", **CONVERSATION, call_config_overrides=overrides).json()["data"]["call_id"]
    assert caller.until(call_id, "picked")["duration_seconds"] == least


def variant(digits: str, caller: Caller, receiver: Receiver) -> tuple[str, dict[str, Any]]:
    call_id = caller.place(digits, webhook_url=receiver.url, **CONVERSATION).json()["data"]["call_id"]
    [delivery] = receiver.wait_for(1)
    assert (delivery.method, delivery.content_type) == ("POST", "application/json")
    return call_id, json.loads(delivery.body)


def test_variant_1_is_flat_with_chat(caller: Caller, receiver: Receiver):
    call_id, body = variant("41", caller, receiver)
    assert body["chat"].startswith("Agent: Namaste Asha, about your visit:\nUser: ")
    assert (body["call_log_id"], body["agent_uuid"]) == (call_id, AGENTS[0].agent_id)
    assert body["executionMode"] == "test"


def test_variant_2_is_the_analysis(caller: Caller, receiver: Receiver):
    call_id, body = variant("42", caller, receiver)
    assert (body["call_log_id"], body["call_type"]) == (call_id, "outbound")
    assert body["data_capture"]["coming"] == "yes"
    trigger = {"phone_number": e164("42"), "person_name": "Asha", "ward": "B2", "reference": "r-1"}
    assert body["call_trigger_data"] == trigger
    assert "agent_uuid" not in body


def test_variant_2_leaves_out_a_section_without_data(caller: Caller, receiver: Receiver):
    caller.place("42", webhook_url=receiver.url)
    assert "data_capture" not in json.loads(receiver.wait_for(1)[0].body)


def test_variant_3_is_a_custom_template(caller: Caller, receiver: Receiver):
    call_id, body = variant("43", caller, receiver)
    assert (body["callId"], body["phone"], body["coming"]) == (call_id, e164("43"), "yes")
    assert body["callTime"].endswith("Z")


def test_variant_4_is_nested(caller: Caller, receiver: Receiver):
    call_id, body = variant("44", caller, receiver)
    assert body["call_info"]["call_log_id"] == call_id
    assert body["data_extraction"]["coming"] == "yes"


def test_variant_5_has_no_body(caller: Caller, receiver: Receiver):
    caller.place("45", webhook_url=receiver.url)
    [delivery] = receiver.wait_for(1)
    assert (delivery.method, delivery.path, delivery.body) == ("GET", "/hook", b"")
