"""What came of a call list: counts that add up, how calls went, over time, answers, and the list before. Only reads."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncHour

from calls.choices import PICKED, CallStatus, ContactStatus, ContactVerdict
from calls.models import AnswerCorrection, CallList, CallLog, Contact
from calls.services.export_rows import as_text
from calls.services.overview import KINDS, OTHER, Figures, figures_of

# Lists that ran no longer than this are shown by the hour, others by the day.
BY_THE_HOUR = timedelta(hours=36)
# Different answers to one question that are told apart; what is beyond them is added up.
MOST_ANSWERS = 6
# Calls whose answers are read and forgotten together.
CHUNK = 2_500


@dataclass(frozen=True)
class Rows:
    """Every row of the list, once: what happened to it, or why nothing did."""

    total: int = 0
    reached: int = 0
    not_reached: int = 0
    calling: int = 0
    waiting: int = 0
    removed: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def skipped(self) -> int:
        return sum(self.left_out.values())

    @property
    def to_call(self) -> int:
        """People who were called, are, or will be."""
        return self.reached + self.not_reached + self.calling + self.waiting


@dataclass(frozen=True)
class Stretch:
    """One hour or day of the list: how many calls of each of overview.KINDS were sent."""

    begins: datetime
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def sent(self) -> int:
        return self.counts.total()


@dataclass(frozen=True)
class Question:
    """One answer that the calls should bring: how often each was given, most frequent first."""

    key: str
    answers: list[tuple[str, int]]
    others: int
    without: int


@dataclass(frozen=True)
class Results:
    """What a list's page of results shows. `before` is the previous list of the same template, if any."""

    rows: Rows
    calls: Figures
    by_the_hour: bool
    stretches: list[Stretch]
    questions: list[Question]
    follow_ups: int
    to_look_at: int
    before: "tuple[CallList, Figures] | None"


def results(call_list: CallList) -> Results:
    """Return what came of a list so far."""
    stretches, by_the_hour = _over_time(call_list)
    calls = calls_of(call_list)
    earlier = previous(call_list)
    return Results(
        rows=rows(call_list),
        calls=figures(call_list),
        by_the_hour=by_the_hour,
        stretches=stretches,
        questions=questions(call_list),
        follow_ups=calls.filter(follow_up_on__isnull=False).count(),
        to_look_at=calls.needing_attention().count(),
        before=(earlier, figures(earlier)) if earlier else None,
    )


def calls_of(call_list: CallList) -> Any:
    """Return all calls that were placed for people of this list."""
    return CallLog.objects.filter(contact__call_list=call_list)


def previous(call_list: CallList) -> CallList | None:
    """Return the list of the same template that was started before this one, or None."""
    started = CallList.objects.filter(template=call_list.template_id, launched_at__isnull=False)
    if call_list.launched_at is not None:
        started = started.filter(launched_at__lt=call_list.launched_at)
    return started.exclude(pk=call_list.pk).order_by("-launched_at").first()


def rows(call_list: CallList) -> Rows:
    """Count every row of the list once; the parts of the answer add up to `total`."""
    reached = Q(last_call__outcome=PICKED, last_call__status=CallStatus.FINISHED)
    groups = (
        Contact.objects.filter(call_list=call_list)
        .order_by()
        .values_list("status", "verdict")
        .annotate(number=Count("pk"), reached=Count("pk", filter=reached))
    )
    counted: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for status, verdict, number, answered in groups:
        if status == ContactStatus.SKIPPED:
            left_out[verdict] += number
        elif status == ContactStatus.DONE:
            counted["reached"] += answered
            counted["not_reached"] += number - answered
        else:
            counted[status] += number
    in_order = {str(verdict): left_out[verdict] for verdict in ContactVerdict.values if left_out[verdict]}
    return Rows(total=counted.total() + left_out.total(), left_out=in_order, **counted)


def figures(call_list: CallList) -> Figures:
    """Return how the calls of a list went, each try counted."""
    answered = Q(status=CallStatus.FINISHED, outcome=PICKED)
    groups = (
        calls_of(call_list)
        .filter(sent_at__isnull=False)
        .order_by()
        .values_list("outcome", "status")
        .annotate(
            placed=Count("pk"),
            seconds=Sum("duration_seconds", filter=answered, default=0),
            timed=Count("duration_seconds", filter=answered),
        )
    )
    return sum((figures_of(*group) for group in groups), start=Figures())


def _over_time(call_list: CallList) -> tuple[list[Stretch], bool]:
    sent = calls_of(call_list).filter(sent_at__isnull=False).order_by()
    ends = sent.aggregate(first=Min("sent_at"), last=Max("sent_at"))
    if ends["first"] is None:
        return [], True
    by_the_hour = ends["last"] - ends["first"] <= BY_THE_HOUR
    stretch = TruncHour("sent_at") if by_the_hour else TruncDay("sent_at")
    groups = (
        sent.annotate(begins=stretch).values_list("begins", "outcome", "status").annotate(number=Count("pk"))
    )
    counts: dict[datetime, Counter[str]] = {}
    for begins, outcome, status, number in groups:
        kind = outcome if status == CallStatus.FINISHED and outcome in KINDS else OTHER
        counts.setdefault(begins, Counter())[kind] += number
    return [Stretch(begins, counts[begins]) for begins in sorted(counts)], by_the_hour


def questions(call_list: CallList) -> list[Question]:
    """Return, for each answer that calls of the list should bring, what was answered and how often.

    A correction by a person counts instead of what OSVI understood.
    """
    version = call_list.template_version
    content = version.content if version else call_list.template.content()
    keys = [point["key"] for point in content.get("data_points", []) if point.get("key")]
    if not keys:
        return []
    given: dict[str, Counter[str]] = {key: Counter() for key in keys}
    answered = calls_of(call_list).filter(status=CallStatus.FINISHED, outcome=PICKED)
    for key, answer in _answers(answered, keys):
        given[key][answer] += 1
    return [_question(key, given[key]) for key in keys]


def _answers(calls: QuerySet[CallLog], keys: list[str]) -> Iterable[tuple[str, str]]:
    corrected: dict[int, dict[str, str]] = {}
    found = AnswerCorrection.objects.filter(call__in=calls, key__in=keys).order_by("pk")
    for call_pk, key, text in found.values_list("call_id", "key", "corrected"):
        corrected.setdefault(call_pk, {})[key] = text
    for call_pk, extracted in calls.order_by().values_list("pk", "extracted").iterator(chunk_size=CHUNK):
        answers = {**(extracted or {}), **corrected.get(call_pk, {})}
        for key in keys:
            yield key, as_text(answers.get(key))


def _question(key: str, given: Counter[str]) -> Question:
    without = given.pop("", 0)
    # Equal numbers in a fixed order, so that a page that is loaded again looks the same.
    ordered = sorted(given.items(), key=lambda item: (-item[1], item[0]))
    shown = ordered[:MOST_ANSWERS]
    return Question(key, shown, sum(number for _answer, number in ordered[MOST_ANSWERS:]), without)


def changed(now: Figures, before: Figures) -> int | None:
    """Return by how many points the answer rate differs from that of the list before; None if it cannot be said."""
    if now.answer_rate is None or before.answer_rate is None:
        return None
    return now.answer_rate - before.answer_rate
