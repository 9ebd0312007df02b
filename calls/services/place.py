"""Place: validate everything, write the row and its event, nudge the worker after commit."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import CallStatus, EventSource
from calls.models import CallEvent, CallLog
from calls.services import duplicates, nudge, orders, place_guards
from calls.services.orders import CallOrder, CheckedOrder
from calls.services.place_guards import Admission

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def place(
    order: CallOrder, *, source: EventSource, by: "User | None" = None, nudge_worker: bool = True
) -> tuple[CallLog, bool]:
    """Ask for one call. Returns the call, and whether it is new.

    An order with a form token that was seen before is not a second call: the first one is returned.
    A number that was rung just now, or may be ringing, has to be confirmed (see services.duplicates); one that
    must not be called is refused, and outside calling hours the call waits (see services.place_guards).
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
            # Whoever forbids calls to it either was faster, or finds the call that is written here.
            now = timezone.now()
            admission = place_guards.admit(order, checked, by=by, now=now)
            duplicates.refuse(replace(order, scheduled_for=admission.scheduled_for), checked.phone_number)
            call = _write(order, checked, admission, source=source, by=by, now=now)
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


def _write(
    order: CallOrder,
    checked: CheckedOrder,
    admission: Admission,
    *,
    source: EventSource,
    by: "User | None",
    now: datetime,
) -> CallLog:
    at = admission.scheduled_for
    call = CallLog(
        form_token=order.form_token,
        agent=order.agent,
        template=order.template,
        template_version=order.template_version
        or (order.template.current_version() if order.template else None),
        again_of=order.again_of,
        contact=order.contact,
        is_test=order.is_test,
        placed_by=by,
        person_name=order.person_name.strip(),
        phone_number=checked.phone_number,
        country=checked.country,
        purpose=admission.purpose,
        time_zone=order.time_zone,
        override_reason=admission.override_reason,
        status=CallStatus.SCHEDULED if at else CallStatus.QUEUED,
        status_reason=admission.why_it_waits,
        requested_at=now,
        scheduled_for=at,
        not_before=at,
        send_until=(at or now) + timedelta(seconds=settings.CALL_QUEUE_DEADLINE),
    )
    call.request = orders.with_reference(checked.request, call.reference)
    call.save(force_insert=True)
    CallEvent.objects.create(
        call=call,
        at=now,
        source=source,
        by=by,
        to_status=call.status,
        why=admission.why_it_waits or (_("Call scheduled.") if at else _("Call requested.")),
        evidence=admission.evidence,
    )
    if admission.override_reason:
        why = _("To be called whatever hours and caps say: %(reason)s") % {
            "reason": admission.override_reason
        }
        call.note(why, source=source, by=by)
    return call
