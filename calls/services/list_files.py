"""The files of call lists: a folder of their own, and what was seen of each when it was uploaded.

They hold names and numbers, so nobody but the console's own account may read them, and none is kept for long.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import LIST_DRAFTS, LIST_ENDED, ListStatus
from calls.models import CallList, CallTemplate
from calls.services import list_columns
from calls.spreadsheets.cells import column_letters
from calls.spreadsheets.limits import Unreadable
from calls.spreadsheets.reading import Sheet, open_sheet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# After the list has ended, or after the last thing that was done with a draft.
KEPT_FOR = timedelta(days=7)
# No upload takes so long to be read; what is older and belongs to no list was left by a process that died.
LEFTOVER_AFTER = timedelta(days=1)
# More than anybody reads on the page that asks what the columns mean.
_SHOWN = 6
_LONGEST_NAME = CallList._meta.get_field("name").max_length or 0
_LONGEST_FILE_NAME = CallList._meta.get_field("file_name").max_length or 0


@dataclass(frozen=True)
class Head:
    """What people need to see of a file to say what its columns mean, without reading it again.

    `sample` holds the first rows, headings included; `rows` counts those too.
    """

    kind: str
    encoding: str
    delimiter: str
    guessed_header: bool
    sample: list[list[str]]
    width: int
    rows: int
    notes: list[str]

    def header(self, has_header: bool) -> list[str]:
        """Return the headings; without any, the letters of the columns as spreadsheet programs show them."""
        return (
            list(self.sample[0]) if has_header else [column_letters(number) for number in range(self.width)]
        )

    def people(self, has_header: bool) -> int:
        return self.rows - int(has_header)

    def shown(self, has_header: bool) -> list[list[str]]:
        """Return the first rows with people."""
        return self.sample[int(has_header) :][:_SHOWN]


def folder() -> Path:
    """Return the folder of the files, which only the console's own account may enter."""
    path = Path(settings.DATA_DIR) / "lists"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def begin(
    template: CallTemplate, file_name: str, content: File | bytes, by: "User | None", name: str = ""
) -> CallList:
    """Keep an uploaded file and return its new list, whose columns are to be chosen; a guess stands in it.

    Raises Unreadable, whose text is a sentence for people; then nothing is kept.
    """
    stored_name = secrets.token_hex(16)
    path = _path(stored_name)
    try:
        _write(path, content)
        head = _head_of(open_sheet(path, file_name))
        _write(_head_path(stored_name), json.dumps(asdict(head)).encode())
        return _new_list(template, file_name, stored_name, head, by=by, name=name)
    except BaseException:
        delete(stored_name)
        raise


@transaction.atomic
def _new_list(
    template: CallTemplate, file_name: str, stored_name: str, head: Head, *, by: "User | None", name: str
) -> CallList:
    known = list_columns.remembered(template, head.sample[0])
    has_header = head.guessed_header or known is not None
    call_list = CallList.objects.create(
        name=(name.strip() or Path(file_name).stem.strip() or template.name)[:_LONGEST_NAME],
        template=template,
        country=template.country,
        created_by=by,
        file_name=Path(file_name).name[-_LONGEST_FILE_NAME:],
        stored_name=stored_name,
        has_header=has_header,
        header=head.header(has_header),
        mapping=list_columns.stored(known or list_columns.guessed(template, head.sample, has_header)),
        total=head.people(has_header),
    )
    call_list.note(_("The file was uploaded."), by=by, evidence={"rows": call_list.total})
    return call_list


def _head_of(sheet: Sheet) -> Head:
    return Head(
        kind=sheet.kind,
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        guessed_header=sheet.guessed_header,
        sample=sheet.sample,
        width=sheet.width,
        rows=sheet.count(),
        notes=list(sheet.notes),
    )


@contextmanager
def put_aside(content: File | bytes) -> Iterator[Path]:
    """A private copy of an uploaded file, for as long as it is read."""
    name = secrets.token_hex(16)
    try:
        _write(_path(name), content)
        yield _path(name)
    finally:
        delete(name)


def sheet(call_list: CallList) -> Sheet:
    """Return the file of a list, ready to be read. Raises Unreadable if it is there no more."""
    path = _path(call_list.stored_name)
    if not has_file(call_list):
        raise Unreadable(_("The file of this list is not kept any more. Upload it again."))
    return open_sheet(path, call_list.file_name)


def head(call_list: CallList) -> Head | None:
    """Return what was seen of a list's file; None if the file is there no more."""
    if not has_file(call_list):
        return None
    try:
        return Head(**json.loads(_head_path(call_list.stored_name).read_text()))
    except FileNotFoundError:
        return None


def has_file(call_list: CallList) -> bool:
    return bool(call_list.stored_name) and _path(call_list.stored_name).is_file()


def delete(name: str) -> None:
    """Delete a stored file, and what was seen of it, if they are still there."""
    if name:
        _path(name).unlink(missing_ok=True)
        _head_path(name).unlink(missing_ok=True)


def _path(name: str) -> Path:
    # Only ever a name, so that nothing outside the folder is read or deleted.
    return folder() / Path(name).name


def _head_path(name: str) -> Path:
    return _path(name).with_suffix(".json")


def _write(path: Path, content: File | bytes) -> None:
    pieces = [content] if isinstance(content, bytes) else content.chunks()
    with open(path, "xb", opener=_private) as file:
        for piece in pieces:
            file.write(piece)


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
