"""Caps: how often one number is rung within a day and a week, and how many calls the console sends on one day.

A cap of 0 is none, and costs no query.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import CallLog, DayTally, StaffPreference

DAY, WEEK = timedelta(hours=24), timedelta(days=7)
# The request left, or may have. A refused call, or one that did not ring, was no attempt.
_LEFT = (
    CallStatus.SENDING,
    CallStatus.ACCEPTED,
    CallStatus.UNCONFIRMED,
    CallStatus.FINISHED,
    CallStatus.NO_OUTCOME,
)
# So many numbers a query; every database takes that many values.
_CHUNK = 5_000
# As the database has it: made into telephone numbers one by one, 50,000 would take seconds.
_AS_STORED = ExpressionWrapper(F("phone_number"), output_field=CharField())
# OSVI tells how often it rang again by itself.
_RINGS = Value(1) + Coalesce(F("retry_count"), 0)


def per_number() -> bool:
    """Tell whether there is a cap on the calls to one number."""
    return bool(settings.CALLS_PER_NUMBER_A_DAY or settings.CALLS_PER_NUMBER_A_WEEK)


def used(numbers: Collection[str], now: datetime) -> dict[str, tuple[int, int]]:
    """Return for each number (E.164) how often it was rung within 24 hours and within seven days.

    All lists and people together; only tests on one's own telephone do not count. Without caps on the calls to
    one number nothing is counted.
    """
    counts = dict.fromkeys(numbers, (0, 0))
    if not per_number():
        return counts
    wanted = list(counts)
    if len(wanted) == 1:
        rings = _rings(wanted[0], now)
        return {wanted[0]: (sum(ring > now - DAY for ring in rings), len(rings))}
    for start in range(0, len(wanted), _CHUNK):
        counts |= _counted(wanted[start : start + _CHUNK], now)
    return counts


def over_cap(day: int, week: int) -> str:
    """Return which cap forbids another call after so many: "week", "day", or an empty text."""
    if 0 < settings.CALLS_PER_NUMBER_A_WEEK <= week:
        return "week"
    return "day" if 0 < settings.CALLS_PER_NUMBER_A_DAY <= day else ""


def free_again_at(number: str, now: datetime) -> datetime | None:
    """Return when neither cap forbids another call to this number any more; None if neither does now."""
    if not per_number():
        return None
    rings = _rings(number, now)
    caps = ((settings.CALLS_PER_NUMBER_A_DAY, DAY), (settings.CALLS_PER_NUMBER_A_WEEK, WEEK))
    # As soon as the last but so many is old enough, there is room for one.
    ends = [rings[cap - 1] + window for cap, window in caps if 0 < cap <= len(rings)]
    return max((end for end in ends if end > now), default=None)


def _rings(number: str, now: datetime) -> list[datetime]:
    """Return when one number was rung within a week, newest first. One plain query: every call that leaves asks."""
    calls = CallLog.objects.filter(phone_number=number, sent_at__gt=now - WEEK, status__in=_LEFT)
    rows = calls.order_by("-sent_at").values_list("sent_at", "retry_count", "is_test", "placed_by_id")
    own = StaffPreference.objects.filter(test_number=number).values_list("pk", flat=True)
    testers = set(own) if any(is_test for _at, _again, is_test, _by in rows) else set()
    return [
        sent_at
        for sent_at, again, is_test, by in rows
        if sent_at is not None and not (is_test and by in testers)
        for _ring in range(1 + (again or 0))
    ]


def _counted(numbers: Collection[str], now: datetime) -> dict[str, tuple[int, int]]:
    """Return the counts of those numbers that were rung at all."""
    own = StaffPreference.objects.filter(user=OuterRef("placed_by"), test_number=OuterRef("phone_number"))
    calls = CallLog.objects.annotate(number=_AS_STORED).filter(number__in=numbers)
    calls = calls.filter(Q(is_test=False) | ~Exists(own), sent_at__gt=now - WEEK, status__in=_LEFT)
    today = Case(When(sent_at__gt=now - DAY, then=_RINGS), default=0, output_field=IntegerField())
    rows = calls.values("number").annotate(day=Sum(today), week=Sum(_RINGS)).order_by()
    return {number: (day, week) for number, day, week in rows.values_list("number", "day", "week")}


# --- The hard stop of the day -----------------------------------------------------------------


def take_one_of_today(now: datetime) -> bool:
    """Count one call that is about to leave. False, counting nothing, once the day's number is reached.

    For the transaction that claims the call: both are written, or neither.
    """
    if not settings.CALLS_A_DAY:
        return True
    day = timezone.localdate(now)
    if _take(day):
        return True
    # The day's first call, perhaps at the same moment as another one, or the number is reached.
    DayTally.objects.get_or_create(day=day)
    return _take(day)


def _take(day: date) -> bool:
    room = DayTally.objects.filter(day=day, sent__lt=settings.CALLS_A_DAY)
    return bool(room.update(sent=F("sent") + 1))


def give_back(day: date) -> None:
    """Take one off the count of a day: it turned out for certain that nothing had left."""
    if settings.CALLS_A_DAY:
        DayTally.objects.filter(day=day, sent__gt=0).update(sent=F("sent") - 1)


def day_is_full(now: datetime) -> bool:
    """Tell whether the console has sent as many calls as it may today."""
    if not settings.CALLS_A_DAY:
        return False
    return DayTally.objects.filter(day=timezone.localdate(now), sent__gte=settings.CALLS_A_DAY).exists()


def next_day(now: datetime) -> datetime:
    """Return when the count of the console's day begins anew."""
    return timezone.make_aware(datetime.combine(timezone.localdate(now) + timedelta(days=1), time()))
