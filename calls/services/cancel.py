"""Cancel: works until the request left, and says so when it is too late."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import CANCELLABLE, CallStatus, EventSource
from calls.models import CallLog

if TYPE_CHECKING:
    from django.contrib.auth.models import User


# Handed over, and the end is not known: the only honest answer is that nothing can be taken back.
_OUT_OF_REACH = frozenset({CallStatus.SENDING, CallStatus.ACCEPTED, CallStatus.UNCONFIRMED})


class TooLate(Exception):
    """The call left already. `str(error)` is a sentence for staff."""


def cancel(call_pk: int, *, source: EventSource, by: "User | None" = None) -> CallLog:
    """Cancel a call that was not sent yet. Cancelling twice is fine.

    Raises TooLate when the request left already; nothing is changed then.
    """
    call = CallLog.objects.get(pk=call_pk)
    # Losing a race means that the status moved on: look again, it can only be scheduled → queued → sent.
    while call.status in CANCELLABLE:
        if call.move(
            CallStatus.CANCELLED, source=source, by=by, why=gettext_noop("Cancelled before it was sent.")
        ):
            return call
        call.refresh_from_db()
    if call.status == CallStatus.CANCELLED:
        return call
    raise TooLate(
        _("Too late to cancel: the call has already been handed to OSVI, which has no way to take it back.")
        if call.status in _OUT_OF_REACH
        else _("This call has ended already: %(status)s.") % {"status": call.get_status_display()}
    )
