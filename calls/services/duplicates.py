"""The guard against ringing a person twice: a number rung just now, or maybe ringing, has to be confirmed."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import CharField, ExpressionWrapper, F, Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import MAY_STILL_RING, PICKED, CallStatus
from calls.models import CallLog
from calls.services.orders import CallOrder

FIELD = "confirmed_duplicate"
CODE = "duplicate"
# Calls that rang, or may have. A refused or cancelled call rang nobody.
_RANG = (CallStatus.FINISHED, CallStatus.NO_OUTCOME)
# More than a person would read.
_SHOWN = 5
# As the database has it: made into telephone numbers one by one, 50,000 would take seconds.
_AS_STORED = ExpressionWrapper(F("phone_number"), output_field=CharField())


def lock(number: PhoneNumber) -> None:
    """Let others who place a call to this number wait until the transaction ends.

    SQLite needs no lock: its transactions begin IMMEDIATE, so only one of them can be under way.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"call:{number.as_e164}"]
            )


def earlier_calls(number: PhoneNumber | str, at: datetime | None = None) -> list[CallLog]:
    """Return the calls that make another one to `number` at this time a duplicate, newest first."""
    found = CallLog.objects.filter(_makes_duplicate(at or timezone.now()), phone_number=number)
    return list(found.select_related("placed_by").order_by("-pk")[:_SHOWN])


def newest_by_number(numbers: Collection[str]) -> dict[str, int]:
    """Return, by number, the primary key of the newest call that makes another one now a duplicate."""
    calls = CallLog.objects.annotate(number=_AS_STORED).filter(number__in=numbers)
    found = calls.filter(_makes_duplicate(timezone.now())).order_by("pk")
    return dict(found.values_list("number", "pk"))


def _makes_duplicate(at: datetime) -> Q:
    since = at - timedelta(seconds=settings.CALL_DUPLICATE_WINDOW)
    rang_just_now = Q(status__in=_RANG) & (Q(sent_at__gt=since) | Q(finished_at__gt=since))
    osvi_rings_again = Q(
        status=CallStatus.FINISHED,
        next_poll_at__isnull=False,
        request__call_config_overrides__retry_config__enabled=True,
    ) & ~Q(outcome=PICKED)
    return Q(status__in=MAY_STILL_RING) | rang_just_now | osvi_rings_again


def refuse(order: CallOrder, number: PhoneNumber) -> None:
    """Raise ValidationError with code "duplicate" if this call has to be confirmed and is not.

    The error's params hold the earlier calls under "calls". A confirmation that names a call holds only as
    long as that call is the newest one: what came since was not seen by the person who confirmed.
    """
    if order.confirmed_duplicate is True:
        return
    calls = earlier_calls(number, order.scheduled_for)
    if calls and order.confirmed_duplicate != calls[0].reference:
        raise ValidationError({FIELD: ValidationError(sentence(calls[0]), CODE, {"calls": calls})})


def sentence(call: CallLog) -> str:
    """Say that the number of this call was rung, or may be ringing, in words that name nobody."""
    if call.status == CallStatus.SCHEDULED:
        words = _("A call to this number is scheduled for %(time)s already. Please confirm another one.")
        moment = call.scheduled_for
    elif call.status in MAY_STILL_RING:
        words = _("A call to this number, placed at %(time)s, has not ended. Please confirm another one.")
        moment = call.requested_at
    else:
        words = _("This number was called at %(time)s. Please confirm that it should be called again.")
        moment = call.finished_at or call.sent_at or call.requested_at
    local = timezone.localtime(moment)
    return words % {"time": f"{formats.date_format(local, 'j M Y')}, {local:%H:%M}"}
