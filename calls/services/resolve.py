"""Resolve: a person says what became of a call that nobody could confirm."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import CallStatus, EventSource
from calls.models import CallLog
from calls.services import nudge

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class NotUnconfirmed(Exception):
    """There is nothing to resolve any more. `str(error)` is a sentence for staff."""


def it_rang(call_pk: int, *, by: "User | None", source: EventSource = EventSource.PERSON) -> CallLog:
    """Record a person's word that the call rang; the console goes on asking OSVI for its outcome.

    Raises NotUnconfirmed if the call is not (or no longer) unconfirmed.
    """
    now = timezone.now()
    call = _resolve(
        call_pk,
        CallStatus.ACCEPTED,
        gettext_noop("Somebody says that it rang."),
        by=by,
        source=source,
        next_poll_at=now,
        # People decide late: without a new deadline the next sweep would close the call unasked.
        outcome_due_at=now + timedelta(seconds=settings.CALL_OUTCOME_DEADLINE),
    )
    nudge.reconcile(call.pk)
    return call


def it_did_not_ring(call_pk: int, *, by: "User | None", source: EventSource = EventSource.PERSON) -> CallLog:
    """Record a person's word that nobody was rung; the call ends.

    Raises NotUnconfirmed if the call is not (or no longer) unconfirmed.
    """
    return _resolve(
        call_pk,
        CallStatus.NOT_PLACED,
        gettext_noop("Somebody says that it did not ring."),
        by=by,
        source=source,
        next_poll_at=None,
    )


def _resolve(
    call_pk: int, to: CallStatus, why: str, *, by: "User | None", source: EventSource, **fields: Any
) -> CallLog:
    call = CallLog.objects.get(pk=call_pk)
    if call.status != CallStatus.UNCONFIRMED or not call.move(to, source=source, by=by, why=why, **fields):
        call.refresh_from_db()
        raise NotUnconfirmed(
            _("This call is no longer unconfirmed. It now says: %(status)s.")
            % {"status": call.get_status_display()}
        )
    return call
