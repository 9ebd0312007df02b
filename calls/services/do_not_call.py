"""Do not call: who must not be rung, by any agent or by one; proposals that people decide; taking it back.

Entries are never deleted, and for a number and a scope at most one is in force. Whoever enters a number that stands
there already gets the entry that stands, or a new one in its place if that holds longer.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext, gettext_noop
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import EventSource, SuppressionSource, SuppressionStatus
from calls.models import Agent, CallLog, DoNotCall
from calls.services import dnc_mirror, do_not_call_waiting, duplicates
from calls.services.portions import portions

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# More numbers in one question than databases take.
_AT_ONCE = 5_000
# More words of a conversation than anybody needs to decide.
_LONGEST_WORDS = 1_000
# Entries whose time is over, closed by one sweep; the next takes the rest.
BATCH = 500


class CannotDecide(Exception):
    """The entry is not in a state in which that can be done. `str(error)` is a sentence for staff."""


# --- Questions ------------------------------------------------------------------------------------


def entries(numbers: Collection[str], agent_pk: int | None, now: datetime) -> dict[str, DoNotCall]:
    """Return, by number (E.164), an entry in force that forbids calls of this agent; None: of every agent.

    Of several, the one for all agents, as it is the reason that holds whoever calls.
    """
    found: dict[str, DoNotCall] = {}
    for some in portions(numbers, _AT_ONCE):
        for entry in DoNotCall.objects.in_force(now).about(some, agent_pk).select_related("agent"):
            number = entry.phone_number.as_e164
            if number not in found or entry.agent_id is None:
                found[number] = entry
    return found


def undecided(numbers: Collection[str]) -> set[str]:
    """Return those of these numbers (E.164) about which a person has to decide first."""
    return {
        entry.phone_number.as_e164
        for some in portions(numbers, _AT_ONCE)
        for entry in DoNotCall.objects.undecided().numbered(some).only("phone_number")
    }


def sentence(entry: DoNotCall) -> str:
    """Say since when, until when and why a number must not be called, in words that name nobody."""
    words = (
        gettext("On the do-not-call list since %(since)s until %(until)s.")
        if entry.expires_at
        else gettext("On the do-not-call list since %(since)s.")
    ) % {"since": _day(entry.added_at), "until": _day(last_moment(entry))}
    if entry.agent:
        words += " " + gettext("Only for agent %(agent)s.") % {"agent": entry.agent.name}
    if entry.reason:
        words += " " + gettext("Reason: %(reason)s") % {"reason": gettext(entry.reason)}
    return words


def last_moment(entry: DoNotCall) -> datetime | None:
    """Return the last moment for which an entry holds; None if it holds for good."""
    return entry.expires_at - timedelta(seconds=1) if entry.expires_at else None


def end_of(day: date) -> datetime:
    """Return the moment at which an entry ends that holds until this day, that day included."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _day(moment: datetime | None) -> str:
    return formats.date_format(timezone.localtime(moment), "j M Y") if moment else ""


def _number(row: DoNotCall | CallLog) -> PhoneNumber:
    return PhoneNumber.from_string(str(row.phone_number))


# --- Entering -------------------------------------------------------------------------------------


def suppress(
    number: PhoneNumber | str,
    *,
    agent: Agent | None = None,
    reason: str,
    source: SuppressionSource,
    by: "User | None" = None,
    call: CallLog | None = None,
    expires_at: datetime | None = None,
) -> DoNotCall:
    """Forbid calls to a valid number, by `agent` or (None) by all, until `expires_at` or for good.

    Calls to it that were not sent yet are blocked, and people of lists who wait are left out. Returns the entry
    that stands then; one that stands already for this scope and holds as long is not replaced.
    """
    proposal = DoNotCall.objects.undecided().filter(call=call).first() if call else None
    entry = proposal or DoNotCall(phone_number=number, call=call, source=source)
    entry.agent, entry.reason, entry.expires_at = agent, reason[:300], expires_at
    if proposal is None:
        entry.added_by = by
    return _put_in_force(entry, by=by)


