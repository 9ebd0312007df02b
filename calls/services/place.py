"""Place: validate everything, write the row and its event, nudge the worker after commit."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import CallStatus, EventSource
from calls.models import CallEvent, CallLog
from calls.services import duplicates, nudge, orders
from calls.services.orders import CallOrder, CheckedOrder

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def place(
    order: CallOrder, *, source: EventSource, by: "User | None" = None, nudge_worker: bool = True
) -> tuple[CallLog, bool]:
    """Ask for one call. Returns the call, and whether it is new.

    An order with a form token that was seen before is not a second call: the first one is returned.
    A number that was rung just now, or may be ringing, has to be confirmed (see services.duplicates).
    `nudge_worker` False leaves the sending to the caller (services.dispatch).
    Raises ValidationError with a dictionary of order field → sentences; nothing is written then.
    """
    earlier = _placed_with(order)
    if earlier is not None:
        return earlier, False
    checked = orders.check(order)
    try:
        with transaction.atomic():
            duplicates.lock(checked.phone_number)
            # Only now it is certain that nobody else is placing a call to this number.
            earlier = _placed_with(order)
            if earlier is not None:
                return earlier, False
            duplicates.refuse(order, checked.phone_number)
            call = _write(order, checked, source=source, by=by)
    except IntegrityError:
        # Two submissions of one form at the same moment: the constraint let one through.
        earlier = _placed_with(order)
        if earlier is None:
            raise
        return earlier, False
    if nudge_worker and call.status == CallStatus.QUEUED:
        nudge.dispatch(call.pk)
    return call, True


def _placed_with(order: CallOrder) -> CallLog | None:
    if order.form_token is None:
        return None
    return CallLog.objects.filter(form_token=order.form_token).first()


def _write(order: CallOrder, checked: CheckedOrder, *, source: EventSource, by: "User | None") -> CallLog:
    now = timezone.now()
    scheduled = order.scheduled_for is not None
    call = CallLog(
        form_token=order.form_token,
        agent=order.agent,
        template=order.template,
        template_version=order.template_version
        or (order.template.current_version() if order.template else None),
        again_of=order.again_of,
        is_test=order.is_test,
        placed_by=by,
        person_name=order.person_name.strip(),
        phone_number=checked.phone_number,
        country=checked.country,
        status=CallStatus.SCHEDULED if scheduled else CallStatus.QUEUED,
        requested_at=now,
        scheduled_for=order.scheduled_for,
        not_before=order.scheduled_for,
        send_until=(order.scheduled_for or now) + timedelta(seconds=settings.CALL_QUEUE_DEADLINE),
    )
    call.request = orders.with_reference(checked.request, call.reference)
    call.save(force_insert=True)
    CallEvent.objects.create(
        call=call,
        at=now,
        source=source,
        by=by,
        to_status=call.status,
        why=_("Call scheduled.") if scheduled else _("Call requested."),
    )
    return call
