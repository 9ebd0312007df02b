"""A test call before a list starts: one's own telephone rings with the words and values of one of its people."""

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_noop as _
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import EventSource
from calls.models import CallList, CallLog, Contact
from calls.services import list_orders, place
from calls.services.orders import CallOrder

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_SHOWN = 5
_KEY = "test_call"


def order_for_test(contact: Contact, number: PhoneNumber, form_token: uuid.UUID) -> CallOrder:
    """Return the order that rings `number` instead of the person. It counts for nothing in the list."""
    version = contact.call_list.template.current_version()
    order = list_orders.order_for(contact, version=version)
    return replace(
        order,
        phone_number=number.as_e164,
        form_token=uuid.uuid5(form_token, "list-test"),
        is_test=True,
        # The engine would take it for one of the list's own calls to this person.
        contact=None,
        # That of the person, not of whoever listens.
        time_zone="",
    )


def ring(
    contact: Contact,
    number: PhoneNumber,
    *,
    form_token: uuid.UUID,
    by: "User",
    confirmed: uuid.UUID | None = None,
) -> tuple[CallLog, bool]:
    """Ring `number` with this person's data. Returns the call, and whether it is new.

    Raises ValidationError like services.place; `confirmed` names the call that may be repeated.
    """
    order = replace(order_for_test(contact, number, form_token), confirmed_duplicate=confirmed or False)
    call, is_new = place.place(order, source=EventSource.PERSON, by=by)
    if is_new:
        contact.call_list.note(
            _("A test call was made with this person's data."),
            by=by,
            contact=contact,
            evidence={_KEY: call.pk},
        )
    return call, is_new


def latest(call_list: CallList) -> list[CallLog]:
    """Return the latest test calls of a list, newest first."""
    lines = call_list.events.filter(evidence__has_key=_KEY).order_by("-pk")[:MOST_SHOWN]
    keys = [line.evidence[_KEY] for line in lines]
    calls = CallLog.objects.narrow().select_related("placed_by").in_bulk(keys)
    return [calls[key] for key in keys if key in calls]