def _put_in_force(entry: DoNotCall, *, by: "User | None") -> DoNotCall:
    """Save an entry, new or a proposal, as one in force, unless one that holds as long stands already."""
    try:
        return _try_to_put_in_force(entry, by=by)
    except IntegrityError:
        # An import entered the number at this moment; now it can be seen.
        return _try_to_put_in_force(entry, by=by)


def _try_to_put_in_force(entry: DoNotCall, *, by: "User | None") -> DoNotCall:
    now = timezone.now()
    number = _number(entry)
    with transaction.atomic():
        duplicates.lock(number)
        standing = _standing(entry)
        if standing is not None and holds_as_long(standing.expires_at, entry.expires_at, now):
            settle_proposals(standing.pk, by=by, now=now)
            return standing
        if standing is not None:
            _close(
                standing,
                gettext_noop("Its time is over.")
                if standing.expires_at and standing.expires_at <= now
                else gettext_noop("Another entry that holds longer took its place."),
                by=by,
                now=now,
            )
        if not _save_in_force(entry, by=by, now=now):
            raise CannotDecide(gettext("Somebody else has just decided about this entry."))
        settle_proposals(entry.pk, by=by, now=now)
        mark = do_not_call_waiting.Mark(entry.pk, entry.expires_at)
        do_not_call_waiting.take_back({number.as_e164: mark}, entry.agent_id, by=by)
        dnc_mirror.plan(entry)
    return entry


def _standing(entry: DoNotCall) -> DoNotCall | None:
    """Return the entry of the same number and scope that has not been closed, if there is one."""
    number = _number(entry).as_e164
    same = DoNotCall.objects.numbered([number]).filter(status=SuppressionStatus.ACTIVE, agent=entry.agent)
    return same.first()


def holds_as_long(standing: datetime | None, until: datetime | None, now: datetime) -> bool:
    """Whether an entry with this end forbids calls as long as one with that end would; None is for good."""
    if standing is None:
        return True
    if standing <= now or until is None:
        return False
    return standing >= until


def _save_in_force(entry: DoNotCall, *, by: "User | None", now: datetime) -> bool:
    if entry.pk is None:
        entry.status, entry.added_at = SuppressionStatus.ACTIVE, now
        entry.save(force_insert=True)
        return True
    return _decide(
        entry,
        SuppressionStatus.ACTIVE,
        by=by,
        now=now,
        agent=entry.agent,
        reason=entry.reason,
        expires_at=entry.expires_at,
    )


def settle_proposals(entry_pk: int, *, by: "User | None", now: datetime) -> None:
    """Nobody need decide any more about a number that stands on the list as widely as was proposed."""
    entry = DoNotCall.objects.get(pk=entry_pk)
    number = _number(entry).as_e164
    proposals = DoNotCall.objects.undecided().numbered([number]).exclude(pk=entry.pk)
    if entry.agent_id is not None:
        proposals = proposals.filter(agent=entry.agent)
    for proposal in proposals:
        _decide(
            proposal,
            SuppressionStatus.DISMISSED,
            by=by,
            now=now,
            decision_reason=gettext_noop("The number stands on the list by another entry."),
        )


# --- Taking off -----------------------------------------------------------------------------------


def lift(entry_pk: int, by: "User | None", reason: str) -> DoNotCall:
    """Allow calls again. The entry stays, with who lifted it and why. Lifting twice is fine.

    Raises CannotDecide for an entry that never was in force, DoNotCall.DoesNotExist.
    """
    entry = DoNotCall.objects.get(pk=entry_pk)
    with transaction.atomic():
        if entry.status == SuppressionStatus.ACTIVE:
            _close(entry, reason, by=by, now=timezone.now())
    entry.refresh_from_db()
    if entry.status != SuppressionStatus.LIFTED:
        raise CannotDecide(gettext("This entry is not in force, so it cannot be lifted."))
    return entry


