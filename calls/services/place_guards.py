"""The guards when a call is placed: what is refused beside which field, what waits, and the evidence that is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.hours.sentences import sentence as hours_sentence
from calls.services import caps, do_not_call, guards, orders
from calls.services.guards import Refusal, Subject
from calls.services.orders import CallOrder, CheckedOrder

if TYPE_CHECKING:
    from django.contrib.auth.models import User

OVERRIDE_PERMISSION = "calls.override_guards"


@dataclass(frozen=True)
class Admission:
    """How a call is placed that may be placed: when, why it waits ("" if it does not), for what, and the evidence."""

    scheduled_for: datetime | None
    why_it_waits: str
    purpose: str
    override_reason: str
    evidence: dict[str, Any]


def admit(order: CallOrder, checked: CheckedOrder, *, by: "User | None", now: datetime) -> Admission:
    """Ask all guards about an order.

    Raises ValidationError by field of the order; refusal_in() (services.guards) tells which guard it was. A
    single call outside calling hours is not refused: it waits until they open.
    """
    subject = subject_of(order, checked)
    evidence: dict[str, Any] = guards.consent_evidence(order.template)
    _refuse_suppressed(subject, now)
    evidence["do_not_call"] = "not listed"
    at, waits, reason = order.scheduled_for, "", order.override_reason.strip()
    if order.is_test and by is not None and guards.is_own_telephone(subject.number, by.pk):
        reason = ""
        evidence["own_telephone"] = True
    elif reason:
        _require_override(by)
        evidence |= _what_is_overridden(subject, at or now) | {"override": reason}
    else:
        at, waits, found = _in_hours(order, subject, now)
        evidence |= found | _refuse_over_cap(subject, at or now)
    _refuse_on_a_full_day(at, now)
    return Admission(at, waits, subject.purpose, reason, {"guards": evidence})


def subject_of(order: CallOrder, checked: CheckedOrder) -> Subject:
    """Return whom this order would ring."""
    return Subject(
        number=checked.phone_number.as_e164,
        country=checked.country,
        agent_pk=order.agent.pk,
        purpose=orders.purpose_of(order),
        time_zone=order.time_zone,
        is_of_list=order.contact is not None,
    )


def _refuse(field: str, words: str, refusal: Refusal) -> ValidationError:
    # The error fills its params in, so a sign in somebody's own words must not look like a place for them.
    return ValidationError(
        {field: ValidationError(words.replace("%", "%%"), refusal.kind, {"refusal": refusal})}
    )


def _refuse_suppressed(subject: Subject, now: datetime) -> None:
    entry = do_not_call.entries([subject.number], subject.agent_pk, now).get(subject.number)
    if entry is not None:
        raise _refuse("phone_number", do_not_call.sentence(entry), guards.listed(entry))
    refusal = guards.suppression(subject, now) if subject.is_of_list else None
    if refusal is not None:
        raise _refuse("phone_number", refusal.words, refusal)


def _require_override(by: "User | None") -> None:
    if by is None or not by.has_perm(OVERRIDE_PERMISSION):
        raise ValidationError({"override_reason": _("You may not call outside calling hours or over a cap.")})


def _what_is_overridden(subject: Subject, at: datetime) -> dict[str, Any]:
    """Return what the guards would have said, for the evidence of an override."""
    verdict = guards.hours_of(subject, at)
    return guards.hours_evidence(verdict) | _calls(*caps.used([subject.number], at)[subject.number])


def _in_hours(
    order: CallOrder, subject: Subject, now: datetime
) -> tuple[datetime | None, str, dict[str, Any]]:
    """Return for when the call is placed, why it waits until then, and the evidence."""
    at = order.scheduled_for
    verdict = guards.hours_of(subject, at or now)
    refusal = guards.closed(verdict)
    evidence = guards.hours_evidence(verdict)
    if refusal is None:
        return at, "", evidence
    can_wait = refusal.kind == guards.HOURS and refusal.opens_at is not None
    if can_wait and at is None and order.contact is None:
        return refusal.opens_at, guards.waiting(refusal).why, evidence
    field = "scheduled_for" if can_wait and at is not None else "phone_number"
    words = hours_sentence(verdict, timezone.get_current_timezone_name(), subject.country)
    raise _refuse(field, words, refusal)


def _refuse_over_cap(subject: Subject, at: datetime) -> dict[str, Any]:
    refusal = guards.over_cap(subject.number, at)
    if refusal is not None:
        raise _refuse("phone_number", refusal.words, refusal)
    return _calls(*caps.used([subject.number], at)[subject.number]) if caps.per_number() else {}


def _calls(day: int, week: int) -> dict[str, Any]:
    return {"calls_before": {"day": day, "week": week}} if caps.per_number() else {}


def _refuse_on_a_full_day(at: datetime | None, now: datetime) -> None:
    """The hard stop of the console holds for everybody; a call of another day is asked about on that day."""
    is_today = at is None or timezone.localdate(at) == timezone.localdate(now)
    if is_today and caps.day_is_full(now):
        refusal = guards.day_is_full(now)
        raise _refuse(NON_FIELD_ERRORS, refusal.words, refusal)
