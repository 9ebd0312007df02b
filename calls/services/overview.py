"""Overview: what needs a person, how calls went today and in the last 30 days. Only reads."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.utils import timezone

from calls.choices import PICKED, CallStatus, Verdict
from calls.models import Agent, CallLog, CallTemplate, ConsoleState, DoNotCall, WebhookDelivery
from calls.osvi.status_words import FINAL_STRENGTH
from calls.services.sending import WORKER_SILENT_AFTER

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DAYS = 30
# OSVI's word for a call that never got as far as ringing.
FAILED = "failed"
RANG = frozenset(FINAL_STRENGTH) - {FAILED}
# What happened to a call, as the picture of days tells it apart.
OTHER = "other"
KINDS = (PICKED, "not_picked", "voicemail", "busy", FAILED, OTHER)
# Rows of "by agent" and "by template"; what is beyond them is added up.
MOST_SHARES = 6

# Agent, template, outcome and status that calls have in common.
Group = tuple[int, int | None, str, str]


@dataclass(frozen=True)
class Capped:
    """A number of rows, counted no further than a cap."""

    number: int
    more: bool = False

    def __bool__(self) -> bool:
        return self.number > 0

    def __str__(self) -> str:
        return f"{self.number}+" if self.more else str(self.number)


@dataclass(frozen=True)
class Signs:
    """Signs of life: when worker and OSVI were last heard of; `paused` is the state while sending is paused."""

    worker_seen_at: datetime | None = None
    worker_silent: bool = True
    osvi_answered_at: datetime | None = None
    paused: ConsoleState | None = None


@dataclass(frozen=True)
class Figures:
    """Calls added up. `rang` are those with a final outcome other than "failed"; lengths are of answered ones."""

    placed: int = 0
    rang: int = 0
    answered: int = 0
    seconds: int = 0
    timed: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.placed + other.placed,
            self.rang + other.rang,
            self.answered + other.answered,
            self.seconds + other.seconds,
            self.timed + other.timed,
        )

    @property
    def answer_rate(self) -> int | None:
        """Answered calls in per cent of those that rang; None when none rang."""
        return round(100 * self.answered / self.rang) if self.rang else None

    @property
    def average_seconds(self) -> int | None:
        """Average length of answered calls; None when no length is known."""
        return round(self.seconds / self.timed) if self.timed else None


@dataclass(frozen=True)
class Day:
    """One day in the console's zone: how many calls of each of KINDS were requested."""

    day: date
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def placed(self) -> int:
        return self.counts.total()


@dataclass(frozen=True)
class Share:
    """The calls of one agent or template. Without `pk`: those without one; `is_rest`: all further ones."""

    pk: int | None
    name: str
    figures: Figures
    is_rest: bool = False


@dataclass(frozen=True)
class Month:
    """The last 30 days, today included; `days` oldest first, shares most calls first."""

    total: Figures
    days: list[Day]
    agents: list[Share]
    templates: list[Share]


# --- What needs a person ----------------------------------------------------------------------


def calls_needing_attention(most: int) -> dict[CallStatus, Capped]:
    """Return how many calls stand in each status that a person has to look at, counted up to `most`."""
    statuses = (CallStatus.UNCONFIRMED, CallStatus.NO_OUTCOME, CallStatus.REJECTED)
    return {status: _capped(CallLog.objects.filter(status=status), most) for status in statuses}


def follow_ups_due(most: int, owner: "User | None" = None) -> Capped:
    """Return how many calls are to be followed up today or since before, by `owner` if given, up to `most`."""
    due = CallLog.objects.follow_up_due()
    return _capped(due.filter(follow_up_owner=owner) if owner else due, most)


def required_answers_missing(most: int) -> Capped:
    """Return how many answered calls lack an answer that had to be found out, counted up to `most`."""
    return _capped(CallLog.objects.required_answer_missing(), most)


def deliveries_needing_attention(most: int) -> dict[Verdict, Capped]:
    """Return how many deliveries could not be applied or belong to no known call, counted up to `most`."""
    verdicts = (Verdict.FAILED, Verdict.UNMATCHED)
    return {verdict: _capped(WebhookDelivery.objects.filter(verdict=verdict), most) for verdict in verdicts}


def proposals_undecided(most: int) -> Capped:
    """Return how many times somebody may have asked not to be called and nobody decided, counted up to `most`."""
    return _capped(DoNotCall.objects.undecided(), most)


def signs_of_life() -> Signs:
    """Return when worker and OSVI were last heard of. Unlike ConsoleState.current() it writes nothing."""
    state = ConsoleState.objects.filter(pk=ConsoleState.KEY).first()
    if state is None:
        return Signs()
    seen = state.worker_seen_at
    return Signs(
        worker_seen_at=seen,
        worker_silent=seen is None or timezone.now() - seen > WORKER_SILENT_AFTER,
        osvi_answered_at=state.osvi_answered_at,
        paused=state if state.sending_paused_at else None,
    )


