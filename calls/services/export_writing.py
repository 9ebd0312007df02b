"""Writing a large export, in a worker: chunk by chunk, its progress on its row, its file whole or not at all."""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.choices import ExportStatus
from calls.models import CallExport
from calls.services import export_store
from calls.services.export_files import WRITERS
from calls.services.export_rows import Row, Table
from calls.services.exports import NotPossible, Selected, may_have, select, table_of

logger = logging.getLogger(__name__)


class _Overtaken(Exception):
    """Another worker has taken this export up, so this one must leave it alone."""


def write(export_pk: int, language: str = "") -> None:
    """Write a waiting export, in `language` or the console's own; what goes wrong is said on its row."""
    waiting = CallExport.objects.filter(pk=export_pk, status=ExportStatus.WAITING)
    # While an export is written, finished_at says when it last got on.
    if not waiting.update(status=ExportStatus.RUNNING, done=0, finished_at=timezone.now()):
        return
    export = CallExport.objects.select_related("by").get(pk=export_pk)
    with translation.override(language or settings.LANGUAGE_CODE):
        try:
            _write(export)
        except _Overtaken:
            logger.warning("Export %s was taken up by another worker.", export.reference)
        except NotPossible as reason:
            _fail(export, str(reason))
        except Exception:
            # Whatever it was, its owner has to hear of it.
            logger.exception("Export %s could not be written.", export.reference)
            _fail(export, _("Something went wrong while the file was written."))


def _write(export: CallExport) -> None:
    if export.by is None or not may_have(export.by, export):
        raise NotPossible(_("You no longer have the permissions that this export needs."))
    selected = select(export.query, export.by)
    _note(export, total=selected.calls.order_by().count())
    table = table_of(export, selected)
    with export_store.workplace() as work:
        unfinished = work / "export"
        with open(unfinished, "xb", opener=_private) as file:
            WRITERS[export.format](file, table.headings, _noting(export, table, selected), str(work))
            file.flush()
            # Whole on the disk before the row says so, also after a power cut.
            os.fsync(file.fileno())
        name = export_store.keep(unfinished, export)
    try:
        _note(export, status=ExportStatus.READY, file_name=name, total=export.done)
    except _Overtaken:
        export_store.delete(name)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _noting(export: CallExport, table: Table, selected: Selected) -> Iterator[list[Row]]:
    """Yield the table's chunks, and note each as done when the next is asked for."""
    for rows in table.chunks(selected.calls):
        yield rows
        _note(export, done=export.done + len(rows))


def _note(export: CallExport, **fields: object) -> None:
    """Save progress. Raises _Overtaken if the row is no longer as this worker left it."""
    mine = CallExport.objects.filter(pk=export.pk, status=ExportStatus.RUNNING, done=export.done)
    if not mine.update(finished_at=timezone.now(), **fields):
        raise _Overtaken
    for name, value in fields.items():
        setattr(export, name, value)


def _fail(export: CallExport, error: str) -> None:
    with suppress(_Overtaken):
        _note(export, status=ExportStatus.FAILED, error=error)
