"""Ask now: a person wants to know what OSVI says about a call, before the next question is due."""

from django.utils import timezone
from django.utils.translation import gettext as _

from calls.choices import MAY_EXIST_AT_OSVI
from calls.models import CallLog
from calls.services import nudge


class NothingToAsk(Exception):
    """OSVI cannot know this call. `str(error)` is a sentence for staff."""


def may_ask(call: CallLog) -> bool:
    """Tell whether OSVI may know this call, so that asking makes sense."""
    return call.status in MAY_EXIST_AT_OSVI


def ask_now(call_pk: int) -> None:
    """Have a worker ask OSVI about this call at once. Pressing twice asks no more often than needed.

    Raises NothingToAsk for a call that never left, CallLog.DoesNotExist.
    """
    call = CallLog.objects.get(pk=call_pk)
    if not may_ask(call):
        raise NothingToAsk(_("This call was not sent, so OSVI knows nothing about it."))
    CallLog.objects.filter(pk=call.pk).update(next_poll_at=timezone.now())
    nudge.reconcile(call.pk)
