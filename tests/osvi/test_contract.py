"""The contract against the vendor's OpenAPI document, and against what that document says in words."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from pydantic import ValidationError

from calls.osvi import contract
from calls.osvi.contract import CallRequest, CampaignContacts, DndEntry
from tests.payloads import load, names

DOCUMENT = Path(__file__).resolve().parents[3] / "shared" / "osvi-call.openapi.yaml"
needs_document = pytest.mark.skipif(not DOCUMENT.exists(), reason="the vendor's document is not at hand")

REQUIRED = {"agent_uuid": "agent_one", "phone_number": "9876543210", "country_code": "IN"}
# What the document demands in words only, and we state as a constraint.
FROM_WORDS: dict[str, dict[str, Any]] = {
    "/agent_uuid": {"minLength": 1},
    "/phone_number": {"pattern": "^[0-9]+$"},
    "/data_extraction[]/description": {"minLength": 1},
    "/data/call_id": {"minLength": 1},
}
COMPARED = {"type", "format", "minimum", "maximum", "maxLength", "minLength", "pattern"}


@pytest.fixture(scope="module")
def vendor() -> dict[str, Any]:
    return yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]


def plain(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference and unwrap "or null": in a request an absent field is left out, never null."""
    if "$ref" in schema:
        return plain(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    return plain(options[0], root) if len(options) == 1 else schema


def differences(
    ours: dict[str, Any], theirs: dict[str, Any], root: dict[str, Any], *, required: bool, path: str = ""
) -> list[str]:
    """Return every place in which our schema and the vendor's say something different."""
    ours = plain(ours, root)
    found = []
    expected = {key: theirs[key] for key in COMPARED & theirs.keys()} | FROM_WORDS.get(path, {})
    stated = {key: ours[key] for key in COMPARED & ours.keys()}
    if expected != stated:
        found.append(f"{path}: {stated} instead of {expected}")
    if required and set(ours.get("required", [])) != set(theirs.get("required", [])):
        found.append(f"{path}: required {ours.get('required')} instead of {theirs.get('required')}")
    our_fields, their_fields = ours.get("properties", {}), theirs.get("properties", {})
    found += [f"{path}/{name}: only in one of them" for name in our_fields.keys() ^ their_fields.keys()]
    for name in our_fields.keys() & their_fields.keys():
        found += differences(
            our_fields[name], their_fields[name], root, required=required, path=f"{path}/{name}"
        )
    if ("items" in ours) != ("items" in theirs):
        found.append(f"{path}: items only in one of them")
    elif "items" in ours:
        found += differences(ours["items"], theirs["items"], root, required=required, path=f"{path}[]")
    return found


@needs_document
def test_the_request_is_the_vendors_field_by_field(vendor):
    ours = CallRequest.model_json_schema()
    assert differences(ours, vendor["CallRequest"], ours, required=True) == []


@needs_document
@pytest.mark.parametrize(
    ("model", "name"),
    [
        (contract.CallResponse, "CallResponse"),
        (contract.ErrorResponse, "ErrorBadRequest"),
        (contract.ErrorResponse, "ErrorForbidden"),
    ],
)
def test_the_answers_are_the_vendors_field_by_field(vendor, model, name):
    """The document marks nothing in an answer as required; what we need to read, we require."""
    ours = model.model_json_schema()
    assert differences(ours, vendor[name], ours, required=False) == []


@needs_document
def test_the_401_answer_lacks_details_only(vendor):
    ours = contract.ErrorResponse.model_json_schema()
    assert differences(ours, vendor["ErrorUnauthorized"], ours, required=False) == [
        "/details: only in one of them"
    ]


@needs_document
@pytest.mark.parametrize(
    ("path", "change"),
    [
        (("initial_greeting",), {"maxLength": 1}),
        (("call_config_overrides", "properties", "max_call_duration_seconds"), {"minimum": 1}),
        (("data_extraction", "items"), {"required": []}),
        (("webhook_url",), {"type": "integer"}),
        (("call_config_overrides", "properties", "retry_config", "properties"), {"pause": {}}),
    ],
)
def test_the_comparison_notices_a_change(vendor, path, change):
    changed = json.loads(json.dumps(vendor["CallRequest"]))
    place = changed["properties"]
    for step in path:
        place = place[step]
    place.update(change)
    ours = CallRequest.model_json_schema()
    assert len(differences(ours, changed, ours, required=True)) == 1


@needs_document
def test_the_endpoint_is_the_documented_one():
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    assert list(document["paths"]) == [contract.CALL_PATH]
    assert set(document["paths"][contract.CALL_PATH]["post"]["responses"]) == {"200", "400", "401", "403"}


def test_a_request_with_every_field_keeps_every_field():
    greeting = "x" * (contract.limits("CallRequest.initial_greeting").max_length or 0)
    duration = contract.limits("CallConfigOverrides.max_call_duration_seconds")
    attempts = contract.limits("RetryConfig.max_attempts")
    interval = contract.limits("RetryConfig.interval_minutes")
    for bound in ("minimum", "maximum"):
        body = {
            **REQUIRED,
            "system_prompt": "Be kind.",
            "webhook_url": "https://calls.example.org/x",
            "person_name": "John Doe",
            "additional_data": {"a": {"b": [1, 2.5, None, True]}},
            "initial_greeting": greeting,
            "call_config_overrides": {
                "max_call_duration_seconds": getattr(duration, bound),
                "enable_callback": False,
                "retry_config": {
                    "enabled": False,
                    "max_attempts": getattr(attempts, bound),
                    "interval_minutes": getattr(interval, bound),
                },
            },
            "data_extraction": [
                {"key": "k", "description": "d", "required": False, "output_format": "yes or no"}
            ],
        }
        assert CallRequest.model_validate(body).body() == body


def test_what_is_not_set_is_not_sent():
    assert CallRequest.model_validate(REQUIRED).body() == REQUIRED


def bodies_outside(field: str, wrap: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    bounds = contract.limits(field)
    assert bounds.minimum is not None
    assert bounds.maximum is not None
    return [{"call_config_overrides": wrap(number)} for number in (bounds.minimum - 1, bounds.maximum + 1)]


@pytest.mark.parametrize(
    "change",
    [
        *bodies_outside(
            "CallConfigOverrides.max_call_duration_seconds", lambda n: {"max_call_duration_seconds": n}
        ),
        *bodies_outside("RetryConfig.max_attempts", lambda n: {"retry_config": {"max_attempts": n}}),
        *bodies_outside("RetryConfig.interval_minutes", lambda n: {"retry_config": {"interval_minutes": n}}),
        {"initial_greeting": "x" * ((contract.limits("CallRequest.initial_greeting").max_length or 0) + 1)},
        {"call_config_overrides": {"max_call_duration_seconds": "300"}},
        {"call_config_overrides": {"enable_callback": "yes"}},
        {"additional_data": []},
        {"additional_data": "text"},
        {"data_extraction": {}},
        {"data_extraction": [{}]},
        {"data_extraction": [{"description": ""}]},
        {"data_extraction": [{"description": " \n"}]},
        {"webhook_url": "https://"},
        {"webhook_url": "https:///path"},
        {"webhook_url": "ftp://host/x"},
        {"webhook_url": "https://a host/x"},
        {"webhook_url": "https://host/x\n"},
        {"webhook_url": "http://[bad/x"},
        {"country_code": "91"},
        {"country_code": "in"},
        {"country_code": "IND"},
        {"phone_number": "+919876543210"},
        {"phone_number": "98765 43210"},
        {"phone_number": "123"},
        {"phone_number": ""},
        {"agent_uuid": ""},
        {"person_name": 5},
    ],
    ids=lambda change: json.dumps(change)[:60],
)  # fmt: skip
def test_what_osvi_would_refuse_is_refused_before_sending(change):
    with pytest.raises(ValidationError):
        CallRequest.model_validate({**REQUIRED, **change})


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_required_field_is_required(name):
    with pytest.raises(ValidationError):
        CallRequest.model_validate({key: value for key, value in REQUIRED.items() if key != name})


def contacts_of(count: int) -> dict[str, Any]:
    return {"agent_uuid": "agent_one", "contacts": [{"phone": "9876543210"}] * count}


def test_a_campaign_takes_contacts_up_to_its_limit():
    most = contract.limits("CampaignContacts.contacts").max_items
    assert most == 10_000
    assert len(CampaignContacts.model_validate(contacts_of(most)).contacts) == most
    with pytest.raises(ValidationError):
        CampaignContacts.model_validate(contacts_of(most + 1))
    with pytest.raises(ValidationError):
        CampaignContacts.model_validate(contacts_of(0))


@pytest.mark.parametrize(
    "contact",
    [
        {},
        {"person_name": "Asha"},
        {"phone": " "},
        {"phone": 9876543210},
        {"phone": "1", "person_name": 5},
        "x",
    ],
)
def test_a_contact_has_a_number_and_its_name_is_text(contact):
    with pytest.raises(ValidationError):
        CampaignContacts.model_validate({"agent_uuid": "agent_one", "contacts": [contact]})


def test_a_contact_keeps_its_own_keys():
    contact = {"phone": "9876543210", "person_name": "", "visits": 3, "notes": {"last": None}}
    body = {"agent_uuid": "agent_one", "contacts": [contact], "enqueue": False}
    assert CampaignContacts.model_validate(body).body() == body


@pytest.mark.parametrize(
    "change", [{"agent_uuid": ""}, {"phone": ""}, {"phone": " "}, {"phone": 9876543210}, {"reason": 5}]
)
def test_a_do_not_call_entry_names_agent_and_number(change):
    entry = {"agent_uuid": "agent_one", "phone": "9876543210"}
    assert DndEntry.model_validate(entry).body() == entry
    with pytest.raises(ValidationError):
        DndEntry.model_validate(entry | change)


def test_a_refused_body_does_not_show_people():
    with pytest.raises(ValidationError) as caught:
        CampaignContacts.model_validate(
            {"agent_uuid": "", "contacts": [{"phone": "", "person_name": "Asha Rao"}]}
        )
    assert "Asha" not in str(caught.value)
    assert "Asha" not in repr(
        CampaignContacts(agent_uuid="a", contacts=[{"phone": "1", "person_name": "Asha Rao"}])
    )


@pytest.mark.parametrize("name", ["errors/400_error_details_null", "errors/400_error_details_object",
                                  "errors/401_error", "errors/403_error"])  # fmt: skip
def test_documented_errors_fit_the_model(name):
    body = load(name)
    assert contract.ErrorResponse.model_validate(body).error == body["error"]


def test_every_error_sample_has_words():
    for name in names("errors"):
        assert not contract.error_message(load(name), 400).startswith("HTTP")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "a", "message": "b", "errors": ["c"]}, "a"),
        ({"error": {"message": "a"}, "message": "b"}, "a"),
        ({"error": {}, "message": "b", "errors": ["c"]}, "b"),
        ({"error": " ", "message": None, "errors": ["c", "d"]}, "c; d"),
        ({"errors": []}, "HTTP 418"),
        ({}, "HTTP 418"),
        ([], "HTTP 418"),
        (None, "HTTP 418"),
        ("text", "HTTP 418"),
    ],
)
def test_the_order_in_which_words_are_looked_for(body, words):
    assert contract.error_message(body, 418) == words


def test_unknown_fields_have_no_limits():
    with pytest.raises(KeyError):
        contract.limits("CallRequest.nonsense")


def test_print_contract_prints_sorted_json():
    out = StringIO()
    call_command("print_contract", stdout=out)
    assert json.loads(out.getvalue()) == contract.json_schema()
    assert out.getvalue() == json.dumps(
        contract.json_schema(), indent=2, sort_keys=True, ensure_ascii=False
    ) + "\n"  # fmt: skip
