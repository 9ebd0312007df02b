"""What `POST /v1/call` refuses, with the vendor's status and envelope; the bounds come from the contract."""

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest

from calls.osvi import contract
from osvi_simulator.server import LARGEST_BODY
from tests.simulator.conftest import Caller

BOUNDED = {
    "CallConfigOverrides.max_call_duration_seconds": lambda value: {"max_call_duration_seconds": value},
    "RetryConfig.max_attempts": lambda value: {"retry_config": {"max_attempts": value}},
    "RetryConfig.interval_minutes": lambda value: {"retry_config": {"interval_minutes": value}},
}


def bounds(field: str) -> tuple[int, int]:
    limits = contract.limits(field)
    assert limits.minimum is not None
    assert limits.maximum is not None
    return limits.minimum, limits.maximum


@pytest.mark.parametrize("field", BOUNDED)
def test_a_value_on_its_bounds_is_accepted(field: str, caller: Caller):
    for value in bounds(field):
        assert caller.place(call_config_overrides=BOUNDED[field](value)).status_code == 200


@pytest.mark.parametrize("field", BOUNDED)
def test_a_value_beyond_its_bounds_is_refused(field: str, caller: Caller):
    least, most = bounds(field)
    sentence = f"{field.split('.')[1]} must be between {least} and {most}"
    for value in (least - 1, most + 1):
        answer = caller.place(call_config_overrides=BOUNDED[field](value))
        assert answer.status_code == 400
        assert answer.json()["error"] == sentence
        assert contract.ErrorResponse.model_validate(answer.json()).details
    assert caller.simulator.journal.rings == {}


def test_greeting_up_to_its_limit(caller: Caller):
    longest = contract.limits("CallRequest.initial_greeting").max_length
    assert longest is not None
    for length in (longest - 1, longest):
        assert caller.place(initial_greeting="न" * length).status_code == 200
    answer = caller.place(initial_greeting="न" * (longest + 1))
    assert answer.status_code == 400
    assert answer.json()["error"] == f"initial_greeting must be at most {longest} characters"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"phone_number": "+919876543250"}, "phone_number must be national digits only"),
        ({"phone_number": "123"}, "phone_number is not plausible for country_code"),
        ({"phone_number": 9876543250}, "phone_number must be a string"),
        ({"country_code": "91"}, "country_code must be an ISO 3166-1 alpha-2 code such as IN"),
        ({"webhook_url": "ftp://example.org/x"}, "webhook_url must be an http or https address with a host"),
        ({"webhook_url": ""}, "webhook_url must be an http or https address with a host"),
        ({"additional_data": [1]}, "additional_data must be an object"),
        ({"additional_data": "x"}, "additional_data must be an object"),
        ({"data_extraction": {"key": "a"}}, "data_extraction must be an array"),
        ({"data_extraction": ["x"]}, "data_extraction[0] must be an object"),
        (
            {"data_extraction": [{"key": "a"}]},
            "param is missing or the value is empty: data_extraction[0].description",
        ),
        ({"data_extraction": [{"description": ""}]}, "data_extraction[0].description must not be empty"),
        ({"data_extraction": [{"description": "  "}]}, "description must not be empty"),
        (
            {"call_config_overrides": {"max_call_duration_seconds": "300"}},
            "call_config_overrides.max_call_duration_seconds must be an integer",
        ),
        (
            {"call_config_overrides": {"enable_callback": 1}},
            "call_config_overrides.enable_callback must be true or false",
        ),
        ({"call_config_overrides": []}, "call_config_overrides must be an object"),
    ],
)
def test_a_field_that_breaks_the_contract(fields: dict[str, Any], sentence: str, caller: Caller):
    answer = caller.place(**fields)
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert answer.json()["error"] == sentence
    # Only the plausibility of a number concerns two fields and names none.
    details = answer.json()["details"]
    assert details is None if "plausible" in sentence else sentence in details.values()
    assert caller.simulator.journal.rings == {}


@pytest.mark.parametrize("field", ["agent_uuid", "phone_number", "country_code"])
def test_a_required_field_is_missing(field: str, caller: Caller):
    body = {"agent_uuid": "agent_x", "phone_number": "9876543250", "country_code": "IN"}
    del body[field]
    answer = caller.request("POST", "/v1/call", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"] == f"param is missing or the value is empty: {field}"


def test_unknown_agent(caller: Caller):
    answer = caller.place(agent_uuid="agent_of_somebody_else")
    assert answer.status_code == 403
    assert answer.json() == {
        "success": False,
        "error": "Agent not found or not associated with this account",
        "details": None,
    }
    assert caller.simulator.journal.rings == {}


@pytest.mark.parametrize("token", ["", "wrong-token-0000"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/call"),
        ("GET", "/v1/calls"),
        ("GET", "/v1/active_agents"),
        ("POST", "/v1/dnd_numbers"),
        ("DELETE", "/v1/dnd_numbers"),
        ("POST", "/v1/campaigns/7/contacts"),
        ("GET", "/v1/campaigns/7/status"),
    ],
)
def test_wrong_token(token: str, method: str, path: str, caller: Caller):
    answer = caller.request(method, path, headers={"API-Token": token})
    assert (answer.status_code, answer.json()) == (401, {"success": False, "error": "Invalid API token"})


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"not json", b"[" * 100_000])
def test_a_body_that_is_not_json(body: bytes, caller: Caller):
    answer = caller.request("POST", "/v1/call", data=body, headers={"Content-Length": str(len(body))})
    assert answer.status_code == 400
    assert answer.json() == {"success": False, "error": "The request body is not valid JSON", "details": None}


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"1"])
def test_json_that_is_not_an_object(body: bytes, caller: Caller):
    answer = caller.request("POST", "/v1/call", data=body)
    assert answer.status_code == 400
    assert answer.json()["error"] == "request body must be an object"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 411),
        ({"Transfer-Encoding": "chunked"}, 411),
        ({"Content-Length": "-1"}, 400),
        ({"Content-Length": "many"}, 400),
        ({"Content-Length": str(LARGEST_BODY + 1)}, 413),
    ],
)
def test_a_length_that_cannot_be_read(headers: dict[str, str], status: int, caller: Caller):
    connection = http.client.HTTPConnection(urlsplit(caller.simulator.url).netloc, timeout=10)
    connection.putrequest("POST", "/v1/call")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (status, "close")
    connection.close()
    assert [entry.status for entry in caller.simulator.journal.requests] == [status]


def test_unknown_paths_and_methods(caller: Caller):
    for method, path in (
        ("GET", "/v1/nothing"),
        ("GET", "/"),
        ("POST", "/v1/calls"),
        ("DELETE", "/v1/calls"),
        ("PUT", "/v1/dnd_numbers"),
        ("GET", "/v1/campaigns"),
        ("GET", "/v1/campaigns/7"),
        ("GET", "/v1/campaigns/seven/status"),
        ("GET", "/v1/campaigns/7/contacts"),
        ("POST", "/v1/campaigns/7/status"),
    ):
        assert caller.request(method, path, data=b"{}").status_code == 404
