"""Many numbers at once onto the do-not-call list: from a file, or from OSVI's own list."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import SuppressionSource, SuppressionStatus
from calls.models import Agent, DoNotCall
from calls.models.do_not_call import NUMBER_AS_TEXT
from calls.services import dnc_mirror, do_not_call, do_not_call_waiting
from calls.services.do_not_call_waiting import Mark
from calls.services.portions import portions

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Entries in one transaction: nobody else can write to SQLite meanwhile.
_AT_ONCE = 500


@dataclass(frozen=True)
class Wanted:
    """One valid number that must not be called, why, and until when (None: for good)."""

    number: PhoneNumber
    reason: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Scope:
    """What the entries have in common: for which agent (None: all), whence they come and who enters them."""

    agent: Agent | None
    source: SuppressionSource
    by: "User | None" = None

    @property
    def agent_pk(self) -> int | None:
        return self.agent.pk if self.agent else None


@dataclass(frozen=True)
class Entered:
    """How many entries are new, and how many numbers stood on the list for as long already."""

    added: int
    standing: int


def suppress_many(wanted: Collection[Wanted], scope: Scope) -> Entered:
    """Forbid calls to many numbers, as do_not_call.suppress does to one. May be repeated after a failure.

    A number that is named twice gets the entry that holds longer. Unlike with a single number, nobody who is
    placing a call at this moment is kept waiting: the guard right before dialling refuses such a call.
    """
    by_number: dict[str, Wanted] = {}
    for one in wanted:
        number = one.number.as_e164
        if number not in by_number or _is_longer(one.expires_at, by_number[number].expires_at):
            by_number[number] = one
    added = sum(_enter(dict(some), scope) for some in portions(by_number.items(), _AT_ONCE))
    if added and scope.source != SuppressionSource.OSVI:
        # The worker finds what OSVI lacks; a row for each number and agent would keep a person waiting.
        dnc_mirror.read_soon(scope.agent_pk)
    return Entered(added, len(by_number) - added)


def _is_longer(one: datetime | None, other: datetime | None) -> bool:
    return other is not None and (one is None or one > other)


def _enter(wanted: dict[str, Wanted], scope: Scope) -> int:
    now = timezone.now()
    in_scope = DoNotCall.objects.filter(status=SuppressionStatus.ACTIVE, agent=scope.agent)
    with transaction.atomic():
        standing = _marks(in_scope, wanted)
        fresh = [number for number in wanted if number not in standing]
        DoNotCall.objects.bulk_create(
            (
                DoNotCall(
                    phone_number=wanted[number].number,
                    agent=scope.agent,
                    source=scope.source,
                    reason=wanted[number].reason[:300],
                    added_by=scope.by,
                    added_at=now,
                    expires_at=wanted[number].expires_at,
                )
                for number in fresh
            ),
            # Somebody enters one of them at this moment: one entry is enough.
            ignore_conflicts=True,
        )
        entered = _marks(in_scope, fresh)
        do_not_call_waiting.take_back(entered, scope.agent_pk, by=scope.by)
        if scope.agent and scope.source == SuppressionSource.OSVI:
            dnc_mirror.note_listed([mark.pk for mark in entered.values()], scope.agent, now)
        for number in do_not_call.undecided(wanted):
            do_not_call.settle_proposals((entered | standing)[number].pk, by=scope.by, now=now)
        replaced = [
            number
            for number, mark in standing.items()
            if not do_not_call.holds_as_long(mark.expires_at, wanted[number].expires_at, now)
        ]
        for number in replaced:
            do_not_call.suppress(
                wanted[number].number,
                agent=scope.agent,
                reason=wanted[number].reason,
                source=scope.source,
                by=scope.by,
                expires_at=wanted[number].expires_at,
            )
    return len(fresh) + len(replaced)


def _marks(in_scope: QuerySet[DoNotCall], numbers: Collection[str]) -> dict[str, Mark]:
    """Return the entries for these numbers by number; reading them whole would cost as much as all the rest."""
    found = in_scope.annotate(text=NUMBER_AS_TEXT).filter(text__in=list(numbers))
    return {text: Mark(pk, until) for text, pk, until in found.values_list("text", "pk", "expires_at")}