def _capped(rows: QuerySet[Any], most: int) -> Capped:
    counted = rows.order_by()[: most + 1].count()
    return Capped(min(counted, most), more=counted > most)


# --- How calls went ---------------------------------------------------------------------------


def today() -> Figures:
    """Return the figures of the calls requested since midnight."""
    answered = Q(status=CallStatus.FINISHED, outcome=PICKED)
    rang = Q(status=CallStatus.FINISHED, outcome__in=RANG)
    # Without GROUP BY, for which SQLite would rather walk through the index of all statuses.
    sums = _requested_on(timezone.localdate()).aggregate(
        placed=Count("*"),
        rang=Count("status", filter=rang),
        answered=Count("status", filter=answered),
        seconds=Sum("duration_seconds", filter=answered, default=0),
        timed=Count("duration_seconds", filter=answered),
    )
    return Figures(**sums)


def last_month() -> Month:
    """Return the figures of the last 30 days. Reads one index and no row of a call."""
    last = timezone.localdate()
    days = [Day(last - timedelta(days=ago)) for ago in reversed(range(DAYS))]
    merged: Counter[Group] = Counter()
    lengths: dict[Group, tuple[int, int]] = {}
    for number, agent, template, outcome, status, placed, seconds, timed in _groups(days):
        days[number].counts[_kind(status, outcome)] += placed
        group = (agent, template, outcome, status)
        merged[group] += placed
        if timed:
            known = lengths.get(group, (0, 0))
            lengths[group] = (known[0] + seconds, known[1] + timed)
    figures = {group: _figures(group, merged[group], *lengths.get(group, (0, 0))) for group in merged}
    return Month(
        total=_total(figures.values()),
        days=days,
        agents=_shares(_by(figures, lambda group: group[0]), lambda pks: Agent.objects.filter(pk__in=pks)),
        templates=_shares(
            _by(figures, lambda group: group[1]), lambda pks: CallTemplate.objects.filter(pk__in=pks)
        ),
    )


def midnight(day: date) -> datetime:
    """Return the beginning of a day in the console's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _requested_on(day: date) -> QuerySet[CallLog]:
    calls = CallLog.objects.filter(requested_at__gte=midnight(day))
    return calls.filter(requested_at__lt=midnight(day + timedelta(days=1)))


def _groups(days: list[Day]) -> Iterable[tuple[Any, ...]]:
    """Add calls up by day, agent, template, outcome and status, in one question.

    One part for each day: a date function would run in Python on SQLite, and many small sorts are
    quicker than a big one.
    """
    sums = {"placed": Count("*"), "seconds": Sum("duration_seconds"), "timed": Count("duration_seconds")}
    parts = [
        _requested_on(day.day)
        .order_by()
        .annotate(day=Value(number))
        .values("day", "agent", "template", "outcome", "status")
        .annotate(**sums)
        .values_list("day", "agent", "template", "outcome", "status", *sums)
        for number, day in enumerate(days)
    ]
    return parts[0].union(*parts[1:], all=True).order_by()


def _figures(group: Group, placed: int, seconds: int, timed: int) -> Figures:
    _agent, _template, outcome, status = group
    return figures_of(outcome, status, placed, seconds, timed)


def figures_of(outcome: str, status: str, placed: int, seconds: int, timed: int) -> Figures:
    """Return calls that have outcome and status in common as figures."""
    finished = status == CallStatus.FINISHED
    answered = finished and outcome == PICKED
    return Figures(
        placed=placed,
        rang=placed if finished and outcome in RANG else 0,
        answered=placed if answered else 0,
        seconds=seconds if answered else 0,
        timed=timed if answered else 0,
    )


def _kind(status: str, outcome: str) -> str:
    return outcome if status == CallStatus.FINISHED and outcome in KINDS else OTHER


def _total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, start=Figures())


def _by(figures: dict[Group, Figures], key: Callable[[Group], int | None]) -> dict[int | None, Figures]:
    found: dict[int | None, Figures] = {}
    for group, of_group in figures.items():
        found[key(group)] = found.get(key(group), Figures()) + of_group
    return found


def _shares(
    found: dict[int | None, Figures], rows: Callable[[list[int]], QuerySet[Agent] | QuerySet[CallTemplate]]
) -> list[Share]:
    """Return the biggest groups with their names, and the sum of the others."""
    biggest_first = sorted(found.items(), key=lambda item: -item[1].placed)
    shown, rest = biggest_first[:MOST_SHARES], biggest_first[MOST_SHARES:]
    names = dict(rows([pk for pk, _figures in shown if pk is not None]).values_list("pk", "name"))
    shares = [Share(pk, names[pk] if pk is not None else "", figures) for pk, figures in shown]
    if rest:
        shares.append(Share(None, "", _total(figures for _pk, figures in rest), is_rest=True))
    return shares
