import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.models import Agent, CallEvent, CallLog, CallTemplate, DataPoint
from calls.osvi import contract
from calls.osvi.outcomes import REFERENCE_KEY
from calls.services import sending
from osvi_simulator.server import SimulatorServer
from tests.commands.running import Ended, run
from tests.commands.vendor import VendorServer, accepted, needs_document, refused
from tests.osvi.http_server import reply, reset, stay_silent

pytestmark = [pytest.mark.django_db, needs_document]


@pytest.fixture
def template(agent: Agent) -> CallTemplate:
    template = CallTemplate.objects.create(
        name="Reminder",
        agent=agent,
        country="IN",
        greeting="Hello {{ person_name | there }}, see you on {{ day }}.",
        prompt="Confirm {{ day }}.",
        additional_data={"clinic": "City Dental"},
        max_call_duration_seconds=120,
        retry_enabled=True,
        retry_max_attempts=2,
        retry_interval_minutes=15,
    )
    DataPoint.objects.create(template=template, key="confirmed", description="Will they come?", required=True)
    template.record_version(None)
    return template


def place(agent: Agent, *more: str, to: str = "9876543210") -> Ended:
    return run("place_call", "--agent", agent.agent_uuid, "--to", to, "--country", "IN", "--json", *more)


# --- What is sent -----------------------------------------------------------------------------


