"""Answers: which required ones are missing, and a person's word against what OSVI understood."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import PICKED, CallStatus, EventSource
from calls.models import AnswerCorrection, CallLog

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_ANSWER = AnswerCorrection._meta.get_field("corrected").max_length or 0
# Code of the error about an answer that the call does not have.
UNKNOWN = "unknown"
_NOTHING: tuple[Any, ...] = (None, "", [], {})


def asked_keys(call: CallLog) -> list[str]:
    """Return the names of the answers that were asked for, in their order."""
    return [point["key"] for point in call.request.get("data_extraction") or [] if point.get("key")]


def corrections(call: CallLog) -> dict[str, AnswerCorrection]:
    """Return the correction that counts, by the name of the answer: the newest one."""
    return {correction.key: correction for correction in call.corrections.select_related("by").order_by("pk")}


def missing_required(call: CallLog, status: str | None = None) -> list[str]:
    """Return the names of required answers that an answered call has neither collected nor corrected.

    `status` is where the call is about to stand, if that is not written yet.
    """
    if (status or call.status) != CallStatus.FINISHED or call.outcome != PICKED:
        return []
    missing = [
        point["key"]
        for point in call.request.get("data_extraction") or []
        if point.get("required") and point.get("key") and call.extracted.get(point["key"]) in _NOTHING
    ]
    if not missing:
        return []
    corrected = set(call.corrections.filter(key__in=missing).values_list("key", flat=True))
    return [key for key in missing if key not in corrected]


def correct(call: CallLog, key: str, value: str, *, by: "User") -> AnswerCorrection:
    """Keep `value` as the right answer beside what OSVI understood.

    Raises ValidationError with a sentence if there is no such answer, or the value is empty or too long.
    """
    value = value.replace("\x00", "").strip()
    with transaction.atomic():
        # News that comes in at this moment waits, so that the mark "missing" fits both.
        locked = CallLog.objects.select_for_update(of=("self",)).get(pk=call.pk)
        _refuse(locked, key, value)
        correction = AnswerCorrection.objects.create(
            call=locked, key=key, original=locked.extracted.get(key), corrected=value, by=by
        )
        CallLog.objects.filter(pk=locked.pk).update(required_missing=bool(missing_required(locked)))
        locked.note(
            gettext_noop("The answer “%(name)s” was corrected.") % {"name": key},
            source=EventSource.PERSON,
            by=by,
        )
    return correction


def _refuse(call: CallLog, key: str, value: str) -> None:
    if key not in asked_keys(call) and key not in call.extracted:
        raise ValidationError(_("This call has no such answer."), code=UNKNOWN)
    if not value:
        raise ValidationError(_("Please write the correct answer."), code="empty")
    if len(value) > LONGEST_ANSWER:
        raise ValidationError(
            _("This answer is %(length)d characters long; at most %(most)d are kept. Please shorten it.")
            % {"length": len(value), "most": LONGEST_ANSWER},
            code="too_long",
        )
