"""The files of call lists: the rows of each as they were read when it was uploaded, and what was seen of it then.

They hold names and numbers, so nobody but the console's own account may read them, and none is kept for long. The
upload itself is not kept: Excel files take long to read, and it was made sure already that each row can be.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import LIST_DRAFTS, LIST_ENDED, ListStatus
from calls.models import CallList, CallTemplate
from calls.services import list_columns
from calls.spreadsheets.reading import Rows, Seen, Sheet, open_sheet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# After the list has ended, or after the last thing that was done with a draft.
KEPT_FOR = timedelta(days=7)
# No upload takes so long to be read; what is older and belongs to no list was left by a process that died.
LEFTOVER_AFTER = timedelta(days=1)
GONE = _("The file of this list is not kept any more. Upload it again.")
_LONGEST_NAME = CallList._meta.get_field("name").max_length or 0
_LONGEST_FILE_NAME = CallList._meta.get_field("file_name").max_length or 0


def folder() -> Path:
    """Return the folder of the files, which only the console's own account may enter."""
    path = Path(settings.DATA_DIR) / "lists"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def begin(
    template: CallTemplate, file_name: str, content: File | bytes, by: "User | None", name: str = ""
) -> CallList:
    """Keep what an uploaded file holds and return its new list, whose columns are to be chosen; a guess stands in it.

    Raises Unreadable, whose text is a sentence for people; then nothing is kept.
    """
    stored_name = secrets.token_hex(16)
    try:
        with put_aside(content) as upload, _created(_path(stored_name)) as file:
            sheet = open_sheet(upload, file_name, keep=partial(_keep, file))
        seen = {part.name: getattr(sheet, part.name) for part in fields(Seen)}
        _write(_seen_path(_path(stored_name)), json.dumps(seen).encode())
        return _new_list(template, file_name, stored_name, sheet, by=by, name=name)
    except BaseException:
        delete(stored_name)
        raise


@transaction.atomic
def _new_list(
    template: CallTemplate, file_name: str, stored_name: str, sheet: Sheet, *, by: "User | None", name: str
) -> CallList:
    known = list_columns.remembered(template, sheet.sample[0])
    has_header = sheet.guessed_header or known is not None
    call_list = CallList.objects.create(
        name=(name.strip() or Path(file_name).stem.strip() or template.name)[:_LONGEST_NAME],
        template=template,
        country=template.country,
        created_by=by,
        file_name=Path(file_name).name[-_LONGEST_FILE_NAME:],
        stored_name=stored_name,
        has_header=has_header,
        header=sheet.header(has_header),
        mapping=list_columns.stored(known or list_columns.guessed(template, sheet.sample, has_header)),
        total=sheet.people(has_header),
    )
    call_list.note(_("The file was uploaded."), by=by, evidence={"rows": call_list.total})
    return call_list


@contextmanager
def put_aside(content: File | bytes) -> Iterator[Path]:
    """A private copy of an uploaded file, for as long as it is read."""
    name = secrets.token_hex(16)
    try:
        _write(_path(name), content)
        yield _path(name)
    finally:
        delete(name)


def sheet(call_list: CallList) -> Sheet | None:
    """Return a list's file, as it was found when it was uploaded; None if it is there no more."""
    if not has_file(call_list):
        return None
    path = _path(call_list.stored_name)
    try:
        return Sheet(**json.loads(_seen_path(path).read_text()), read=partial(_kept_rows, path))
    except FileNotFoundError:
        return None


def _keep(file: BinaryIO, line: int, cells: list[str]) -> None:
    file.write(json.dumps([line, cells]).encode() + b"\n")


def _kept_rows(path: Path) -> Rows:
    with path.open("rb") as file:
        for row in file:
            line, cells = json.loads(row)
            yield line, cells


def has_file(call_list: CallList) -> bool:
    return bool(call_list.stored_name) and _path(call_list.stored_name).is_file()


def delete(name: str) -> None:
    """Delete a stored file, and what was seen of it, if they are still there."""
    if name:
        _path(name).unlink(missing_ok=True)
        _seen_path(_path(name)).unlink(missing_ok=True)


def _path(name: str) -> Path:
    # Only ever a name, so that nothing outside the folder is read or deleted.
    return folder() / Path(name).name


def _seen_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _write(path: Path, content: File | bytes) -> None:
    pieces = [content] if isinstance(content, bytes) else content.chunks()
    with _created(path) as file:
        for piece in pieces:
            file.write(piece)


def _created(path: Path) -> BinaryIO:
    return open(path, "xb", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# --- The regular check ------------------------------------------------------------------------


def sweep(limit: int) -> int:
    """Delete the files of lists that have ended, of drafts that were left, and of no list. Returns how many lists."""
    before = timezone.now() - KEPT_FOR
    ended = Q(status__in=LIST_ENDED) & (
        Q(finished_at__lt=before) | Q(finished_at=None, created_at__lt=before)
    )
    left = Q(status__in=LIST_DRAFTS, created_at__lt=before) & (Q(checked_at=None) | Q(checked_at__lt=before))
    old = CallList.objects.filter(ended | left).exclude(stored_name="")
    lists = list(old.order_by("pk")[:limit])
    for call_list in lists:
        _forget(call_list)
    _delete_leftovers(timezone.now())
    return len(lists)


def _forget(call_list: CallList) -> None:
    why = _("The file was deleted because nothing was done with it for 7 days. Upload it again.")
    delete(call_list.stored_name)
    mine = CallList.objects.filter(pk=call_list.pk)
    mine.update(stored_name="")
    # Without its file, nothing can be done any more with a list that was not checked.
    unread = mine.filter(status__in=[ListStatus.MAPPING, ListStatus.CHECKING])
    unread.update(status=ListStatus.FAILED, status_reason=why)


def _delete_leftovers(now: datetime) -> None:
    """Delete files of which no list knows, such as those of a process that died while it read one."""
    for path in folder().iterdir():
        with suppress(FileNotFoundError):
            age = timedelta(seconds=now.timestamp() - path.stat().st_mtime)
            if age > LEFTOVER_AFTER and not CallList.objects.filter(stored_name=path.stem).exists():
                path.unlink()
