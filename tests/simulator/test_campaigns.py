"""Campaigns over HTTP: people are handed over, and what becomes of them follows."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from calls.osvi import contract
from osvi_simulator.agents import AGENTS
from osvi_simulator.book import Stage
from osvi_simulator.campaigns import CAMPAIGNS, LINES, Queued, Upload
from osvi_simulator.dnd import DndBook
from osvi_simulator.server import SimulatorServer
from tests.simulator.conftest import DEADLINE, Caller

AGENT = AGENTS[0].agent_id
REFUSED = {25: 500, 27: 200, 31: 400, 32: 401, 33: 403, 35: 422}
OWN_TEST_ROWS = {7, 8, 9, 21, 22, 23, 24, 26, 28, 29, 48}


@pytest.fixture
def fresh() -> Iterator[Caller]:
    """A caller at a simulator whose campaigns and lists are empty."""
    with SimulatorServer(speed=50) as simulator:
        yield Caller(simulator)


@pytest.fixture
def standing() -> Iterator[Caller]:
    """A caller at a simulator in which hardly any time passes."""
    with SimulatorServer(speed=0.001, slow_seconds=60) as simulator:
        yield Caller(simulator)


def person(digits: str, name: str = "Asha Rao", **more: Any) -> dict[str, Any]:
    return {"phone": f"+9198765432{digits}", "person_name": name, **more}


def hand_over(caller: Caller, *people: dict[str, Any], campaign: int = 8, **fields: Any) -> requests.Response:
    timeout = fields.pop("timeout", DEADLINE)
    body = {"agent_uuid": AGENT, "contacts": list(people) or [person("50")], "enqueue": True, **fields}
    return caller.request("POST", f"/v1/campaigns/{campaign}/contacts", json=body, timeout=timeout)


def status(caller: Caller, campaign: int = 8) -> dict[str, Any]:
    answer = caller.request("GET", f"/v1/campaigns/{campaign}/status")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def is_completed(campaign: dict[str, Any]) -> bool:
    return all(queue["completed"] for upload in campaign["uploads"] for queue in upload["queues"])


def when_completed(caller: Caller, campaign: int = 8) -> dict[str, Any]:
    """Ask until everybody's call is final."""
    deadline = time.monotonic() + DEADLINE
    while not is_completed(now := status(caller, campaign)):
        assert time.monotonic() < deadline, now
    return now


def bar(caller: Caller, digits: str, agent: str = AGENT) -> None:
    caller.simulator.api.dnd.add(agent, f"+9198765432{digits}", None)


def test_an_upload_is_told_in_figures(fresh: Caller):
    bar(fresh, "51")
    bar(fresh, "52", AGENTS[1].agent_id)
    answer = hand_over(
        fresh,
        person("50", "Asha"),
        person("50", "Asha Rao"),
        {"phone": "9876543250"},
        person("51", "Ravi"),
        person("52", visits=3),
        {"phone": "12"},
    )
    assert answer.status_code == 200
    body = answer.json()["data"]
    assert body.pop("campaign_upload_id") > 0
    assert body == {
        "contacts_received": 6,
        "contacts_accepted": 2,
        "duplicates_removed": 2,
        "enqueued": True,
        "queued_calls": 2,
        "dnd_skipped": [{"phone": "+919876543251", "person_name": "Ravi"}],
    }


def test_without_release_nobody_is_queued(fresh: Caller):
    body = hand_over(fresh, person("50"), enqueue=False).json()["data"]
    assert (body["contacts_accepted"], body["enqueued"], body["queued_calls"]) == (1, False, 0)
    now = status(fresh)
    assert now["calls"] == {"total": 0, "by_status": {}}
    [upload] = now["uploads"]
    assert upload["queues"] == []


def test_a_campaign_that_was_given_nothing(caller: Caller):
    now = status(caller, 7)
    assert now["campaign"].pop("created_at").endswith("+05:30")
    assert now["campaign"] == {
        "id": 7,
        "name": "Policy renewals",
        "status": "active",
        "is_retry_enabled": True,
        "retry_threshold": 2,
        "retry_delay": 900,
    }


def test_people_end_as_their_numbers_say(fresh: Caller):
    digits = ("50", "01", "02", "03", "04", "05", "31")
    upload_id = hand_over(fresh, *map(person, digits)).json()["data"]["campaign_upload_id"]
    now = when_completed(fresh)
    assert now["calls"] == {
        "total": 7,
        "by_status": {"picked": 1, "not_picked": 2, "busy": 1, "failed": 2, "voicemail": 1},
    }
    [upload] = now["uploads"]
    assert (upload["campaign_upload_id"], upload["agent_uuid"]) == (upload_id, AGENT)
    assert re.fullmatch(r"\d{10}-api_contacts_[0-9a-f]{8}\.csv", upload["file_name"])
    assert upload["queues"] == [{"agent_uuid": AGENT, "total_queued": 7, "completed": True}]


def test_a_campaign_with_retries_reaches_more(fresh: Caller):
    hand_over(fresh, person("05"), campaign=7)
    assert when_completed(fresh, 7)["calls"]["by_status"] == {"picked": 1}


def test_some_are_rung_while_others_wait(standing: Caller):
    hand_over(standing, *({"phone": f"+91987{row:05}50"} for row in range(LINES + 3)))
    now = status(standing)
    assert now["calls"] == {"total": LINES, "by_status": {"in_progress": LINES}}
    assert now["uploads"][0]["queues"][0] == {
        "agent_uuid": AGENT,
        "total_queued": LINES + 3,
        "completed": False,
    }


