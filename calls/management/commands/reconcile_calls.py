"""`manage.py reconcile_calls`: the worker's regular check and its questions to OSVI, done here and now."""

from collections import Counter
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from calls.choices import MAY_EXIST_AT_OSVI, EventSource
from calls.management import reading
from calls.management.output import ExitCode, OperationsCommand, table
from calls.models import CallEvent, CallLog
from calls.services.reconcile import reconcile
from calls.services.sweep import sweep

# So many questions in a row without an answer: OSVI is away, and each of them may take half a minute.
SILENCES_BEFORE_GIVING_UP = 3


class Command(OperationsCommand):
    help = "Run the regular check, then ask OSVI about every call that is due. Never places a call."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--call", metavar="REFERENCE", help="ask about this call only, due or not, without the check"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be done; ask and change nothing"
        )
        parser.add_argument(
            "--limit", metavar="N", help="ask about N calls at most (default: all that are due)"
        )

    def run(self, options: dict[str, Any]) -> None:
        problems = reading.Problems()
        limit = problems.read("limit", _limit, options["limit"])
        call = problems.read("call", _call_at_osvi, options["call"])
        problems.raise_if_any()
        dry_run = options["dry_run"]
        swept = {} if call else _sweep(dry_run=dry_run)
        pks = [call.pk] if call else _due(limit)
        asked = Counter() if dry_run else _ask(pks, even_if_not_due=call is not None)
        self._report(options, swept, due=len(pks), asked=asked)

    def _report(
        self, options: dict[str, Any], swept: dict[str, int], *, due: int, asked: Counter[str]
    ) -> None:
        counts = {
            "dry_run": options["dry_run"],
            "swept": swept,
            "due": due,
            "asked": asked["asked"],
            "changed": asked["changed"],
            "unanswered": asked["unanswered"],
            "needing_attention": CallLog.objects.needing_attention().count(),
        }
        words = {f"check: {name}": number for name, number in swept.items()} | {
            name.replace("_", " "): number
            for name, number in counts.items()
            if name not in ("dry_run", "swept")
        }
        self.result(options, counts, table(words))
        if asked["asked"] and asked["asked"] == asked["unanswered"]:
            self.fail(
                ExitCode.UNKNOWN, "OSVI gave no answer. The calls stay as they are and are asked about again."
            )


def _limit(typed: str) -> int:
    limit = reading.whole_number(typed)
    if limit < 0:
        raise reading.Unreadable("Please give zero or more.")
    return limit


def _call_at_osvi(typed: str) -> CallLog:
    call = reading.call(typed)
    if call.status not in MAY_EXIST_AT_OSVI:
        raise reading.Unreadable(
            f"This call never left, so OSVI does not know it: {call.get_status_display()}."
        )
    return call


def _sweep(*, dry_run: bool) -> dict[str, int]:
    if not dry_run:
        return sweep()
    with transaction.atomic():
        counts = sweep()
        # The nudges wait for the commit, so they are undone with the rest.
        transaction.set_rollback(True)
    return counts


def _due(limit: int | None) -> list[int]:
    due = CallLog.objects.due_for_poll(timezone.now()).order_by("next_poll_at")
    return list(due.values_list("pk", flat=True)[:limit])


def _ask(pks: list[int], *, even_if_not_due: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    silences = 0
    for pk in pks:
        before = _standing(pk)
        last_event = CallEvent.objects.order_by("pk").values_list("pk", flat=True).last() or 0
        reconcile(pk, even_if_not_due=even_if_not_due)
        changed = _standing(pk) != before
        silent = not changed and _was_unanswered(pk, last_event)
        silences = silences + 1 if silent else 0
        counts.update({"asked": 1, "changed": changed, "unanswered": silent})
        if silences == SILENCES_BEFORE_GIVING_UP:
            break
    return counts


def _standing(pk: int) -> tuple[str, str, str]:
    return CallLog.objects.values_list("status", "outcome", "summary").get(pk=pk)


def _was_unanswered(call_pk: int, after_event: int) -> bool:
    """Whether a question ended without an answer that could be read: it left its failure as evidence."""
    notes = CallEvent.objects.filter(call_id=call_pk, pk__gt=after_event, source=EventSource.POLL)
    return any("elapsed_ms" in evidence for evidence in notes.values_list("evidence", flat=True))
