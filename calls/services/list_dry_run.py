"""Dry run: everything but the requests. When would a list ring whom, as far as it can be known before?

The arithmetic of the engine, minute by minute, on groups of people who have the same hours.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from calls.choices import PICKED, CallStatus, ContactStatus
from calls.hours.verdict import HoursVerdict
from calls.hours.zones import zones_of
from calls.models import CallList, CallLog
from calls.services.hours import Book, book
from calls.services.list_launch import LaunchSettings

# How long a call occupies the line when no earlier list tells: ringing, talking, hanging up.
ASSUMED_SECONDS = 60
_RINGING_SECONDS = 20
# So many of the latest calls tell.
_LATEST = 200
LONGEST = timedelta(days=14)
_MINUTE = timedelta(minutes=1)


@dataclass
class _Group:
    """People with the same country and zones: how many still wait, and what their hours say."""

    waiting: int
    number: str
    country: str
    own_zone: str
    verdict: HoursVerdict | None = None

    def is_open(self, at: datetime, rules: Book, purpose: str) -> bool:
        if self.verdict is None or self._is_outdated(at):
            self.verdict = rules.verdict(at, self.number, self.country, purpose, self.own_zone)
        return self.verdict.allowed

    def _is_outdated(self, at: datetime) -> bool:
        verdict = self.verdict
        assert verdict is not None  # noqa: S101  # asked only when there is one
        change = verdict.closes_at if verdict.allowed else verdict.opens_at
        return change is not None and at >= change


@dataclass(frozen=True)
class DryRun:
    """What would happen.

    `people` would be called; `begins` and `ends` are the first and the last first call; `per_hour` how many in
    each hour; `wait` how many have to wait until when for their hours; `never` how many cannot be called within
    LONGEST; `left_out` how many rows for which verdict. `per_minute` is what pace and calls at the same time
    allow, if a call takes `seconds`, which earlier calls tell if `seconds_known`.
    """

    people: int
    begins: datetime | None
    ends: datetime | None
    per_hour: list[tuple[datetime, int]]
    wait: list[tuple[datetime, int]]
    never: int
    left_out: dict[str, int]
    per_minute: float
    seconds: int
    seconds_known: bool
    paced_by: str = field(default="pace")


def dry_run(call_list: CallList, how: LaunchSettings, now: datetime | None = None) -> DryRun:
    """Say what starting this list with these settings would do. Nothing is sent, nothing is written."""
    start = how.start_at or now or timezone.now()
    groups = _groups(call_list)
    rules = book({group.country for group in groups})
    seconds, known = _seconds(call_list)
    per_minute, paced_by = _rate(how, seconds)
    wait = _waiting(groups, rules, call_list.template.purpose, start)
    people = sum(group.waiting for group in groups)
    placed = _simulate(groups, rules, call_list.template.purpose, start, per_minute)
    per_hour: Counter[datetime] = Counter()
    for minute, number in placed:
        # By the console's clock: where it is half an hour off, so are the hours of UTC.
        per_hour[timezone.localtime(minute).replace(minute=0, second=0, microsecond=0)] += number
    left_out = call_list.contacts.filter(status=ContactStatus.SKIPPED).values_list("verdict", flat=True)
    return DryRun(
        people=people,
        begins=placed[0][0] if placed else None,
        ends=placed[-1][0] if placed else None,
        per_hour=sorted(per_hour.items()),
        wait=wait,
        never=sum(group.waiting for group in groups),
        left_out=dict(Counter(left_out)),
        per_minute=per_minute,
        seconds=seconds,
        seconds_known=known,
        paced_by=paced_by,
    )


def _groups(call_list: CallList) -> list[_Group]:
    """Return the people who would be called, by what their hours depend on."""
    people = call_list.contacts.to_call().values_list("phone_number", "country", "time_zone")
    found: dict[tuple[str, tuple[str, ...]], _Group] = {}
    for number, country, own_zone in people.iterator():
        key = (country, zones_of(number, own_zone))
        group = found.setdefault(key, _Group(0, number, country, own_zone))
        group.waiting += 1
    return list(found.values())


def _seconds(call_list: CallList) -> tuple[int, bool]:
    """Return how long a call occupies a line on average, told by the latest calls of the template; else a guess."""
    ended = CallLog.objects.filter(template=call_list.template, status=CallStatus.FINISHED, is_test=False)
    latest = list(ended.order_by("-pk").values_list("outcome", "duration_seconds")[:_LATEST])
    if not latest:
        return ASSUMED_SECONDS, False
    talking = sum(seconds or 0 for outcome, seconds in latest if outcome == PICKED)
    return round(talking / len(latest)) + _RINGING_SECONDS, True


def _rate(how: LaunchSettings, seconds: int) -> tuple[float, str]:
    """Return calls per minute, and what bounds them: "pace", "lines" or "ceiling"."""
    at_once = min(how.at_once, settings.LIST_CALLS_AT_ONCE)
    bounds = {
        "pace": float(how.pace_per_minute),
        "lines": at_once * 60 / seconds,
        "ceiling": float(settings.LIST_CALLS_PER_MINUTE),
    }
    tightest = min(bounds, key=lambda name: bounds[name])
    return bounds[tightest], tightest


def _waiting(groups: list[_Group], rules: Book, purpose: str, start: datetime) -> list[tuple[datetime, int]]:
    """Return how many people are outside their hours at the start, by when these open."""
    until: Counter[datetime] = Counter()
    for group in groups:
        if not group.is_open(start, rules, purpose) and group.verdict and group.verdict.opens_at:
            until[group.verdict.opens_at] += group.waiting
    return sorted(until.items())


def _simulate(
    groups: list[_Group], rules: Book, purpose: str, start: datetime, per_minute: float
) -> list[tuple[datetime, int]]:
    """Return minute by minute how many people would be called; takes them off the groups."""
    placed: list[tuple[datetime, int]] = []
    at, credit = start, 0.0
    while any(group.waiting for group in groups) and at - start < LONGEST:
        credit += per_minute
        room = int(credit)
        taken = 0
        for group in groups:
            if room and group.waiting and group.is_open(at, rules, purpose):
                number = min(room, group.waiting)
                group.waiting -= number
                room -= number
                taken += number
        credit = credit - taken if taken else min(credit, per_minute)
        if taken:
            placed.append((at, taken))
        at = at + _MINUTE if taken or credit < 1 else _next_opening(groups, at)
    return placed


def _next_opening(groups: list[_Group], at: datetime) -> datetime:
    """Return the next minute in which somebody may be called; a distant one if nobody ever may."""
    openings = [
        group.verdict.opens_at
        for group in groups
        if group.waiting and group.verdict and not group.verdict.allowed and group.verdict.opens_at
    ]
    return max(min(openings, default=at + LONGEST), at + _MINUTE)
