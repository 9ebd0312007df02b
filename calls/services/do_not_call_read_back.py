"""Read back: what stands on OSVI's own do-not-call list of each agent, compared with ours.

A number that only OSVI knows becomes an entry for that agent: somebody entered it there, or asked the agent for it.
A number that OSVI lost is passed on again.
"""

from datetime import datetime, timedelta

import phonenumbers
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import MirrorStatus, SuppressionSource
from calls.models import Agent, DoNotCall, DoNotCallMirror
from calls.models.do_not_call import NUMBER_AS_TEXT
from calls.osvi import errors
from calls.osvi.client import OsviClient, get_client
from calls.osvi.dnd import ListedNumber
from calls.services import dnc_mirror, do_not_call, nudge, sending
from calls.services.do_not_call_bulk import Scope, Wanted, suppress_many
from calls.services.portions import portions

EVERY = timedelta(hours=1)
# After a reading that failed.
SOON = timedelta(minutes=10)
# A list longer than this is not compared: half a list would look like lost numbers.
MOST_PAGES = 2_500


class ListTooLong(Exception):
    """OSVI's list goes on beyond what is read."""


def due() -> list[int]:
    """Return the keys of the active agents whose lists should be read now."""
    come = Q(do_not_call_next_read_at=None) | Q(do_not_call_next_read_at__lte=timezone.now())
    return list(Agent.objects.usable().filter(come).order_by("pk").values_list("pk", flat=True))


def read_back(agent_pk: int, *, client: OsviClient | None = None) -> None:
    """Read OSVI's list of an active agent if that is due, and bring both in line. Never raises because of OSVI."""
    now = timezone.now()
    agent = Agent.objects.usable().filter(pk=agent_pk).first()
    if agent is None or not _take(agent, now):
        return
    try:
        listed = _listed(client or get_client(), agent)
    except errors.OsviError as error:
        if isinstance(error, errors.TokenRejected):
            sending.pause_until_token_is_corrected()
        _keep(agent, do_not_call_next_read_at=now + SOON, do_not_call_problem=error.recorded)
        return
    except ListTooLong:
        problem = gettext_noop(
            "OSVI's do-not-call list is too long to be read. It was not compared with ours."
        )
        _keep(agent, do_not_call_problem=problem)
        return
    sending.note_osvi_answered()
    _take_over(agent, listed)
    _plan(agent, set(listed), now)
    _keep(agent, do_not_call_read_at=now, do_not_call_problem="")
    if dnc_mirror.due(timezone.now()).exists():
        nudge.pass_on()


def _take(agent: Agent, now: datetime) -> bool:
    """Of several workers one reads: whoever moves the time of the next reading on."""
    next_read = agent.do_not_call_next_read_at
    if next_read is not None and next_read > now:
        return False
    still = Agent.objects.filter(pk=agent.pk, do_not_call_next_read_at=next_read)
    return bool(still.update(do_not_call_next_read_at=now + EVERY))


def _keep(agent: Agent, **fields: object) -> None:
    Agent.objects.filter(pk=agent.pk).update(**fields)


def _listed(client: OsviClient, agent: Agent) -> dict[str, ListedNumber]:
    """Return OSVI's whole list by number (E.164). Raises OsviError, ListTooLong."""
    found: dict[str, ListedNumber] = {}
    for page in range(1, MOST_PAGES + 1):
        part = client.list_dnd(agent.agent_uuid, page=page)
        found |= {number: entry for entry in part.entries if (number := _readable(entry.phone))}
        if page >= part.total_pages:
            return found
    raise ListTooLong


def _readable(phone: str) -> str:
    """Return a number as E.164; empty if it can be called by nobody anyway."""
    try:
        number = PhoneNumber.from_string(phone, region=settings.PHONENUMBER_DEFAULT_REGION)
    except phonenumbers.NumberParseException:
        return ""
    return number.as_e164 if number.is_valid() else ""


# --- What OSVI knows and we do not -------------------------------------------------------------------


def _take_over(agent: Agent, listed: dict[str, ListedNumber]) -> None:
    known = do_not_call.entries(listed.keys(), agent.pk, timezone.now())
    unknown = [number for number in listed if number not in known]
    ended = _ended(agent, unknown)
    fresh = [
        number
        for number in unknown
        if number not in ended or _is_newer(listed[number], ended[number].entry.decided_at)
    ]
    suppress_many(
        [
            Wanted(
                PhoneNumber.from_string(number),
                listed[number].reason or gettext_noop("Found on OSVI's own list."),
            )
            for number in fresh
        ],
        Scope(agent, SuppressionSource.OSVI),
    )
    # Lifted here, and OSVI still has it: it is taken off (again).
    left = [ended[number].pk for number in ended if number not in fresh]
    for some in portions(left):
        DoNotCallMirror.objects.filter(pk__in=some, next_try_at=None).update(
            status=MirrorStatus.WAITING, next_try_at=timezone.now()
        )


def _ended(agent: Agent, numbers: list[str]) -> dict[str, DoNotCallMirror]:
    """Return, by number, the row of the latest entry that was taken off for this agent."""
    found = {}
    for some in portions(numbers):
        entries = DoNotCall.objects.numbered(some).order_by("decided_at", "pk")
        rows = DoNotCallMirror.objects.filter(agent=agent, wanted=False, entry__in=entries.values("pk"))
        for row in rows.select_related("entry").order_by("entry__decided_at", "pk"):
            found[row.entry.phone_number.as_e164] = row
    return found


def _is_newer(listed: ListedNumber, decided_at: datetime | None) -> bool:
    """Whether OSVI was told after we took the number off. In doubt yes: nobody is rung for it."""
    return listed.created_at is None or decided_at is None or listed.created_at > decided_at


# --- What we know and OSVI should --------------------------------------------------------------------


def _plan(agent: Agent, listed: set[str], read_at: datetime) -> None:
    """Have what OSVI lacks passed on, and note what it has."""
    rows = DoNotCallMirror.objects.filter(agent=agent, wanted=True)
    entries = DoNotCall.objects.in_force(timezone.now()).for_agent(agent.pk).order_by("pk")
    for some in portions(entries.values_list("pk", NUMBER_AS_TEXT)):
        pks = [pk for pk, _number in some]
        has = [pk for pk, number in some if number in listed]
        planned = set(rows.filter(entry__in=pks).values_list("entry", flat=True))
        DoNotCallMirror.objects.bulk_create(
            (DoNotCallMirror(entry_id=pk, agent=agent) for pk in pks if pk not in planned),
            ignore_conflicts=True,
        )
        rows.filter(entry__in=has).exclude(status=MirrorStatus.DONE).update(
            status=MirrorStatus.DONE, tries=0, next_try_at=None, done_at=read_at, error=""
        )
        # What was passed on while the list was being read may have come too late for it.
        rows.filter(entry__in=set(pks) - set(has), status=MirrorStatus.DONE, done_at__lt=read_at).update(
            status=MirrorStatus.WAITING, tries=0, next_try_at=timezone.now()
        )
