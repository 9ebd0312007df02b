"""`manage.py replay_deliveries`: apply stored messages from OSVI once more."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import QuerySet

from calls.choices import REFUSED_VERDICTS, EventSource, Verdict
from calls.management import reading
from calls.management.output import ExitCode, InvalidOptions, OperationsCommand, table
from calls.models import WebhookDelivery
from calls.services import deliveries


class Command(OperationsCommand):
    help = (
        "Apply stored deliveries again. What was applied before changes nothing. Filters narrow one another."
    )

    def add_options(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--id", action="append", metavar="N", help="this delivery; may be repeated")
        add("--verdict", metavar="VERDICT", help=f"those with this verdict: {', '.join(Verdict.values)}")
        add("--since", metavar="TIME", help="those received at or after this time (ISO 8601)")
        add("--until", metavar="TIME", help="those received before this time (ISO 8601)")
        add("--all", action="store_true", help="every delivery")
        add("--dry-run", action="store_true", help="count by present verdict; apply nothing")

    def run(self, options: dict[str, Any]) -> None:
        chosen = _choose(options)
        refused = _per_verdict(chosen.filter(verdict__in=REFUSED_VERDICTS))
        chosen = chosen.exclude(verdict__in=REFUSED_VERDICTS)
        verdicts = _per_verdict(chosen) if options["dry_run"] else _replay(chosen)
        counts = {
            "dry_run": options["dry_run"],
            "replayed": 0 if options["dry_run"] else sum(verdicts.values()),
            "verdicts": dict(verdicts),
            "skipped": dict(refused),
        }
        self.result(options, counts, _lines(verdicts, refused, dry_run=options["dry_run"]))
        if not options["dry_run"] and verdicts[Verdict.FAILED]:
            self.fail(
                ExitCode.FAILED,
                f"{verdicts[Verdict.FAILED]} could not be applied; each of them keeps the reason.",
            )


def _choose(options: dict[str, Any]) -> QuerySet[WebhookDelivery]:
    """Return the deliveries that all filters allow. Raises InvalidOptions; also without any filter."""
    problems = reading.Problems()
    found = WebhookDelivery.objects.order_by("pk")
    filters: dict[str, Any] = {
        "pk__in": _ids(options["id"], problems),
        "verdict": problems.read("verdict", _verdict, options["verdict"]),
        "received_at__gte": problems.read("since", reading.moment, options["since"]),
        "received_at__lt": problems.read("until", reading.moment, options["until"]),
    }
    problems.raise_if_any()
    filters = {name: value for name, value in filters.items() if value is not None}
    if bool(filters) == options["all"]:
        sentence = "Say which deliveries: --id, --verdict, --since, --until; or --all alone for every one."
        raise InvalidOptions({"all": [sentence]})
    if _is_empty_range(filters.get("received_at__gte"), filters.get("received_at__lt")):
        raise InvalidOptions({"until": ["This is not later than --since."]})
    return found.filter(**filters)


def _ids(typed: list[str] | None, problems: reading.Problems) -> list[int] | None:
    if not typed:
        return None
    read = (problems.read("id", reading.whole_number, one) for one in typed)
    ids = {one for one in read if one is not None}
    known = set(WebhookDelivery.objects.filter(pk__in=ids).values_list("pk", flat=True))
    for unknown in sorted(ids - known):
        problems.add("id", f"There is no delivery {unknown}.")
    return sorted(known)


def _verdict(typed: str) -> Verdict:
    try:
        return Verdict(typed)
    except ValueError as error:
        raise reading.Unreadable(f"Use one of: {', '.join(Verdict.values)}.") from error


def _is_empty_range(since: datetime | None, until: datetime | None) -> bool:
    return since is not None and until is not None and until <= since


def _per_verdict(chosen: QuerySet[WebhookDelivery]) -> Counter[str]:
    return Counter(chosen.order_by().values_list("verdict", flat=True).iterator())


def _replay(chosen: QuerySet[WebhookDelivery]) -> Counter[str]:
    """Replay oldest first, so that every call hears its news in the order in which it came."""
    pks = list(chosen.values_list("pk", flat=True))
    return Counter(str(deliveries.replay(pk, by=None, source=EventSource.COMMAND)) for pk in pks)


def _lines(verdicts: Counter[str], refused: Counter[str], *, dry_run: bool) -> list[str]:
    doing = "would be replayed, now" if dry_run else "replayed, now"
    rows = {f"{doing} {verdict}": number for verdict, number in sorted(verdicts.items())}
    rows |= {f"skipped, refused as {verdict}": number for verdict, number in sorted(refused.items())}
    return table(rows) or ["No delivery fits."]
