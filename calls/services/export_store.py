"""The files of large exports: a folder of their own, kept for a week; and what dead workers left there."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.choices import ExportStatus
from calls.models import CallExport
from calls.services import nudge

KEPT_FOR = timedelta(days=7)
# Writing notes its progress every few seconds; a worker that is silent for so long counts as dead.
SILENT_AFTER = timedelta(minutes=5)
# An export of which workers die is not taken up for ever.
TAKEN_UP_WITHIN = timedelta(hours=1)
# Younger exports have a nudge of their own under way.
SETTLED_AFTER = timedelta(seconds=20)
# No export takes so long to write.
LEFTOVER_AFTER = timedelta(days=1)
_UNFINISHED = ".part"


def folder() -> Path:
    """Return the folder of the files, which only the console's own account may enter."""
    path = Path(settings.DATA_DIR) / "exports"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder in which a file grows, on the same disk as the finished ones; emptied in the end."""
    with TemporaryDirectory(dir=folder(), suffix=_UNFINISHED) as work:
        yield Path(work)


def keep(finished: Path, export: CallExport) -> str:
    """Put a file that is whole beside the others, under a name that nobody can guess. Returns the name."""
    name = f"{secrets.token_hex(16)}.{export.format}"
    finished.rename(folder() / name)
    return name


def delete(name: str) -> None:
    """Delete a file, if it is still there."""
    _path(name).unlink(missing_ok=True)


def file_of(export: CallExport) -> Path | None:
    """Return where the file of an export lies; None if it has none, or none any more."""
    path = _path(export.file_name)
    return path if export.file_name and path.is_file() else None


def kept_until(export: CallExport) -> datetime | None:
    """Return when the file of a finished export is deleted, or would be if it has none."""
    return export.finished_at + KEPT_FOR if export.finished_at else None


def _path(name: str) -> Path:
    # Only ever a name, so that nothing outside the folder is handed out or deleted.
    return folder() / Path(name).name


# --- The regular check ------------------------------------------------------------------------


def sweep(limit: int) -> int:
    """Take up what dead workers and lost nudges left, delete what is old. Returns how many exports were touched.

    Of each kind `limit` at most; the next run takes the rest.
    """
    return _take_up(limit) + _nudge_waiting(limit) + _delete_old(limit)


def _take_up(limit: int) -> int:
    """Let exports wait again whose worker died; one that was asked for long ago is given up instead."""
    now = timezone.now()
    silent = CallExport.objects.filter(status=ExportStatus.RUNNING, finished_at__lt=now - SILENT_AFTER)
    why = _("The file could not be finished: the worker stopped while writing it.")
    touched = 0
    for export in silent.order_by("pk")[:limit]:
        still = silent.filter(pk=export.pk)
        if export.requested_at > now - TAKEN_UP_WITHIN:
            touched += still.update(status=ExportStatus.WAITING, done=0, finished_at=None)
        else:
            touched += still.update(status=ExportStatus.FAILED, error=why, finished_at=now)
    return touched


def _nudge_waiting(limit: int) -> int:
    settled = timezone.now() - SETTLED_AFTER
    waiting = CallExport.objects.filter(status=ExportStatus.WAITING, requested_at__lt=settled)
    pks = list(waiting.order_by("pk").values_list("pk", flat=True)[:limit])
    for pk in pks:
        nudge.write_export(pk)
    return len(pks)


def _delete_old(limit: int) -> int:
    now = timezone.now()
    old = CallExport.objects.filter(finished_at__lt=now - KEPT_FOR).exclude(file_name="")
    exports = list(old.order_by("pk")[:limit])
    for export in exports:
        delete(export.file_name)
    CallExport.objects.filter(pk__in=[export.pk for export in exports]).update(file_name="")
    _delete_leftovers(now)
    return len(exports)


def _delete_leftovers(now: datetime) -> None:
    """Delete what dead workers left half written, and whole files of which no row knows."""
    for path in folder().iterdir():
        with suppress(FileNotFoundError):
            age = timedelta(seconds=now.timestamp() - path.stat().st_mtime)
            if path.suffix == _UNFINISHED and age > LEFTOVER_AFTER:
                shutil.rmtree(path, ignore_errors=True)
            elif path.suffix != _UNFINISHED and age > KEPT_FOR + LEFTOVER_AFTER:
                path.unlink()
