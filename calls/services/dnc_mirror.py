"""Mirror: every do-not-call entry in force stands on OSVI's own list of each agent that it concerns.

A row says what OSVI's list of one agent should hold; a worker brings OSVI there and repeats until it is done.
All requests here may be repeated: a number that is on a list, or off it, is so however often OSVI is told.
"""

import time
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from calls.choices import MirrorStatus
from calls.models import Agent, ConsoleState, DoNotCall, DoNotCallMirror
from calls.osvi import errors
from calls.osvi.client import OsviClient, get_client
from calls.services import nudge, sending

# One worker passes on for so long, then looks what else is to be done: calls go first.
TURN = timedelta(seconds=20)
# After that a worker that took its turn and has not given it back counts as dead.
GRACE = timedelta(seconds=60)
# Waits after something went wrong: 1, 2, 4 … minutes, six hours at most.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)


def plan(entry: DoNotCall) -> None:
    """Have an entry that is in force passed on to OSVI, for each active agent that it concerns."""
    DoNotCallMirror.objects.bulk_create(
        (DoNotCallMirror(entry=entry, agent=agent) for agent in _concerned(entry.agent_id)),
        ignore_conflicts=True,
    )
    nudge.pass_on()


def read_soon(agent_pk: int | None = None) -> int:
    """Have OSVI's lists compared with ours at once, of one agent or (None) all; what they lack is passed on.

    Returns of how many agents.
    """
    agents = list(_concerned(agent_pk).values_list("pk", flat=True))
    Agent.objects.filter(pk__in=agents).update(do_not_call_next_read_at=None)
    for pk in agents:
        nudge.read_back(pk)
    return len(agents)


def _concerned(agent_pk: int | None) -> QuerySet[Agent]:
    return Agent.objects.usable().filter(Q(pk=agent_pk) if agent_pk else Q())


def note_listed(entry_pks: Collection[int], agent: Agent, now: datetime) -> None:
    """Note that OSVI's list of this agent holds these entries."""
    DoNotCallMirror.objects.bulk_create(
        (
            DoNotCallMirror(entry_id=pk, agent=agent, status=MirrorStatus.DONE, next_try_at=None, done_at=now)
            for pk in entry_pks
        ),
        ignore_conflicts=True,
    )


def take_off(entry: DoNotCall) -> None:
    """Have the number of an entry that is no longer in force taken off OSVI's lists."""
    _plan_again(entry.mirrors.all(), wanted=False)


def try_again_now(entry: DoNotCall) -> int:
    """Have what could not be passed on tried at once, as a person asks. Returns for how many agents."""
    return _plan_again(entry.mirrors.filter(next_try_at__isnull=False))


def _plan_again(mirrors: QuerySet[DoNotCallMirror], **fields: bool) -> int:
    count = mirrors.update(
        status=MirrorStatus.WAITING, tries=0, next_try_at=timezone.now(), error="", **fields
    )
    nudge.pass_on()
    return count


def due(now: datetime) -> QuerySet[DoNotCallMirror]:
    """Rows for which OSVI should be told something now. An agent that is not active is told nothing."""
    return DoNotCallMirror.objects.filter(next_try_at__lte=now, agent__is_active=True)


# --- The worker -----------------------------------------------------------------------------------


def pass_on(*, client: OsviClient | None = None) -> int:
    """Tell OSVI what is due, one row after the other, for a while. Returns for how many rows it was done.

    One worker at a time, so that a long list does not keep calls waiting and OSVI hears things in their order.
    Never raises because of OSVI: with the first request that gets no answer, the rest waits for the next sweep.
    """
    if not _take_turn():
        return 0
    done, goes_on, until = 0, True, time.monotonic() + TURN.total_seconds()
    try:
        client = client or get_client()
        while goes_on and time.monotonic() < until and (mirror := _next()) is not None:
            problem = _bring(client, mirror)
            done += problem is None
            goes_on = problem is None or _is_about_this_row(problem)
    finally:
        ConsoleState.objects.filter(pk=ConsoleState.KEY).update(passing_on_until=None)
    if goes_on and due(timezone.now()).exists():
        nudge.pass_on()
    return done


def _take_turn() -> bool:
    now = timezone.now()
    limits = timedelta(seconds=settings.OSVI_CONNECT_TIMEOUT + settings.OSVI_READ_TIMEOUT)
    ConsoleState.current()
    free = Q(passing_on_until=None) | Q(passing_on_until__lt=now)
    return bool(
        ConsoleState.objects.filter(free, pk=ConsoleState.KEY).update(
            passing_on_until=now + TURN + limits + GRACE
        )
    )


def _next() -> DoNotCallMirror | None:
    return due(timezone.now()).select_related("entry", "agent").order_by("next_try_at", "pk").first()


def _bring(client: OsviClient, mirror: DoNotCallMirror) -> errors.OsviError | None:
    """Tell OSVI about one row and keep how it went. Returns what went wrong."""
    try:
        _add(client, mirror) if mirror.wanted else _remove(client, mirror)
    except errors.OsviError as error:
        if isinstance(error, errors.TokenRejected):
            sending.pause_until_token_is_corrected()
        if error.status is not None:
            sending.note_osvi_answered()
        tries = mirror.tries + 1
        _keep(
            mirror,
            status=MirrorStatus.FAILED,
            tries=tries,
            next_try_at=timezone.now() + _wait(tries, error),
            error=error.recorded,
        )
        return error
    sending.note_osvi_answered()
    _keep(mirror, status=MirrorStatus.DONE, tries=0, next_try_at=None, done_at=timezone.now(), error="")
    return None


def _add(client: OsviClient, mirror: DoNotCallMirror) -> None:
    number = mirror.entry.phone_number.as_e164
    try:
        client.add_dnd(mirror.agent.agent_uuid, number, mirror.entry.reason)
    except (errors.TokenRejected, errors.AgentRejected):
        raise
    except errors.Rejected:
        # What OSVI says about a number that it has already is not documented.
        if not _is_listed(client, mirror.agent, number):
            raise


def _is_listed(client: OsviClient, agent: Agent, number: str) -> bool:
    page = client.list_dnd(agent.agent_uuid, search=number.removeprefix("+"))
    return any(listed.phone == number for listed in page.entries)


def _remove(client: OsviClient, mirror: DoNotCallMirror) -> None:
    number = mirror.entry.phone_number.as_e164
    others = DoNotCall.objects.in_force(timezone.now()).about([number], mirror.agent_id)
    if not others.exists():
        client.remove_dnd(mirror.agent.agent_uuid, number)


def _keep(mirror: DoNotCallMirror, **fields: object) -> None:
    # Lifted or entered anew in the meantime: then what was done is not what is wanted, and the row stays due.
    DoNotCallMirror.objects.filter(pk=mirror.pk, wanted=mirror.wanted, next_try_at=mirror.next_try_at).update(
        **fields
    )


def _wait(tries: int, error: errors.OsviError) -> timedelta:
    asked = getattr(error, "retry_after", None) or 0
    return max(min(FIRST_WAIT * 2 ** min(tries - 1, 20), LONGEST_WAIT), timedelta(seconds=asked))


def _is_about_this_row(problem: errors.OsviError) -> bool:
    """Whether other rows may fare better: OSVI answered, and refused this number or this agent."""
    return isinstance(problem, errors.Rejected) and not isinstance(problem, errors.TokenRejected)