def test_who_is_put_on_the_list_before_their_turn_is_passed_over():
    clock = time.monotonic() - 60
    rung, busy = Stage(0, "in_progress"), Stage(1, "busy")
    queue = tuple(Queued(at, f"+9198765432{at:02}", (rung, busy)) for at in (0, 5, 10, 90))
    upload = Upload(1, AGENT, "x.csv", datetime.now(UTC), clock, 1, queue)
    dnd = DndBook()
    for person in queue[:2]:
        dnd.add(AGENT, person.phone, None).since = clock + 3
    # Who was taken off before their turn is rung.
    taken_off = dnd.add(AGENT, queue[2].phone, None)
    taken_off.since, taken_off.until = clock + 3, clock + 9
    assert list(upload.standing(dnd)) == [("busy", True), ("busy", True), ("", False)]


def test_the_rings_do_not_count_people_of_campaigns(fresh: Caller):
    hand_over(fresh, person("50"))
    assert fresh.simulator.journal.rings == {}
    [entry] = fresh.simulator.journal.requests
    assert (entry.method, entry.path, entry.status) == ("POST", "/v1/campaigns/8/contacts", 200)
    assert json.loads(entry.body)["contacts"] == [person("50")]


def test_contacts_up_to_the_limit(fresh: Caller):
    most = contract.limits("CampaignContacts.contacts").max_items
    assert most is not None
    people = [
        {"phone": f"+9198{row:08}", "person_name": "Asha Rao", "address": "x" * 200}
        for row in range(most + 1)
    ]
    assert hand_over(fresh, *people[:most], timeout=60).json()["data"]["contacts_accepted"] == most
    answer = hand_over(fresh, *people, timeout=60)
    assert (answer.status_code, answer.json()["error"]) == (400, f"contacts must hold 1 to {most} items")
    assert len(status(fresh)["uploads"]) == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"contacts": []}, "contacts must hold 1 to"),
        ({"contacts": {}}, "contacts must be an array"),
        ({"contacts": ["x"]}, "contacts[0] must be an object"),
        ({"contacts": [{"person_name": "Asha"}]}, "phone of a contact must be a string"),
        ({"contacts": [{"phone": ""}]}, "phone must not be empty"),
        ({"enqueue": "yes"}, "enqueue must be true or false"),
        ({"agent_uuid": None}, "agent_uuid must be a string"),
    ],
)
def test_a_body_that_breaks_the_contract(fields: dict[str, Any], sentence: str, caller: Caller):
    answer = hand_over(caller, **fields)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)


def test_unknown_agent_and_campaign(caller: Caller):
    assert hand_over(caller, agent_uuid="agent_other").status_code == 403
    assert hand_over(caller, campaign=6).status_code == 404
    assert caller.request("GET", "/v1/campaigns/6/status").status_code == 404


# --- Every row of the table -------------------------------------------------------------------


def test_every_row_is_tested():
    assert REFUSED.keys() | OWN_TEST_ROWS == {campaign.id for campaign in CAMPAIGNS}


@pytest.mark.parametrize("campaign", REFUSED)
def test_a_refusal_takes_nobody(campaign: int, fresh: Caller):
    answer = hand_over(fresh, campaign=campaign)
    assert answer.status_code == REFUSED[campaign]
    assert answer.json()["success"] is False
    if campaign == 32:
        assert fresh.request("GET", "/v1/campaigns/32/status").status_code == 401
    else:
        assert status(fresh, campaign)["uploads"] == []


@pytest.mark.parametrize(("campaign", "taken"), [(21, 1), (22, 0)])
def test_a_connection_that_closes(campaign: int, taken: int, fresh: Caller):
    with pytest.raises(requests.ConnectionError):
        hand_over(fresh, campaign=campaign)
    assert len(status(fresh, campaign)["uploads"]) == taken


def test_a_slow_answer_comes_after_the_effect(standing: Caller):
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(hand_over, standing, campaign=23)
        while not status(standing, 23)["uploads"]:
            assert not answer.done()
        standing.simulator.stop()
        assert isinstance(answer.exception(timeout=DEADLINE), requests.ConnectionError)


@pytest.mark.parametrize(("campaign", "code"), [(24, 500), (28, 200), (29, 200)])
def test_a_spoilt_answer_has_its_effect(campaign: int, code: int, fresh: Caller):
    answer = hand_over(fresh, campaign=campaign)
    assert answer.status_code == code
    assert b"campaign_upload_id" not in answer.content
    assert len(status(fresh, campaign)["uploads"]) == 1


def test_too_many_requests_once(fresh: Caller):
    answer = hand_over(fresh, campaign=26)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert hand_over(fresh, campaign=26).status_code == 200
    assert len(status(fresh, 26)["uploads"]) == 1


def test_a_campaign_that_does_not_run(fresh: Caller):
    hand_over(fresh, campaign=9)
    now = status(fresh, 9)
    assert now["campaign"]["status"] == "archived"
    assert now["calls"]["total"] == 0
    assert now["uploads"][0]["queues"][0]["completed"] is False


def test_a_status_that_fails_at_first(fresh: Caller):
    path = "/v1/campaigns/48/status"
    assert [fresh.request("GET", path).status_code for _ in range(4)] == [500, 500, 500, 200]
