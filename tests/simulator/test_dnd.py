"""The do-not-call lists over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from osvi_simulator.agents import AGENTS
from osvi_simulator.dnd import DEFAULT, SCENARIOS
from osvi_simulator.server import SimulatorServer
from tests.simulator.conftest import Caller

AGENT, OTHER = AGENTS[0].agent_id, AGENTS[1].agent_id
PATH = "/v1/dnd_numbers"
OWN_TEST_ROWS = {"72", "73", "74", "77"}


@pytest.fixture
def fresh() -> Iterator[Caller]:
    """A caller at a simulator whose lists are empty."""
    with SimulatorServer(speed=50) as simulator:
        yield Caller(simulator)


def e164(digits: str) -> str:
    return f"+9198765432{digits}"


def add(caller: Caller, digits: str = "50", **fields: Any) -> requests.Response:
    timeout = fields.pop("timeout", 10)
    body = {"agent_uuid": AGENT, "phone": e164(digits), **fields}
    return caller.request("POST", PATH, json=body, timeout=timeout)


def remove(caller: Caller, digits: str = "50", **query: Any) -> requests.Response:
    params = {"agent_uuid": AGENT, "phone": e164(digits)} | query
    return caller.request("DELETE", PATH, params=params)


def listed(caller: Caller, **query: Any) -> list[str]:
    answer = caller.request("GET", PATH, params={"agent_uuid": AGENT, **query})
    assert answer.status_code == 200, answer.text
    return [entry["phone"][-2:] for entry in answer.json()["data"]]


@pytest.mark.parametrize("phone", ["9876543250", "+919876543250", "098765 43250", "919876543250"])
def test_a_number_is_entered_as_e164_whatever_its_form(phone: str, fresh: Caller):
    answer = add(fresh, phone=phone, reason="Asked not to be called")
    assert answer.status_code == 201
    entry = answer.json()["data"]
    assert entry.pop("created_at").endswith("+05:30")
    assert entry == {
        "id": 1,
        "agent_uuid": AGENT,
        "phone": e164("50"),
        "reason": "Asked not to be called",
    }
    assert listed(fresh) == ["50"]


def test_each_agent_has_a_list_of_its_own(fresh: Caller):
    add(fresh)
    assert listed(fresh, agent_uuid=OTHER) == []
    assert remove(fresh, agent_uuid=OTHER).status_code == 404
    assert listed(fresh) == ["50"]


def test_a_number_added_twice_stays_one_entry(fresh: Caller):
    first, second = add(fresh, reason="first"), add(fresh, reason="second")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert listed(fresh) == ["50"]


def test_a_number_is_taken_off_once(fresh: Caller):
    first = add(fresh).json()["data"]["id"]
    answer = remove(fresh)
    assert (answer.status_code, answer.json()) == (
        200,
        {"success": True, "message": "Phone removed from DND list"},
    )
    assert listed(fresh) == []
    assert remove(fresh).status_code == 404
    assert add(fresh).json()["data"]["id"] != first
    assert listed(fresh) == ["50"]


def test_a_plus_that_was_not_encoded_finds_nothing(fresh: Caller):
    add(fresh)
    assert fresh.request("DELETE", f"{PATH}?agent_uuid={AGENT}&phone={e164('50')}").status_code == 404
    assert listed(fresh) == ["50"]


def test_newest_first_searched_and_paged(fresh: Caller):
    for number in range(50, 55):
        add(fresh, str(number))
    assert listed(fresh) == ["54", "53", "52", "51", "50"]
    assert listed(fresh, search="43252") == ["52"]
    assert listed(fresh, search="+919876543253") == ["53"]
    query = {"agent_uuid": AGENT, "page": 2, "per_page": 2}
    answer = fresh.request("GET", PATH, params=query).json()
    assert [entry["phone"][-2:] for entry in answer["data"]] == ["52", "51"]
    assert answer["meta"] == {"current_page": 2, "total_pages": 3, "total_count": 5, "per_page": 2}


@pytest.mark.parametrize("missing", ["agent_uuid", "phone"])
@pytest.mark.parametrize("empty", [None, "", " "])
def test_a_removal_names_agent_and_number(missing: str, empty: str | None, caller: Caller):
    change: dict[str, Any] = {missing: empty}
    answer = remove(caller, **change)
    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "error": f"param is missing or the value is empty: {missing}",
        "details": None,
    }


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"phone": "12"}, "phone is not a telephone number"),
        ({"phone": "nobody"}, "phone is not a telephone number"),
        ({"phone": " "}, "phone must not be empty"),
        ({"phone": ""}, "phone must not be empty"),
        ({"phone": 9876543250}, "phone must be a string"),
        ({"reason": 5}, "reason must be a string"),
    ],
)
def test_an_entry_that_breaks_the_contract(fields: dict[str, Any], sentence: str, caller: Caller):
    answer = add(caller, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, sentence)


def test_unknown_agent_and_unreadable_page(caller: Caller):
    assert add(caller, agent_uuid="agent_other").status_code == 404
    assert remove(caller, agent_uuid="agent_other").status_code == 404
    assert caller.request("GET", PATH, params={"agent_uuid": "agent_other"}).status_code == 404
    assert caller.request("GET", PATH).status_code == 400
    assert caller.request("GET", PATH, params={"agent_uuid": AGENT, "page": "two"}).status_code == 400


def test_single_calls_ignore_the_list_and_the_journal_shows_both(fresh: Caller):
    add(fresh)
    assert fresh.place("50").status_code == 200
    remove(fresh)
    entries = fresh.simulator.journal.requests
    assert [(entry.method, entry.phone, entry.status, entry.rang) for entry in entries] == [
        ("POST", e164("50"), 201, False),
        ("POST", e164("50"), 200, True),
        ("DELETE", e164("50"), 200, False),
    ]
    assert fresh.simulator.rings(e164("50")) == 1


# --- Every row of the table -------------------------------------------------------------------


def test_every_row_is_tested():
    assert {"71", "75", "76"} | OWN_TEST_ROWS == {scenario.digits for scenario in SCENARIOS}
    assert DEFAULT.digits not in OWN_TEST_ROWS


@pytest.mark.parametrize(("digits", "status"), [("71", 500), ("75", 400), ("76", 401)])
def test_a_refused_change_changes_nothing(digits: str, status: int, fresh: Caller):
    assert add(fresh, digits).status_code == status
    assert listed(fresh) == []
    fresh.simulator.api.dnd.add(AGENT, e164(digits), None)
    assert remove(fresh, digits).status_code == status
    assert listed(fresh) == [digits]


def test_a_lost_answer_has_its_effect(fresh: Caller):
    with pytest.raises(requests.ConnectionError):
        add(fresh, "72")
    assert listed(fresh) == ["72"]
    with pytest.raises(requests.ConnectionError):
        remove(fresh, "72")
    assert listed(fresh) == []


def test_too_many_requests_once(fresh: Caller):
    answer = add(fresh, "73")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert add(fresh, "73").status_code == 201
    assert listed(fresh) == ["73"]


def test_a_number_that_is_on_the_list_already(fresh: Caller):
    assert add(fresh, "74").status_code == 201
    answer = add(fresh, "74")
    assert (answer.status_code, answer.json()) == (
        422,
        {"success": False, "errors": ["Phone has already been taken"]},
    )
    assert add(fresh, "74", agent_uuid=OTHER).status_code == 201


def test_a_slow_answer_comes_after_the_change():
    with SimulatorServer(slow_seconds=60) as simulator, ThreadPoolExecutor() as pool:
        caller = Caller(simulator)
        answer = pool.submit(add, caller, "77")
        while not listed(caller):
            assert not answer.done()
        simulator.stop()
        assert isinstance(answer.exception(timeout=10), requests.ConnectionError)
