"""Do not call under faults: OSVI's list ends as ours whatever goes wrong, and suppressed people are not rung."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import CallStatus, MirrorStatus, SuppressionSource
from calls.models import Agent, CallLog, ConsoleState, DoNotCall, DoNotCallMirror
from calls.services import dnc_mirror, do_not_call, do_not_call_read_back, nudge, sending
from calls.services.do_not_call_bulk import Scope, Wanted, suppress_many
from osvi_simulator.server import SimulatorServer
from tests.support.processes import Worker, wait_until

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

AskForCall = Callable[..., CallLog]
# Last digits → whether the number is on OSVI's list in the end (the simulator's table).
ENDS_ON_THE_LIST = {
    "71": False,
    "72": True,
    "73": True,
    "74": True,
    "75": False,
    "76": False,
    "77": True,
    "80": True,
}


def number(last_digits: str | int) -> str:
    return f"+9198765{int(last_digits):05}"


def suppress(last_digits: str | int) -> DoNotCall:
    return do_not_call.suppress(number(last_digits), reason="Asked for it", source=SuppressionSource.STAFF)


def at_osvi(simulator: SimulatorServer, agent: Agent) -> set[str]:
    return {listed.phone for listed in simulator.api.dnd.newest_first(agent.agent_uuid)}


def waiting() -> int:
    return DoNotCallMirror.objects.exclude(status=MirrorStatus.DONE).count()


def try_all_again() -> None:
    """What waits is a day older, instead of waiting."""
    mirrors = DoNotCallMirror.objects.filter(next_try_at__isnull=False)
    mirrors.update(next_try_at=F("next_try_at") - timedelta(days=1))


def test_the_list_at_osvi_ends_as_ours(simulator: SimulatorServer, agent: Agent, settings: Any) -> None:
    settings.OSVI_READ_TIMEOUT = 1
    for digits in ENDS_ON_THE_LIST:
        suppress(digits)

    for _ in range(4 * len(ENDS_ON_THE_LIST)):
        dnc_mirror.pass_on()
        try_all_again()

    on_list = {number(digits) for digits, ends_on in ENDS_ON_THE_LIST.items() if ends_on}
    assert at_osvi(simulator, agent) == on_list
    # Of a lost answer, or none in time, nobody knows more than that it may be told again.
    known = on_list - {number("72"), number("77")}
    for mirror in DoNotCallMirror.objects.select_related("entry"):
        assert (mirror.status == MirrorStatus.DONE) == (mirror.entry.phone_number.as_e164 in known)
        assert bool(mirror.error) == (mirror.status == MirrorStatus.FAILED)
    # 401: as with any request, sending is paused until a person has looked.
    assert sending.is_paused()

    Agent.objects.update(do_not_call_next_read_at=None)
    do_not_call_read_back.read_back(agent.pk)
    assert DoNotCallMirror.objects.filter(status=MirrorStatus.DONE).count() == len(on_list)
    assert DoNotCall.objects.count() == len(ENDS_ON_THE_LIST)


def test_it_waits_while_osvi_is_down(
    web: str, simulator: SimulatorServer, agent: Agent, start_worker: Callable[..., Worker]
) -> None:
    down = start_worker(OSVI_API_URL="http://127.0.0.1:9")
    entry = suppress(80)
    wait_until(lambda: entry.mirrors.get().error, seconds=30, what="the failure to be told")
    assert "could not be reached" in entry.mirrors.get().error
    down.stop()

    try_all_again()
    start_worker()

    wait_until(lambda: waiting() == 0, seconds=30, what="the number to be passed on")
    assert at_osvi(simulator, agent) == {number(80)}
    do_not_call.lift(entry.pk, None, "They rang us")
    wait_until(lambda: not at_osvi(simulator, agent), seconds=30, what="the number to be taken off")


def test_a_worker_is_killed_while_it_passes_on(
    web: str, simulator: SimulatorServer, agent: Agent, start_worker: Callable[..., Worker]
) -> None:
    first = start_worker()
    wanted = [Wanted(PhoneNumber.from_string(number(80 + at * 100))) for at in range(200)]
    suppress_many(wanted, Scope(None, SuppressionSource.IMPORT))
    wait_until(
        lambda: len(at_osvi(simulator, agent)) > 20, seconds=60, what="some to be passed on", every=0.005
    )
    first.kill()
    assert len(at_osvi(simulator, agent)) < 200

    # The turn of the dead one ends by itself; here at once.
    ConsoleState.objects.update(passing_on_until=timezone.now())
    start_worker()
    wait_until(lambda: waiting() == 0, seconds=90, what="the rest to be passed on")

    assert len(at_osvi(simulator, agent)) == 200


def test_suppressed_people_are_not_rung(
    web: str, simulator: SimulatorServer, ask_for_call: AskForCall, start_worker: Callable[..., Worker]
) -> None:
    calls = {number(at * 100): ask_for_call(f"{at * 100}") for at in range(45)}
    numbers = list(calls)
    for before in numbers[:15]:
        do_not_call.suppress(before, reason="", source=SuppressionSource.STAFF)
    start_worker()

    for call in calls.values():
        nudge.dispatch(call.pk)
    for meanwhile in reversed(numbers[15:30]):
        do_not_call.suppress(meanwhile, reason="", source=SuppressionSource.STAFF)

    unsent = (CallStatus.QUEUED, CallStatus.SENDING)
    wait_until(
        lambda: not CallLog.objects.filter(status__in=unsent).exists(), seconds=60, what="all calls to leave"
    )
    wait_until(lambda: sum(simulator.api.journal.rings.values()) >= 15, seconds=30, what="telephones to ring")
    rings = simulator.api.journal.rings
    for at, called in enumerate(numbers):
        status = CallLog.objects.get(pk=calls[called].pk).status
        if at < 15:
            assert status == CallStatus.BLOCKED
        if at >= 30:
            assert status != CallStatus.BLOCKED
        assert rings.get(called, 0) == (0 if status == CallStatus.BLOCKED else 1), called
