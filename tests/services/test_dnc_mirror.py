"""The mirror: what OSVI is told, how often, what happens when it does not answer, and what is read back."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from calls.choices import CallStatus, MirrorStatus, SuppressionSource, SuppressionStatus
from calls.models import Agent, CallLog, ConsoleState, DoNotCall, DoNotCallMirror
from calls.osvi.client import OsviClient
from calls.services import dnc_mirror, do_not_call, do_not_call_read_back, do_not_call_sweep, sending
from tests.osvi.http_server import Answer, ScriptedServer, hang_up, reply, stay_silent
from tests.services.together import together

NUMBER, OTHER = "+919876543210", "+919876543211"
ADDED = reply(201, {"success": True, "data": {"id": 1}})
REMOVED = reply(200, {"success": True, "message": "Phone removed from DND list"})

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_agent(db: None) -> Agent:
    return Agent.objects.create(agent_uuid="agent_other", name="Surveys")


@pytest.fixture
def pass_on(osvi_client: OsviClient, queue: Any) -> Callable[[], int]:
    return partial(dnc_mirror.pass_on, client=osvi_client)


@pytest.fixture
def read_back(osvi_client: OsviClient, agent: Agent, queue: Any) -> Callable[[], None]:
    """Read the list of `agent`, due or not."""

    def read() -> None:
        Agent.objects.update(do_not_call_next_read_at=None)
        do_not_call_read_back.read_back(agent.pk, client=osvi_client)

    return read


def suppress(number: str = NUMBER, **fields: Any) -> DoNotCall:
    given: dict[str, Any] = {"reason": "Asked for it", "source": SuppressionSource.STAFF}
    return do_not_call.suppress(number, **given | fields)


def row() -> DoNotCallMirror:
    return DoNotCallMirror.objects.get()


def listing(*numbers: str, created_at: str = "", pages: int = 1) -> Answer:
    data = [{"id": 1, "phone": number, "reason": "", "created_at": created_at or None} for number in numbers]
    return reply(200, {"success": True, "data": data, "meta": {"total_pages": pages}})


def told(osvi: ScriptedServer) -> list[tuple[str, str, str]]:
    """What OSVI was told: method, agent, number."""
    found = []
    for request in osvi.received:
        query = {key: values[0] for key, values in parse_qs(urlsplit(request.path).query).items()}
        said = json.loads(request.body) if request.body else query
        found.append((request.method, said["agent_uuid"], said.get("phone", "")))
    return found


# --- Passing on -----------------------------------------------------------------------------------


def lift_in_another_thread(entry_pk: int) -> None:
    """Lift an entry in the thread of the server that stands for OSVI, which has a connection of its own."""
    do_not_call.lift(entry_pk, None, "A mistake")
    connection.close()


def test_every_active_agent_in_scope_is_told(
    agent: Agent, other_agent: Agent, osvi: ScriptedServer, pass_on: Any
) -> None:
    Agent.objects.create(agent_uuid="agent_gone", name="Gone", is_active=False)
    osvi.script(ADDED)
    suppress()
    suppress(OTHER, agent=other_agent)

    assert pass_on() == 3

    assert sorted(told(osvi)) == [
        ("POST", agent.agent_uuid, NUMBER),
        ("POST", "agent_other", NUMBER),
        ("POST", "agent_other", OTHER),
    ]
    assert set(DoNotCallMirror.objects.values_list("status", "next_try_at")) == {(MirrorStatus.DONE, None)}
    assert pass_on() == 0


def test_a_lifted_number_is_taken_off(agent: Agent, osvi: ScriptedServer, pass_on: Any) -> None:
    osvi.script(ADDED, REMOVED)
    entry = suppress()
    pass_on()

    do_not_call.lift(entry.pk, None, "They rang us")
    pass_on()

    assert told(osvi)[1:] == [("DELETE", agent.agent_uuid, NUMBER)]
    assert (row().wanted, row().status) == (False, MirrorStatus.DONE)


def test_a_number_whose_time_is_over_is_taken_off(agent: Agent, osvi: ScriptedServer, pass_on: Any) -> None:
    osvi.script(ADDED, REMOVED)
    suppress(expires_at=timezone.now() + timedelta(hours=1))
    pass_on()
    DoNotCall.objects.update(expires_at=timezone.now())

    do_not_call_sweep.sweep()
    pass_on()

    assert told(osvi)[1:] == [("DELETE", agent.agent_uuid, NUMBER)]


def test_a_number_that_another_entry_forbids_stays(agent: Agent, osvi: ScriptedServer, pass_on: Any) -> None:
    osvi.script(ADDED)
    wide, _narrow = suppress(), suppress(agent=agent)
    pass_on()
    osvi.received.clear()

    do_not_call.lift(wide.pk, None, "Only this agent")

    assert pass_on() == 1
    assert told(osvi) == []


def test_a_number_that_osvi_has_already_is_done(agent: Agent, osvi: ScriptedServer, pass_on: Any) -> None:
    osvi.script(reply(422, {"errors": ["Phone has already been taken"]}), listing(OTHER, NUMBER))
    suppress()

    assert pass_on() == 1
    assert row().status == MirrorStatus.DONE


def test_a_refusal_is_kept_in_words_and_the_next_row_is_tried(
    agent: Agent, osvi: ScriptedServer, pass_on: Any
) -> None:
    osvi.script(reply(422, {"errors": ["no such number"]}), listing(), ADDED)
    first, second = suppress(), suppress(OTHER)

    assert pass_on() == 1

    refused = first.mirrors.get()
    assert (refused.status, refused.tries) == (MirrorStatus.FAILED, 1)
    assert "no such number" in refused.error
    assert second.mirrors.get().status == MirrorStatus.DONE


@pytest.mark.parametrize("answer", [hang_up, stay_silent, reply(500, {}), reply(429, {}), reply(401, {})])
def test_when_osvi_does_not_answer_the_rest_waits(
    agent: Agent, osvi: ScriptedServer, queue: Any, answer: Answer
) -> None:
    client = OsviClient(osvi.url, "tok", connect_timeout=1, read_timeout=0.3)
    osvi.script(answer)
    suppress()
    suppress(OTHER)
    queue.flush()

    assert dnc_mirror.pass_on(client=client) == 0

    assert len(osvi.received) == 1
    assert len(queue.pending()) == 0
    assert sorted(DoNotCallMirror.objects.values_list("status", "tries")) == [
        (MirrorStatus.FAILED, 1),
        (MirrorStatus.WAITING, 0),
    ]
    problem = DoNotCallMirror.objects.exclude(error="").get().error
    assert sending.is_paused() == ("API token" in problem)


def test_it_waits_longer_each_time_and_is_done_in_the_end(
    agent: Agent, osvi: ScriptedServer, pass_on: Any
) -> None:
    osvi.script(hang_up)
    suppress()
    waits = []
    for _ in range(12):
        DoNotCallMirror.objects.update(next_try_at=timezone.now())
        pass_on()
        waits.append(round(((row().next_try_at or timezone.now()) - timezone.now()).total_seconds()))

    assert pass_on() == 0
    assert waits == sorted(waits)
    assert (waits[0], waits[1], waits[-1]) == (60, 120, 6 * 60 * 60)

    osvi.script(ADDED)
    assert dnc_mirror.try_again_now(DoNotCall.objects.get()) == 1
    assert pass_on() == 1
    assert (row().status, row().error) == (MirrorStatus.DONE, "")


def test_a_rate_limit_is_kept_to(agent: Agent, osvi: ScriptedServer, pass_on: Any) -> None:
    osvi.script(reply(429, {}, Retry_After="600"))
    suppress()

    pass_on()

    next_try = row().next_try_at
    assert next_try is not None
    assert next_try > timezone.now() + timedelta(seconds=590)


def test_of_several_workers_one_passes_on(agent: Agent, osvi: ScriptedServer, pass_on: Any) -> None:
    osvi.script(ADDED)
    for last in range(4):
        suppress(f"+91987654321{last}")

    assert sum(together(*[pass_on] * 4)) == 4

    assert len(osvi.received) == 4
    assert ConsoleState.current().passing_on_until is None


def test_a_dead_workers_turn_ends(agent: Agent, osvi: ScriptedServer, pass_on: Any) -> None:
    osvi.script(ADDED)
    suppress()
    ConsoleState.current()
    ConsoleState.objects.update(passing_on_until=timezone.now() + timedelta(minutes=1))
    assert pass_on() == 0

    ConsoleState.objects.update(passing_on_until=timezone.now() - timedelta(seconds=1))
    assert pass_on() == 1


def test_lifted_while_it_is_passed_on_it_is_taken_off_again(
    agent: Agent, osvi: ScriptedServer, pass_on: Any
) -> None:
    entry = suppress()

    def lift_first(handler: Any) -> None:
        lift_in_another_thread(entry.pk)
        ADDED(handler)

    osvi.script(lift_first, REMOVED)

    pass_on()

    assert [method for method, _agent, _number in told(osvi)] == ["POST", "DELETE"]
    assert (row().wanted, row().status) == (False, MirrorStatus.DONE)


# --- Reading back ---------------------------------------------------------------------------------


def test_a_number_that_only_osvi_knows_becomes_an_entry(
    agent: Agent, osvi: ScriptedServer, read_back: Any, make_call: Callable[..., CallLog]
) -> None:
    waiting = make_call()
    osvi.script(listing(NUMBER, "098765 43211", "nonsense"))

    for _ in range(2):
        read_back()

    entry = DoNotCall.objects.get(phone_number=NUMBER)
    assert (entry.source, entry.agent, entry.status) == (
        SuppressionSource.OSVI,
        agent,
        SuppressionStatus.ACTIVE,
    )
    assert "OSVI" in entry.reason
    assert DoNotCall.objects.count() == 2
    assert set(DoNotCallMirror.objects.values_list("status", flat=True)) == {MirrorStatus.DONE}
    waiting.refresh_from_db()
    assert waiting.status == CallStatus.BLOCKED


def test_a_known_number_stays_one_entry(agent: Agent, osvi: ScriptedServer, read_back: Any) -> None:
    suppress()
    osvi.script(listing(NUMBER))

    read_back()

    assert DoNotCall.objects.count() == 1
    assert row().status == MirrorStatus.DONE


def test_all_pages_are_read(agent: Agent, osvi: ScriptedServer, read_back: Any) -> None:
    osvi.script(listing(NUMBER, pages=2), listing(OTHER, pages=2))

    read_back()

    assert DoNotCall.objects.count() == 2


def test_what_osvi_lost_is_passed_on_again(
    agent: Agent, osvi: ScriptedServer, pass_on: Any, read_back: Any
) -> None:
    osvi.script(ADDED)
    suppress()
    pass_on()
    osvi.script(listing(OTHER))

    read_back()

    mirror = DoNotCallMirror.objects.get(entry__phone_number=NUMBER)
    assert (mirror.status, mirror.wanted) == (MirrorStatus.WAITING, True)
    osvi.received.clear()
    osvi.script(ADDED)
    assert pass_on() == 1
    assert told(osvi) == [("POST", agent.agent_uuid, NUMBER)]


def test_a_new_agent_gets_all(
    agent: Agent, osvi: ScriptedServer, osvi_client: OsviClient, queue: Any
) -> None:
    suppress()
    suppress(OTHER, agent=agent)
    newcomer = Agent.objects.create(agent_uuid="agent_new", name="New")
    queue.flush()

    do_not_call_sweep.sweep()

    assert ("read_do_not_call_back", (newcomer.pk,)) in [(task.name, task.args) for task in queue.pending()]
    osvi.script(listing())
    do_not_call_read_back.read_back(newcomer.pk, client=osvi_client)
    new = DoNotCallMirror.objects.get(agent=newcomer)
    assert (new.entry.phone_number.as_e164, new.status) == (NUMBER, MirrorStatus.WAITING)


@pytest.mark.parametrize("is_newer", [False, True])
def test_a_lifted_number_comes_back_only_if_osvi_was_told_since(
    agent: Agent, osvi: ScriptedServer, pass_on: Any, read_back: Any, is_newer: bool
) -> None:
    osvi.script(ADDED, REMOVED)
    entry = suppress()
    pass_on()
    do_not_call.lift(entry.pk, None, "They rang us")
    pass_on()
    moment = timezone.now() + timedelta(minutes=1 if is_newer else -1)
    osvi.script(listing(NUMBER, created_at=moment.isoformat()))

    read_back()

    assert bool(do_not_call.entries([NUMBER], agent.pk, timezone.now())) == is_newer
    mirror = entry.mirrors.get()
    assert mirror.status == (MirrorStatus.DONE if is_newer else MirrorStatus.WAITING)


@pytest.mark.parametrize("answer", [hang_up, reply(500, {}), reply(404, {}), reply(401, {})])
def test_a_reading_that_fails_changes_nothing_and_is_repeated_soon(
    agent: Agent, osvi: ScriptedServer, pass_on: Any, read_back: Any, answer: Answer
) -> None:
    osvi.script(ADDED)
    suppress()
    pass_on()
    osvi.script(answer)

    read_back()

    agent.refresh_from_db()
    assert row().status == MirrorStatus.DONE
    assert agent.do_not_call_problem
    assert agent.do_not_call_read_at is None
    assert agent.do_not_call_next_read_at is not None
    assert agent.do_not_call_next_read_at < timezone.now() + timedelta(minutes=10, seconds=1)

    osvi.script(listing(NUMBER))
    read_back()
    agent.refresh_from_db()
    assert agent.do_not_call_problem == ""
    assert isinstance(agent.do_not_call_read_at, datetime)


def test_it_is_read_every_hour_by_one_worker(
    agent: Agent, osvi: ScriptedServer, osvi_client: OsviClient, queue: Any
) -> None:
    osvi.script(listing())
    assert do_not_call_read_back.due() == []
    assert dnc_mirror.read_soon() == 1
    assert do_not_call_read_back.due() == [agent.pk]

    together(*[partial(do_not_call_read_back.read_back, agent.pk, client=osvi_client)] * 4)

    assert len(osvi.received) == 1
    agent.refresh_from_db()
    assert agent.do_not_call_next_read_at is not None
    assert timedelta(minutes=59) < agent.do_not_call_next_read_at - timezone.now() < timedelta(minutes=61)


def test_a_number_lifted_while_the_list_is_read_stays_lifted(
    agent: Agent, osvi: ScriptedServer, pass_on: Any, read_back: Any
) -> None:
    osvi.script(ADDED)
    entry = suppress()
    pass_on()
    added_at = timezone.now().isoformat()

    def lift_first(handler: Any) -> None:
        lift_in_another_thread(entry.pk)
        listing(NUMBER, created_at=added_at)(handler)

    osvi.script(lift_first)

    read_back()

    assert do_not_call.entries([NUMBER], agent.pk, timezone.now()) == {}
    assert not row().wanted


def test_somebodys_lifting_is_passed_on_for_entries_of_osvi(
    agent: Agent, osvi: ScriptedServer, pass_on: Any, read_back: Any
) -> None:
    osvi.script(listing(NUMBER))
    read_back()

    do_not_call.lift(DoNotCall.objects.get().pk, User.objects.create_user("meera"), "They rang us")
    osvi.received.clear()
    osvi.script(REMOVED)
    pass_on()

    assert told(osvi) == [("DELETE", agent.agent_uuid, NUMBER)]
