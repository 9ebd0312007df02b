"""Recording: a fresh link for one listener. The link works for whoever holds it, so it is never kept."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from calls.choices import PICKED, EventSource
from calls.models import CallLog
from calls.osvi.client import OsviClient, get_client
from calls.osvi.errors import NotFound, OsviError

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class NoRecording(Exception):
    """There is nothing to play now. `str(error)` is a sentence for staff."""


def has_recording(call: CallLog) -> bool:
    """Tell whether OSVI may have a recording: of answered calls whose id is known."""
    return call.outcome == PICKED and bool(call.call_id or call.call_log_id)


def fresh_link(call: CallLog, *, by: "User | None", client: OsviClient | None = None) -> str:
    """Ask OSVI for a link to the recording and note on the timeline who listens.

    The link must not be stored or logged. Raises NoRecording, also when OSVI cannot be asked.
    """
    if not has_recording(call):
        raise NoRecording(_("Only answered calls have a recording."))
    link = _ask(client or get_client(), call)
    call.note(_("The recording was opened."), source=EventSource.PERSON, by=by)
    return link


def _ask(client: OsviClient, call: CallLog) -> str:
    try:
        return client.get_recording(call.call_id or call.call_log_id).url
    except NotFound as error:
        raise NoRecording(
            _(
                "OSVI has no recording of this call. It may still be being written; try again in a few minutes."
            )
        ) from error
    except OsviError as error:
        raise NoRecording(
            _("The recording could not be fetched. %(problem)s") % {"problem": error}
        ) from error
