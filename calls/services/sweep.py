"""Sweep: the regular check that makes lost nudges and dead workers harmless. It never sends anything itself."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import CallStatus, EventSource
from calls.models import CallLog, WebhookDelivery
from calls.services import (
    campaigns,
    do_not_call_sweep,
    export_store,
    list_advance,
    list_check,
    notice_mail,
    nudge,
    sending,
)

# So many rows of each kind per run; the next run takes the rest.
BATCH = 1_000
# A worker that sends is given the network's time limits and this before it counts as dead.
GRACE = timedelta(seconds=60)
# Younger rows have a nudge of their own under way.
SETTLED_AFTER = timedelta(seconds=20)


def sweep() -> dict[str, int]:
    """Do all that is due. Returns how many rows of each kind were touched."""
    return {
        "given_up": _give_up_unsent(),
        "due": _queue_scheduled(),
        "unconfirmed": _park_stale_sending(),
        "no_outcome": _close_overdue(),
        "nudged": _nudge_waiting(),
        "asked": _nudge_missed_questions(),
        "deliveries": _nudge_deliveries(),
        "exports": export_store.sweep(BATCH),
        "do_not_call": do_not_call_sweep.sweep(),
        "checks": list_check.sweep(BATCH),
        "campaigns": campaigns.sweep(BATCH),
        "mails": notice_mail.sweep(),
        "lists": list_advance.mend(timezone.now()),
    }


def _queue_scheduled() -> int:
    due = CallLog.objects.filter(status=CallStatus.SCHEDULED, scheduled_for__lte=timezone.now()).order_by(
        "pk"
    )[:BATCH]
    moved = 0
    for call in due:
        if call.move(CallStatus.QUEUED, source=EventSource.SWEEP, why=_("Its time has come.")):
            nudge.dispatch(call.pk)
            moved += 1
    return moved


def _give_up_unsent() -> int:
    late = CallLog.objects.filter(status=CallStatus.QUEUED, send_until__lte=timezone.now()).order_by("pk")[
        :BATCH
    ]
    why = _("It could not be sent in time, so it was given up. Nobody was rung.")
    return sum(call.move(CallStatus.BLOCKED, source=EventSource.SWEEP, why=why) for call in late)


def stale_sending_before() -> timedelta:
    """Return the age at which a call in "sending" has certainly lost its worker."""
    limits = settings.OSVI_CONNECT_TIMEOUT + settings.OSVI_READ_TIMEOUT
    return timedelta(seconds=limits) + GRACE


def _park_stale_sending() -> int:
    now = timezone.now()
    stale = CallLog.objects.filter(
        status=CallStatus.SENDING, sent_at__lt=now - stale_sending_before()
    ).order_by("pk")[:BATCH]
    why = _(
        "The worker stopped while it was sending this call. It may have rung, so it is not sent again; "
        "OSVI is asked about it."
    )
    return sum(
        call.move(CallStatus.UNCONFIRMED, source=EventSource.SWEEP, why=why, next_poll_at=now)
        for call in stale
    )


def _close_overdue() -> int:
    # A question still planned is asked first: after an outage OSVI may know what nobody has asked yet.
    overdue = CallLog.objects.filter(
        status=CallStatus.ACCEPTED, outcome_due_at__lt=timezone.now(), next_poll_at=None
    ).order_by("pk")[:BATCH]
    why = _("OSVI accepted this call but never said what came of it.")
    return sum(call.move(CallStatus.NO_OUTCOME, source=EventSource.SWEEP, why=why) for call in overdue)


def _nudge_waiting() -> int:
    if sending.is_paused():
        return 0
    now = timezone.now()
    waiting = CallLog.objects.ready_to_send(now).filter(requested_at__lt=now - SETTLED_AFTER)
    pks = list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])
    for pk in pks:
        nudge.dispatch(pk)
    return len(pks)


def nudge_questions(second: int) -> int:
    """Have the workers ask OSVI about the calls whose next question falls into the second that ends now.

    `second` is its end in seconds since 1970. Only that second, so that a backlog is not queued again and
    again; what was missed is found by the regular check. Returns how many.
    """
    end = datetime.fromtimestamp(second, UTC)
    return _nudge_each(
        CallLog.objects.filter(next_poll_at__gt=end - timedelta(seconds=1), next_poll_at__lte=end)
    )


def _nudge_missed_questions() -> int:
    return _nudge_each(CallLog.objects.due_for_poll(timezone.now()))


def _nudge_each(due: QuerySet[CallLog]) -> int:
    pks = list(due.order_by("next_poll_at").values_list("pk", flat=True)[:BATCH])
    for pk in pks:
        nudge.reconcile(pk)
    return len(pks)


def _nudge_deliveries() -> int:
    settled = timezone.now() - SETTLED_AFTER
    waiting = WebhookDelivery.objects.waiting().filter(received_at__lt=settled)
    pks = list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])
    for pk in pks:
        nudge.apply_delivery(pk)
    return len(pks)
