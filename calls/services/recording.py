"""Recording: piece by piece for one listener, each by a fresh link that is never kept. Who listens is logged."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import PICKED, Disclosed, EventSource
from calls.models import CallLog
from calls.osvi import recordings
from calls.osvi.client import OsviClient, get_client
from calls.osvi.errors import NotFound, OsviError
from calls.osvi.recordings import BeyondTheEnd, Piece
from calls.services import disclosure

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = ["BeyondTheEnd", "NoRecording", "Piece", "has_recording", "piece"]


class NoRecording(Exception):
    """There is nothing to play now. `str(error)` is a sentence for staff; `is_missing`: OSVI has none."""

    def __init__(self, sentence: str, *, is_missing: bool) -> None:
        super().__init__(sentence)
        self.is_missing = is_missing


def has_recording(call: CallLog) -> bool:
    """Tell whether OSVI may have a recording: of answered calls whose id is known."""
    return call.outcome == PICKED and bool(call.call_id or call.call_log_id)


def piece(
    call: CallLog, start: int, end: int | None, *, by: "User", client: OsviClient | None = None
) -> Piece:
    """Return the bytes `start` to `end` (None: as many as one piece holds) of the recording, and log who listens.

    Raises NoRecording, also when OSVI cannot be asked; BeyondTheEnd.
    """
    if not has_recording(call):
        raise NoRecording(_("Only answered calls have a recording."), is_missing=True)
    found = _fetch(client or get_client(), call, start, end)
    _log(call, by)
    return found


def _log(call: CallLog, by: "User") -> None:
    """Log who listens, once an hour, although a browser asks for several pieces at a time."""
    if disclosure.was_noted(call, by, Disclosed.RECORDING):
        return
    with transaction.atomic():
        CallLog.objects.select_for_update(of=("self",)).only("pk").get(pk=call.pk)
        if disclosure.note(call, by, Disclosed.RECORDING):
            call.note(gettext_noop("The recording was played."), source=EventSource.PERSON, by=by)


def _fetch(client: OsviClient, call: CallLog, start: int, end: int | None) -> Piece:
    try:
        link = client.get_recording(call.call_id or call.call_log_id).url
        return recordings.fetch_piece(
            link,
            start,
            end,
            allow_private=settings.OSVI_ALLOW_PRIVATE_ADDRESSES,
            connect_timeout=settings.OSVI_CONNECT_TIMEOUT,
            read_timeout=settings.OSVI_READ_TIMEOUT,
        )
    except NotFound:
        problem = NoRecording(
            _(
                "OSVI has no recording of this call. It may still be being written; try again in a few minutes."
            ),
            is_missing=True,
        )
    except OsviError as error:
        sentence = _("The recording could not be fetched. %(problem)s") % {"problem": error}
        problem = NoRecording(sentence, is_missing=False)
    # Raised here and not in the handler: what was caught leads to frames that hold the link.
    raise problem
