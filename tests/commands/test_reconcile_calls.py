from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import Agent, CallEvent, CallLog
from osvi_simulator.server import SimulatorServer
from tests.commands.running import run
from tests.osvi.http_server import ScriptedServer, reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_call(agent: Agent) -> Any:
    def make(**fields: Any) -> CallLog:
        now = timezone.now()
        return CallLog.objects.create(
            **{
                "agent": agent,
                "phone_number": "+919876543210",
                "country": "IN",
                "status": CallStatus.ACCEPTED,
                "sent_at": now,
                "outcome_due_at": now + timedelta(hours=1),
                "next_poll_at": now - timedelta(seconds=1),
            }
            | fields
        )

    return make


def finished(call_id: str) -> Any:
    return reply(200, {"success": True, "data": {"call_id": call_id, "status": "not_picked"}})


def test_it_asks_about_calls_that_are_due(make_call: Any, osvi: ScriptedServer) -> None:
    due = make_call(call_id="call_1")
    make_call(call_id="call_2", next_poll_at=timezone.now() + timedelta(hours=1))
    osvi.script(finished("call_1"))

    ended = run("reconcile_calls", "--json")

    due.refresh_from_db()
    assert ended.code == 0
    assert (due.status, due.outcome) == ("finished", "not_picked")
    assert [request.path for request in osvi.received] == ["/v1/call/call_1"]
    assert ended.json["dry_run"] is False
    counts = ended.json
    assert (counts["due"], counts["asked"], counts["changed"], counts["unanswered"]) == (1, 1, 1, 0)


def test_the_regular_check_is_part_of_it(make_call: Any, osvi: ScriptedServer) -> None:
    late = make_call(
        status=CallStatus.QUEUED,
        send_until=timezone.now() - timedelta(minutes=1),
        next_poll_at=None,
        sent_at=None,
    )
    lost = make_call(
        status=CallStatus.SENDING, sent_at=timezone.now() - timedelta(hours=1), next_poll_at=None
    )
    osvi.script(reply(200, {"success": True, "data": [], "meta": {"total_pages": 1}}))

    counts = run("reconcile_calls", "--json").json

    late.refresh_from_db()
    lost.refresh_from_db()
    assert (late.status, lost.status) == ("blocked", "unconfirmed")
    assert (counts["swept"]["given_up"], counts["swept"]["unconfirmed"]) == (1, 1)
    assert counts["needing_attention"] == 1
    assert counts["asked"] == 1


def test_a_dry_run_tells_the_same_and_changes_nothing(make_call: Any, osvi: ScriptedServer) -> None:
    late = make_call(
        status=CallStatus.QUEUED, send_until=timezone.now() - timedelta(minutes=1), next_poll_at=None
    )
    make_call(call_id="call_1")
    osvi.script(finished("call_1"))

    counts = run("reconcile_calls", "--dry-run", "--json").json

    late.refresh_from_db()
    assert counts["dry_run"] is True
    assert counts["swept"]["given_up"] == 1
    assert (counts["due"], counts["asked"]) == (1, 0)
    assert late.status == "queued"
    assert not CallEvent.objects.exists()
    assert osvi.received == []


def test_a_limit_takes_those_that_wait_longest(make_call: Any, osvi: ScriptedServer) -> None:
    make_call(call_id="call_new")
    make_call(call_id="call_old", next_poll_at=timezone.now() - timedelta(hours=1))
    osvi.script(finished("call_old"))

    counts = run("reconcile_calls", "--limit", "1", "--json").json

    assert (counts["due"], counts["asked"]) == (1, 1)
    assert [request.path for request in osvi.received] == ["/v1/call/call_old"]


def test_one_call_is_asked_about_even_if_not_due(make_call: Any, osvi: ScriptedServer) -> None:
    call = make_call(call_id="call_1", next_poll_at=None)
    make_call(call_id="call_2")
    osvi.script(finished("call_1"))

    ended = run("reconcile_calls", "--call", str(call.reference)[:8], "--json")

    assert ended.code == 0
    assert (ended.json["asked"], ended.json["changed"], ended.json["swept"]) == (1, 1, {})
    assert [request.path for request in osvi.received] == ["/v1/call/call_1"]


def test_it_never_places_a_call(make_call: Any, simulator: SimulatorServer) -> None:
    make_call(status=CallStatus.UNCONFIRMED)
    make_call(status=CallStatus.QUEUED, next_poll_at=None)

    assert run("reconcile_calls").code == 0
    assert {request.method for request in simulator.journal.requests} == {"GET"}


def test_it_gives_up_when_osvi_is_away(make_call: Any, point_at: Any) -> None:
    for number in range(5):
        make_call(call_id=f"call_{number}")

    ended = run("reconcile_calls", "--json")

    assert ended.code == 4
    assert (ended.json["due"], ended.json["asked"], ended.json["unanswered"]) == (5, 3, 3)
    assert "OSVI gave no answer" in ended.err


def test_it_tells_the_counts_to_a_person(make_call: Any, osvi: ScriptedServer) -> None:
    out = run("reconcile_calls").out

    assert "check: given_up" in out
    assert "needing attention" in out


@pytest.mark.parametrize(
    ("option", "value"), [("call", "ffffffff"), ("call", "abc"), ("limit", "many"), ("limit", "-1")]
)
def test_it_names_the_option_that_cannot_be_used(option: str, value: str, db: None) -> None:
    ended = run("reconcile_calls", f"--{option}", value, "--json")

    assert ended.code == 2
    assert list(ended.json["errors"]) == [option]
    assert f"--{option}: " in ended.err


def test_a_call_that_never_left_is_not_asked_about(make_call: Any, osvi: ScriptedServer) -> None:
    call = make_call(status=CallStatus.CANCELLED)

    ended = run("reconcile_calls", "--call", str(call.reference))

    assert ended.code == 2
    assert "never left" in ended.err
    assert osvi.received == []
