"""Exports of the list of calls: who may have which, and asking for one. Small ones are made at once."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.choices import ExportFormat, ExportStatus
from calls.models import CallExport, CallLog, CallTemplate
from calls.services import export_store, nudge
from calls.services.export_files import WRITERS, csv_pieces
from calls.services.export_rows import Content, Table

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

# Up to so many calls are written while the person waits.
DIRECT_ROWS = 1_000
UNDER_WAY = frozenset({ExportStatus.WAITING, ExportStatus.RUNNING})


class NotPossible(Exception):
    """This export cannot be made; the message is a sentence for its owner."""


@dataclass(frozen=True)
class Selected:
    """The calls of a list, and the one template to which it is narrowed, if it is."""

    calls: QuerySet[CallLog]
    template: CallTemplate | None = None


Select = Callable[[str, "User"], Selected]
_registered: list[Select] = []


def selected_by(function: Select) -> Select:
    """Register what knows which calls the list shows for a query string to a person; it may raise NotPossible.

    The list's own screen registers it, so that an export holds the very rows of the list.
    """
    _registered[:] = [function]
    return function


def select(query: str, person: "User") -> Selected:
    """Return what the list shows `person` for `query`. Raises NotPossible for filters that cannot be read."""
    return _registered[0](query, person)


def counted(calls: QuerySet[CallLog]) -> tuple[int, bool]:
    """Return the number of calls, counted up to DIRECT_ROWS, and whether there are more."""
    found = calls.order_by()[: DIRECT_ROWS + 1].count()
    return min(found, DIRECT_ROWS), found > DIRECT_ROWS


def may_have(person: "User | None", export: CallExport) -> bool:
    """Tell whether `person` holds, at this moment, every permission that this export needs."""
    verbs = ["view_calllog", "export_calls"]
    if export.full_numbers:
        verbs.append("reveal_number")
    if export.with_conversation:
        verbs.append("view_conversation")
    allowed = person is not None and person.is_active and person.is_staff
    return allowed and person is not None and person.has_perms([f"calls.{verb}" for verb in verbs])


def begin(export: CallExport) -> None:
    """Save a new export and have a worker write it. Raises NotPossible while another of its owner is under way."""
    if CallExport.objects.filter(by=export.by, status__in=UNDER_WAY).exists():
        raise NotPossible(_("Another export of yours is still being written. Wait until it is ready."))
    export.save()
    _log(export)
    nudge.write_export(export.pk, translation.get_language() or "")


def try_again(export: CallExport) -> bool:
    """Have a worker write an export that failed. Returns False, changing nothing, if it has not failed."""
    failed = CallExport.objects.filter(pk=export.pk, status=ExportStatus.FAILED)
    again = failed.update(
        status=ExportStatus.WAITING,
        requested_at=timezone.now(),
        finished_at=None,
        done=0,
        error="",
        seen_at=None,
    )
    if again:
        nudge.write_export(export.pk, translation.get_language() or "")
    return bool(again)


def at_once(export: CallExport, selected: Selected, rows: int) -> Iterator[bytes] | IO[bytes]:
    """Keep a small export on record and return its content: pieces of CSV, or an open Excel file."""
    table = table_of(export, selected)
    chunks = table.chunks(selected.calls)
    content: Iterator[bytes] | IO[bytes]
    if export.format == ExportFormat.CSV:
        content = csv_pieces(table.headings, chunks)
    else:
        content = TemporaryFile(dir=export_store.folder())  # noqa: SIM115 (the answer closes it)
        with export_store.workplace() as work:
            WRITERS[export.format](content, table.headings, chunks, str(work))
        content.seek(0)
    export.status, export.total, export.done = ExportStatus.READY, rows, rows
    export.finished_at = export.seen_at = timezone.now()
    export.save()
    _log(export)
    return content


def table_of(export: CallExport, selected: Selected) -> Table:
    """Return the columns that this export has."""
    return Table(
        Content(
            full_numbers=export.full_numbers,
            with_conversation=export.with_conversation,
            template=selected.template,
        )
    )


def _log(export: CallExport) -> None:
    logger.info(
        "Export %s of calls for user %s: full numbers %s, conversations %s.",
        export.reference,
        export.by_id,
        export.full_numbers,
        export.with_conversation,
    )