def test_it_sends_at_once_and_prints_one_object(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(accepted("call_1"))

    ended = place(agent, "--now")

    call = CallLog.objects.get()
    assert ended.code == 0
    assert ended.err == ""
    assert (
        ended.json
        | {
            "reference": str(call.reference),
            "status": "accepted",
            "outcome": "",
            "call_id": "call_1",
            "phone_number": "+919876543210",
            "errors": {},
        }
        == ended.json
    )
    assert vendor.problems == []


def test_a_call_without_template_and_greeting_uses_the_agents_defaults(
    agent: Agent, vendor: VendorServer
) -> None:
    vendor.script(accepted())

    place(agent, "--now")

    call = CallLog.objects.get()
    (body,) = vendor.bodies
    address = body.pop("webhook_url")
    assert address.endswith(f"/webhooks/osvi/calls/{call.webhook_token}/")
    assert body == {
        "agent_uuid": agent.agent_uuid,
        "phone_number": "9876543210",
        "country_code": "IN",
        "additional_data": {REFERENCE_KEY: str(call.reference)},
    }
    assert call.events.first().source == EventSource.COMMAND  # type: ignore[union-attr]


def test_every_option_reaches_the_body(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(accepted())
    point = {"key": "ok", "description": "Are they well?", "required": False, "output_format": "yes or no"}

    ended = place(
        agent,
        *(
            "--now",
            "--name",
            "Asha",
            "--greeting",
            "Hello {{ person_name }}",
            "--prompt",
            "Ask about {{ day }}",
        ),
        *("--set", "day=Monday", "--max-duration", "300", "--retry-attempts", "3", "--retry-interval", "30"),
        *("--no-callback", "--data", '{"clinic": "City"}', "--data-point", json.dumps(point)),
        *("--webhook-url", "https://news.example.org/x"),
    )

    (body,) = vendor.bodies
    assert ended.code == 0
    assert body.pop("additional_data").items() >= {"clinic": "City", "day": "Monday"}.items()
    assert body == {
        "agent_uuid": agent.agent_uuid,
        "phone_number": "9876543210",
        "country_code": "IN",
        "person_name": "Asha",
        "initial_greeting": "Hello Asha",
        "system_prompt": "Ask about Monday",
        "webhook_url": "https://news.example.org/x",
        "call_config_overrides": {
            "max_call_duration_seconds": 300,
            "enable_callback": False,
            "retry_config": {"enabled": True, "max_attempts": 3, "interval_minutes": 30},
        },
        "data_extraction": [point],
    }


def test_a_number_that_was_called_just_now_has_to_be_confirmed(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(accepted("call_1"), accepted("call_2"))
    place(agent, "--now")

    ended = place(agent, "--now")

    assert ended.code == 2
    assert list(ended.json["errors"]) == ["even_if_recent"]
    assert "has not ended" in ended.json["errors"]["even_if_recent"][0]
    assert CallLog.objects.count() == len(vendor.bodies) == 1
    assert place(agent, "--now", "--even-if-recent").code == 0
    assert CallLog.objects.count() == 2


def test_a_template_brings_its_agent_and_country_and_its_values_may_be_replaced(
    template: CallTemplate, vendor: VendorServer
) -> None:
    vendor.script(accepted("call_1"), accepted("call_2"))
    base = ("place_call", "--template", "Reminder", "--to", "9876543210", "--set", "day=Monday", "--now")

    assert run(*base).code == 0
    changes = ("--max-duration", "60", "--callback", "--no-retry", "--even-if-recent")
    assert run(*base, *changes).code == 0

    as_it_is, changed = vendor.bodies
    assert as_it_is["agent_uuid"] == template.agent.agent_uuid
    assert as_it_is["country_code"] == "IN"
    assert as_it_is["initial_greeting"] == "Hello there, see you on Monday."
    assert as_it_is["additional_data"]["clinic"] == "City Dental"
    assert as_it_is["data_extraction"][0]["key"] == "confirmed"
    assert as_it_is["call_config_overrides"]["retry_config"]["max_attempts"] == 2
    assert changed["call_config_overrides"] == {
        "max_call_duration_seconds": 60,
        "enable_callback": True,
        "retry_config": {"enabled": False},
    }
    assert vendor.problems == []


def test_another_agent_may_speak_a_template(template: CallTemplate, vendor: VendorServer) -> None:
    vendor.script(accepted())
    other = Agent.objects.create(agent_uuid="agent_other", name="Other")

    place(other, "--template", "Reminder", "--set", "day=Monday", "--set", "person_name=Asha", "--now")

    assert vendor.bodies[0]["agent_uuid"] == "agent_other"
    assert vendor.bodies[0]["initial_greeting"] == "Hello Asha, see you on Monday."


def test_an_empty_greeting_means_the_agents_own(template: CallTemplate, vendor: VendorServer) -> None:
    vendor.script(accepted())

    run(
        "place_call", "--template", "Reminder", "--to", "9876543210", "--set", "day=x", "--greeting=", "--now"
    )

    assert "initial_greeting" not in vendor.bodies[0]


# --- Every field at its limits ----------------------------------------------------------------


def template_at(edge: str, agent: Agent) -> tuple[CallTemplate, str]:
    """Return a template whose every number is its `edge`, and the value that fills its greeting to the brim."""
    number = {
        name: getattr(contract.limits(field), edge)
        for name, field in {
            "max_call_duration_seconds": "CallConfigOverrides.max_call_duration_seconds",
            "retry_max_attempts": "RetryConfig.max_attempts",
            "retry_interval_minutes": "RetryConfig.interval_minutes",
        }.items()
    }
    longest = contract.limits("CallRequest.initial_greeting").max_length
    assert longest is not None
    template = CallTemplate(
        name=f"At its {edge}",
        agent=agent,
        country="IN",
        greeting="नमस्ते {{ person_name }}, {{ words }}",
        prompt="x" * 20_000,
        additional_data={"deep": {"list": [1, 2.5, None, True, "ü"]}, "": ""},
        enable_callback=edge == "maximum",
        retry_enabled=True,
        **number,
    )
    template.full_clean()
    template.save()
    for place_, key in enumerate(["a", "b" * 100]):
        DataPoint.objects.create(
            template=template, position=place_, key=key, description="d", output_format="f" * 200
        )
    return template, "w" * (longest - len("नमस्ते , ") - len("Asha"))


ANSWERS = {
    "200": (accepted, 0, CallStatus.ACCEPTED),
    "400": (lambda: refused(400), 3, CallStatus.REJECTED),
    "401": (lambda: refused(401), 3, CallStatus.REJECTED),
    "403": (lambda: refused(403), 3, CallStatus.REJECTED),
    "500": (lambda: reply(500, {"success": False, "error": "boom"}), 4, CallStatus.UNCONFIRMED),
    "time-out": (lambda: stay_silent, 4, CallStatus.UNCONFIRMED),
    "reset": (lambda: reset, 4, CallStatus.UNCONFIRMED),
    "not JSON": (lambda: reply(200, raw=b"<html>"), 4, CallStatus.UNCONFIRMED),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("edge", ["minimum", "maximum"])
def test_a_template_at_its_limits_is_accepted_and_the_exit_code_tells_the_answer(
    edge: str, answer: str, agent: Agent, vendor: VendorServer, settings: Any
) -> None:
    settings.OSVI_READ_TIMEOUT = 0.3
    template, words = template_at(edge, agent)
    make, code, status = ANSWERS[answer]
    vendor.script(make())

    ended = place(agent, "--template", template.name, "--name", "Asha", "--set", f"words={words}", "--now")

    assert vendor.problems == []
    assert len(vendor.bodies) == 1
    assert (
        len(vendor.bodies[0]["initial_greeting"])
        == contract.limits("CallRequest.initial_greeting").max_length
    )
    assert set(vendor.bodies[0]) == set(contract.CallRequest.model_fields)
    assert (ended.code, ended.json["status"]) == (code, status)
    assert bool(ended.err) == bool(code) == bool(ended.json["errors"])


def test_one_character_more_is_refused_here(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(accepted())
    template, words = template_at("maximum", agent)

    ended = place(agent, "--template", template.name, "--name", "Asha", "--set", f"words={words}w", "--now")

    assert ended.code == 2
    assert list(ended.json["errors"]) == ["greeting"]
    assert vendor.bodies == []


# --- How it ends ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_told_in_osvis_words(status: int, agent: Agent, vendor: VendorServer) -> None:
    vendor.script(refused(status))

    ended = run("place_call", "--agent", agent.agent_uuid, "--to", "+919876543210", "--now")

    words = {400: "blocklist", 401: "Invalid API token", 403: "Agent not found"}[status]
    assert ended.code == 3
    assert words in ended.err
    assert "rejected" in ended.out


def test_an_unknown_end_says_not_to_call_again(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(reset)

    ended = run("place_call", "--agent", agent.agent_uuid, "--to", "9876543210", "--now")

    assert ended.code == 4
    assert "do not place it again" in ended.err
    assert str(CallLog.objects.get().reference) in ended.err


def test_nothing_left_when_osvi_cannot_be_reached(agent: Agent, point_at: Any) -> None:
    ended = place(agent, "--now")

    assert ended.code == 5
    assert ended.json["status"] == "queued"
    assert "do not place it again" in ended.err


def test_waiting_sends_again_after_osvi_asked_for_patience(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(reply(429, {"success": False, "error": "slow down"}, Retry_After="1"), accepted())

    ended = place(agent, "--now", "--wait", "2")

    assert (ended.code, ended.json["status"]) == (0, "accepted")
    assert len(vendor.bodies) == 2


def test_a_pause_holds_the_call_back(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(accepted())
    sending.pause("The token {is} wrong.")

    ended = place(agent, "--now")

    assert ended.code == 5
    assert "The token {is} wrong." in ended.err
    assert vendor.bodies == []


def test_one_id_for_two_calls_is_an_anomaly_and_breaks_nothing(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(accepted("call_same"))

    first, second = place(agent, "--now"), place(agent, "--now", to="9876543211")

    assert (first.code, second.code) == (0, 0)
    assert (first.json["call_id"], second.json["call_id"]) == ("call_same", "")
    assert second.json["status"] == "accepted"
    notes = CallEvent.objects.filter(call__reference=second.json["reference"], evidence__call_id="call_same")
    assert notes.count() == 1


def test_a_call_that_will_not_be_sent_is_told(agent: Agent, vendor: VendorServer, settings: Any) -> None:
    # With an address at which OSVI could never deliver, the request does not fit the contract.
    settings.PUBLIC_BASE_URL = "ftp://example.org"
    vendor.script(accepted())

    ended = place(agent, "--now")

    assert (ended.code, ended.json["status"]) == (6, "blocked")
    assert "Nobody was rung." in ended.err
    assert vendor.bodies == []


# --- Through the worker -----------------------------------------------------------------------


def test_without_now_the_worker_is_to_send_it(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(accepted())

    ended = place(agent)

    assert (ended.code, ended.json["status"]) == (0, "queued")
    assert vendor.bodies == []


def test_waiting_in_vain_for_a_worker_is_told(agent: Agent, vendor: VendorServer) -> None:
    vendor.script(accepted())

    ended = place(agent, "--wait", "0.1")

    assert (ended.code, ended.json["status"]) == (5, "queued")
    assert vendor.bodies == []


@pytest.mark.parametrize("offset", ["", "+00:00"])
def test_a_call_may_be_scheduled(offset: str, agent: Agent, vendor: VendorServer) -> None:
    vendor.script(accepted())
    later = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
    typed = timezone.localtime(later).replace(tzinfo=None) if not offset else later.astimezone(UTC)

    ended = place(agent, "--schedule", typed.isoformat())

    assert (ended.code, ended.json["status"]) == (0, "scheduled")
    assert datetime.fromisoformat(ended.json["scheduled_for"]) == later
    assert CallLog.objects.get().scheduled_for == later
    assert vendor.bodies == []


# --- Waiting for the outcome ------------------------------------------------------------------


def test_it_asks_osvi_itself_and_ends_with_the_outcome(agent: Agent, simulator: SimulatorServer) -> None:
    ended = place(agent, "--now", "--wait", "20", "--name", "Asha")

    assert (ended.code, ended.json["status"], ended.json["outcome"]) == (0, "finished", "picked")
    assert ended.json["summary"]
    assert simulator.rings("+919876543210") == 1


def test_a_lost_answer_is_cleared_up_while_waiting(agent: Agent, simulator: SimulatorServer) -> None:
    ended = place(agent, "--now", "--wait", "20", to="9876543221")

    assert (ended.code, ended.json["status"], ended.json["outcome"]) == (0, "finished", "picked")
    assert simulator.rings("+919876543221") == 1


def test_waiting_ends_when_the_time_is_up(agent: Agent, simulator: SimulatorServer) -> None:
    ended = place(agent, "--now", "--wait", "0.5", to="9876543249")

    assert (ended.code, ended.json["status"]) == (0, "accepted")


# --- Agents -----------------------------------------------------------------------------------


def test_an_unknown_agent_is_added_with_now(db: None, vendor: VendorServer) -> None:
    vendor.script(accepted())

    ended = run("place_call", "--agent", "agent_new", "--to", "9876543210", "--country", "IN", "--now")

    assert ended.code == 0
    assert Agent.objects.get().name == "agent_new"
    assert vendor.bodies[0]["agent_uuid"] == "agent_new"


def test_an_unknown_agent_is_not_added_for_a_call_that_cannot_be(db: None, vendor: VendorServer) -> None:
    ended = run("place_call", "--agent", "agent_new", "--to", "1", "--country", "IN", "--now")

    assert ended.code == 2
    assert not Agent.objects.exists()


def test_without_now_an_unknown_agent_is_refused_with_advice(db: None) -> None:
    ended = run("place_call", "--agent", "agent_new", "--to", "9876543210")

    assert ended.code == 2
    assert "--agent: " in ended.err
    assert "sync_agents" in ended.err


def test_an_inactive_agent_is_refused(agent: Agent, vendor: VendorServer) -> None:
    Agent.objects.update(is_active=False)

    assert list(place(agent, "--now").json["errors"]) == ["agent"]


# --- What cannot be used ----------------------------------------------------------------------

TOO_LONG = "x" * 201


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("to", ["--to", "12"]),
        ("to", ["--to", "abc"]),
        ("to", ["--to", ""]),
        ("to", ["--to", "\udcff"]),
        ("country", ["--country", "XX"]),
        ("country", ["--country", "India"]),
        ("name", ["--name", TOO_LONG]),
        ("name", ["--name", "\udcff"]),
        ("template", ["--template", "Nothing"]),
        ("template", ["--template", "Old"]),
        ("set", ["--set", "day"]),
        ("set", ["--set", "=Monday"]),
        ("set.day", ["--template", "Reminder"]),
        ("set.day", ["--greeting", "On {{ day }}"]),
        ("name", ["--greeting", "Dear {{ person_name }}"]),
        ("greeting", ["--greeting", "Dear {{ person"]),
        ("prompt", ["--prompt", "{% now %}"]),
        ("max_duration", ["--max-duration", "soon"]),
        ("max_duration", ["--max-duration", "1"]),
        ("max_duration", ["--max-duration", "9" * 30]),
        ("retry_attempts", ["--retry-attempts", "0"]),
        ("retry_attempts", ["--retry-attempts", "2.5"]),
        ("retry_interval", ["--retry-interval", "99999"]),
        ("retry", ["--no-retry", "--retry-attempts", "2"]),
        ("data", ["--data", "[1]"]),
        ("data", ["--data", "{"]),
        ("data", ["--data", '{"a": NaN}']),
        ("data", ["--data", '{"a": 1e999}']),
        ("data", ["--data", '{"a": "\\u0000"}']),
        ("data", ["--data", '{"a": ["\\ud800"]}']),
        ("data", ["--data", '{"a": ' + "[" * 200 + "]" * 200 + "}"]),
        ("data", ["--data", "[" * 200_000]),
        ("data_point", ["--data-point", "{}"]),
        ("data_point", ["--data-point", '{"description": " "}']),
        ("data_point", ["--data-point", '{"description": "x", "format": "y"}']),
        ("data_point", ["--data-point", '{"description": "x", "required": "yes"}']),
        ("data_point", ["--data-point", "nothing"]),
        ("webhook_url", ["--webhook-url", "ftp://example.org"]),
        ("webhook_url", ["--webhook-url", "https://"]),
        ("schedule", ["--schedule", "tomorrow"]),
        ("schedule", ["--schedule", "2020-01-01T10:00"]),
        ("schedule", ["--schedule", "9999-12-31T23:59:59Z"]),
        ("schedule", ["--schedule", "2026-13-01T10:00"]),
        ("wait", ["--wait", "-1"]),
        ("wait", ["--wait", "nan"]),
        ("wait", ["--wait", "long"]),
        ("now", ["--now", "--schedule", "2999-01-01T10:00"]),
    ],
)
def test_it_names_the_option_that_cannot_be_used(
    field: str, arguments: list[str], template: CallTemplate, vendor: VendorServer
) -> None:
    CallTemplate.objects.create(name="Old", agent=template.agent, is_archived=True)
    vendor.script(accepted())

    ended = place(template.agent, *arguments)

    assert ended.code == 2
    assert list(ended.json["errors"]) == [field]
    assert all(sentence.endswith((".", ").")) for sentence in ended.json["errors"][field])
    assert "--" in ended.err
    assert "Traceback" not in ended.err
    assert not CallLog.objects.exists()
    assert vendor.bodies == []


def test_all_mistakes_are_told_at_once(agent: Agent) -> None:
    ended = place(agent, "--data", "x", "--max-duration", "y", "--schedule", "z")

    assert set(ended.json["errors"]) == {"data", "max_duration", "schedule"}


def test_it_asks_for_agent_and_number(db: None) -> None:
    assert list(run("place_call", "--to", "9876543210", "--json").json["errors"]) == ["agent"]
    assert list(run("place_call", "--json").json["errors"]) == ["to"]
