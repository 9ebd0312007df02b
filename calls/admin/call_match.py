"""Messages that belong to no known call, offered on the page of a call that still waits for its outcome."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest
from phonenumber_field.phonenumber import PhoneNumber
from phonenumbers import NumberParseException

from calls.admin.permissions import has_verb
from calls.choices import CallStatus, Verdict
from calls.models import CallLog, WebhookDelivery
from calls.services import deliveries

WITHOUT_OUTCOME = frozenset({CallStatus.ACCEPTED, CallStatus.UNCONFIRMED, CallStatus.NO_OUTCOME})
# Each message has to be read to know whom it is about, so only the newest are.
_READ, _SHOWN = 20, 5
_LARGEST = 100_000
# OSVI's clock and ours may differ by so much.
_BEFORE = timedelta(minutes=2)


@dataclass(frozen=True)
class Stray:
    """A message that may be about the call; `names_number`: it names the call's own number."""

    delivery: WebhookDelivery
    names_number: bool


def strays(request: HttpRequest, call: CallLog) -> list[Stray]:
    """Return the newest unmatched messages since the call was sent, those that name its number first.

    Messages that name another number are left out. Empty for people who may not match deliveries.
    """
    may = has_verb(request, "match_delivery") and has_verb(request, "view_webhookdelivery")
    if not may or call.status not in WITHOUT_OUTCOME:
        return []
    since = (call.sent_at or call.requested_at) - _BEFORE
    unmatched = WebhookDelivery.objects.filter(
        verdict=Verdict.UNMATCHED, received_at__gte=since, body_size__lte=_LARGEST
    )
    found = []
    for delivery in unmatched.order_by("-pk")[:_READ]:
        number = deliveries.number_in(delivery)
        if not number or _is_number_of(call, number):
            found.append(Stray(delivery, names_number=bool(number)))
    return sorted(found, key=lambda stray: not stray.names_number)[:_SHOWN]


def _is_number_of(call: CallLog, text: str) -> bool:
    try:
        return PhoneNumber.from_string(text, region=call.country) == call.phone_number
    except NumberParseException:
        return False