def end_expired() -> int:
    """Close the entries whose time is over. Returns how many."""
    now = timezone.now()
    ended = list(DoNotCall.objects.ended(now).order_by("expires_at")[:BATCH])
    with transaction.atomic():
        return sum(_close(entry, gettext_noop("Its time is over."), by=None, now=now) for entry in ended)


def _close(entry: DoNotCall, reason: str, *, by: "User | None", now: datetime) -> bool:
    closed = _decide(entry, SuppressionStatus.LIFTED, by=by, now=now, decision_reason=reason[:300])
    if closed:
        dnc_mirror.take_off(entry)
    return closed


# --- Proposals ------------------------------------------------------------------------------------


def propose(call: CallLog, words: str, found_in: str) -> DoNotCall | None:
    """Ask people whether the person of this call must not be called any more, because of `words`.

    `found_in` is a sentence in English that says where they were found. Returns None, and asks nothing, if
    this call has been asked about before or its number must not be called by any agent anyway.
    """
    number = _number(call).as_e164
    if DoNotCall.objects.filter(Q(source=SuppressionSource.CALL) | ~Q(words=""), call=call).exists():
        return None
    if entries([number], None, timezone.now()):
        return None
    try:
        with transaction.atomic():
            proposal = DoNotCall.objects.create(
                phone_number=call.phone_number,
                status=SuppressionStatus.PROPOSED,
                source=SuppressionSource.CALL,
                reason=found_in[:300],
                call=call,
                words=words.replace("\x00", "").strip()[:_LONGEST_WORDS],
            )
    except IntegrityError:
        return None  # Other news of the same call was faster.
    call.note(
        gettext_noop("This person may have asked not to be called again. Somebody has to decide."),
        source=EventSource.WORKER,
        evidence={"do_not_call_entry": proposal.pk},
    )
    return proposal


def accept(entry_pk: int, by: "User | None") -> DoNotCall:
    """Put a proposal in force. Returns the entry that forbids calls then; accepting twice is fine.

    Raises CannotDecide if it was turned down or lifted meanwhile, DoNotCall.DoesNotExist.
    """
    entry = DoNotCall.objects.get(pk=entry_pk)
    if entry.status == SuppressionStatus.PROPOSED:
        return _put_in_force(entry, by=by)
    if entry.status == SuppressionStatus.ACTIVE:
        return entry
    raise CannotDecide(_decided(entry))


def dismiss(entry_pk: int, by: "User | None", reason: str) -> DoNotCall:
    """Turn a proposal down. Turning it down twice is fine.

    Raises CannotDecide if it was accepted meanwhile, DoNotCall.DoesNotExist.
    """
    entry = DoNotCall.objects.get(pk=entry_pk)
    if entry.status == SuppressionStatus.PROPOSED:
        _decide(
            entry,
            SuppressionStatus.DISMISSED,
            by=by,
            now=timezone.now(),
            decision_reason=reason[:300],
        )
    entry.refresh_from_db()
    if entry.status != SuppressionStatus.DISMISSED:
        raise CannotDecide(_decided(entry))
    return entry


def _decided(entry: DoNotCall) -> str:
    return gettext("Somebody has decided about this already. It now says: %(status)s.") % {
        "status": entry.get_status_display()
    }


def _decide(
    entry: DoNotCall, to: SuppressionStatus, *, by: "User | None", now: datetime, **fields: Any
) -> bool:
    """Move an entry on if it still stands where this object was read; False if somebody was faster."""
    fields |= {"status": to, "decided_by": by, "decided_at": now}
    if not DoNotCall.objects.filter(pk=entry.pk, status=entry.status).update(**fields):
        return False
    for name, value in fields.items():
        setattr(entry, name, value)
    return True
