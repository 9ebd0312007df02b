"""The GET endpoints: agents, the list with its filters and pages, one call."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from osvi_simulator.agents import AGENTS
from osvi_simulator.book import IST
from osvi_simulator.server import SimulatorServer
from tests.simulator.conftest import Caller


@pytest.fixture
def fresh() -> Iterator[Caller]:
    """A caller at a simulator that has no calls yet."""
    with SimulatorServer(speed=50) as simulator:
        yield Caller(simulator)


def listed(caller: Caller, **query: Any) -> list[str]:
    answer = caller.request("GET", "/v1/calls", params=query)
    assert answer.status_code == 200, answer.text
    return [call["phone_number"][-2:] for call in answer.json()["data"]]


def test_active_agents_is_a_bare_array(caller: Caller):
    agents = caller.request("GET", "/v1/active_agents").json()
    assert [agent["name"] for agent in agents] == [agent.name for agent in AGENTS]
    assert all(agent["agent_id"].startswith("agent_") and agent["status"] == "active" for agent in agents)


def test_newest_first_and_paged(fresh: Caller):
    for number in range(60, 65):
        fresh.place(str(number))
    assert listed(fresh) == ["64", "63", "62", "61", "60"]
    answer = fresh.request("GET", "/v1/calls", params={"page": 2, "per_page": 2}).json()
    assert [call["phone_number"][-2:] for call in answer["data"]] == ["62", "61"]
    assert answer["meta"] == {"current_page": 2, "total_pages": 3, "total_count": 5, "per_page": 2}
    assert listed(fresh, page=4, per_page=2) == []


def test_page_size_has_a_default_and_a_cap(fresh: Caller):
    for _ in range(101):
        fresh.place("50")
    assert len(listed(fresh)) == 25
    assert len(listed(fresh, per_page=1000)) == 100
    assert fresh.request("GET", "/v1/calls", params={"per_page": 1000}).json()["meta"]["per_page"] == 100


def test_filters_combine(fresh: Caller):
    busy = fresh.place("02").json()["data"]["call_id"]
    other = fresh.place("02", agent_uuid=AGENTS[1].agent_id).json()["data"]["call_id"]
    fresh.place("49")
    fresh.until(busy, "busy")
    fresh.until(other, "busy")
    assert listed(fresh, status="busy") == ["02", "02"]
    assert listed(fresh, status="busy,in_progress") == ["49", "02", "02"]
    assert listed(fresh, status="picked") == []
    assert listed(fresh, agent_uuid=AGENTS[1].agent_id, status="busy") == ["02"]
    assert listed(fresh, phone_number="43249") == ["49"]
    assert listed(fresh, phone_number="+919876543249") == ["49"]
    assert listed(fresh, call_type="inbound") == []
    assert len(listed(fresh, call_type="outbound")) == 3
    assert listed(fresh, campaign_id=7) == []


def test_unknown_agent_is_404(caller: Caller):
    assert caller.request("GET", "/v1/calls", params={"agent_uuid": "agent_other"}).status_code == 404


def test_dates_filter_on_picked_at(fresh: Caller):
    picked = fresh.place("50").json()["data"]["call_id"]
    missed = fresh.place("01").json()["data"]["call_id"]
    fresh.until(missed, "not_picked")
    at = datetime.fromisoformat(fresh.until(picked, "picked")["call_picked_at"])
    today = at.astimezone(IST).date()
    day, moment = timedelta(days=1), timedelta(milliseconds=1)
    assert listed(fresh, start_date=today.isoformat(), end_date=today.isoformat()) == ["50"]
    assert listed(fresh, start_date=(today + day).isoformat()) == []
    assert listed(fresh, end_date=(today - day).isoformat()) == []
    assert listed(fresh, start_date=at.isoformat(), end_date=at.isoformat()) == ["50"]
    assert listed(fresh, start_date=(at + moment).isoformat()) == []
    assert listed(fresh, end_date=(at - moment).isoformat()) == []


@pytest.mark.parametrize("query", [{"start_date": "yesterday"}, {"end_date": "2026-13-01"}, {"page": "two"}])
def test_what_cannot_be_read_is_400(query: dict[str, str], caller: Caller):
    assert caller.request("GET", "/v1/calls", params=query).status_code == 400


@pytest.mark.parametrize("page", ["", "/transcript", "/recording"])
@pytest.mark.parametrize("call_id", ["call_abc123xyz", "00000000-0000-4000-8000-000000000000", ""])
def test_malformed_or_unknown_id_is_404(call_id: str, page: str, caller: Caller):
    answer = caller.request("GET", f"/v1/call/{call_id}{page}")
    assert (answer.status_code, answer.json()["success"]) == (404, False)


def test_a_call_under_way_tells_nothing_yet():
    with SimulatorServer(speed=0.01) as simulator:
        caller = Caller(simulator)
        call_id = caller.place("50").json()["data"]["call_id"]
        call = caller.detail(call_id)
        assert call["status"] == "in_progress"
        assert (call["call_picked_at"], call["summary"], call["data_captured"]) == (None, None, {})
        assert caller.request("GET", f"/v1/call/{call_id}/recording").status_code == 404
