"""Call again: who may be rung once more, and the order for it, built from what was sent the first time."""

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _

from calls.choices import MAY_STILL_RING, MOVING, PICKED, CallStatus
from calls.models import CallLog
from calls.osvi.outcomes import REFERENCE_KEY
from calls.services import duplicates
from calls.services.orders import CallOrder


def token_for(form_token: uuid.UUID, call: CallLog) -> uuid.UUID:
    """Return the form token of one call of a form for many, so that sending the form twice places nothing twice."""
    return uuid.uuid5(form_token, str(call.reference))


def order_from(call: CallLog, form_token: uuid.UUID | None = None) -> CallOrder:
    """Return the order that asks for the same call once more: same person, words, settings and data points.

    It is the snapshot of what was sent that counts; later edits of the template do not.
    """
    sent = call.request
    facts = {name: value for name, value in sent.get("additional_data", {}).items() if name != REFERENCE_KEY}
    return CallOrder(
        agent=call.agent,
        phone_number=call.phone_number.as_e164,
        country=call.country,
        person_name=call.person_name,
        template=call.template,
        template_version=call.template_version,
        greeting=sent.get("initial_greeting") or "",
        prompt=sent.get("system_prompt") or "",
        additional_data=facts,
        overrides=overrides_of(call),
        data_points=list(sent.get("data_extraction") or []),
        webhook_url=sent.get("webhook_url") or "",
        form_token=form_token,
        again_of=call,
        is_test=call.is_test,
        # Calls of old have none, but their template may have.
        purpose=call.purpose or None,
        time_zone=call.time_zone,
    )


def overrides_of(call: CallLog) -> dict[str, Any]:
    """Return the settings that were sent, by the keys of a template's overrides; None is the agent's default."""
    sent = call.request.get("call_config_overrides") or {}
    retry = sent.get("retry_config") or {}
    return {
        "max_call_duration_seconds": sent.get("max_call_duration_seconds"),
        "enable_callback": sent.get("enable_callback"),
        "retry_enabled": retry.get("enabled"),
        "retry_max_attempts": retry.get("max_attempts"),
        "retry_interval_minutes": retry.get("interval_minutes"),
    }


def reasons_against(calls: Iterable[CallLog]) -> dict[int, str]:
    """Return, by primary key, why a call is not placed again; calls that may be placed again are not in it.

    Of several calls to one number only the first is placed again.
    """
    calls = list(calls)
    numbers = {str(call.phone_number) for call in calls if call.phone_number}
    busy, newest = _numbers_that_may_ring(numbers), duplicates.newest_by_number(numbers)
    reasons: dict[int, str] = {}
    taken: set[str] = set()
    for call in calls:
        number = str(call.phone_number) if call.phone_number else ""
        reason = _reason(call, number, busy, taken)
        if not reason and newest.get(number, call.pk) != call.pk:
            reason = _("This number was called a short time ago, with a later call.")
        if reason:
            reasons[call.pk] = reason
        else:
            taken.add(number)
    return reasons


def _reason(call: CallLog, number: str, busy: Collection[str], taken: Collection[str]) -> str:
    if call.status == CallStatus.UNCONFIRMED:
        return _("We don't know yet whether this call went out. Settle that first.")
    if call.status in MOVING:
        return _("This call is still under way.")
    if call.rings_again and call.next_poll_at is not None and call.outcome != PICKED:
        return _("OSVI may still ring this person again by itself.")
    if not number:
        return _("There is no number.")
    if not call.agent.is_active:
        return _("OSVI no longer lists its agent as active.")
    if number in busy:
        return _("Another call to this number is under way.")
    if number in taken:
        return _("This number is chosen already, with another call.")
    return ""


def _numbers_that_may_ring(numbers: Collection[str]) -> set[str]:
    waiting = CallLog.objects.filter(phone_number__in=numbers, status__in=MAY_STILL_RING)
    return {str(number) for number in waiting.values_list("phone_number", flat=True)}
