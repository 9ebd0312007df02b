"""Review: what people add to calls afterwards: notes, follow-ups and the mark "reviewed". Each leaves an event."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import CallStatus, EventSource
from calls.models import CallEvent, CallLog, CallNote

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_NOTE = CallNote._meta.get_field("text").max_length or 0


def add_note(call: CallLog, text: str, *, by: "User") -> CallNote:
    """Add a note. Raises ValidationError with a sentence if it is empty or too long."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise ValidationError(_("Please write something."), code="empty")
    if len(text) > LONGEST_NOTE:
        raise ValidationError(
            _("This note is %(length)d characters long; at most %(most)d are kept. Please shorten it.")
            % {"length": len(text), "most": LONGEST_NOTE},
            code="too_long",
        )
    with transaction.atomic():
        note = CallNote.objects.create(call=call, by=by, text=text)
        call.note(gettext_noop("A note was added."), source=EventSource.PERSON, by=by)
    return note


def mark_reviewed(call_pks: Iterable[int], *, by: "User") -> int:
    """Mark finished calls as reviewed. Returns how many were not before; unfinished ones are left out."""
    calls = CallLog.objects.filter(status=CallStatus.FINISHED, reviewed_at=None)
    return _change(calls, call_pks, gettext_noop("Reviewed."), by, reviewed_at=timezone.now(), reviewed_by=by)


def unmark_reviewed(call_pks: Iterable[int], *, by: "User") -> int:
    """Take the mark "reviewed" back. Returns how many had it."""
    calls = CallLog.objects.filter(reviewed_at__isnull=False)
    return _change(
        calls,
        call_pks,
        gettext_noop("The mark “reviewed” was taken back."),
        by,
        reviewed_at=None,
        reviewed_by=None,
    )


def assign_follow_up(call_pks: Iterable[int], *, owner: "User", due: date, by: "User") -> int:
    """Have `owner` follow the calls up until the day `due`, instead of what was arranged before.

    Returns how many. Raises ValidationError (field "owner" or "due" → sentence) for somebody who is no active
    staff or a day that has passed.
    """
    if not (owner.is_active and owner.is_staff):
        raise ValidationError({"owner": _("This person can no longer work in the console.")})
    if due < timezone.localdate():
        raise ValidationError({"due": _("This day has passed. Please choose today or a later day.")})
    why = gettext_noop("%(person)s follows this up until %(day)s.") % {
        "person": owner.get_full_name() or owner.get_username(),
        "day": due.isoformat(),
    }
    return _change(CallLog.objects.all(), call_pks, why, by, follow_up_owner=owner, follow_up_on=due)


def finish_follow_up(call_pks: Iterable[int], *, by: "User") -> int:
    """End the follow-ups of these calls. Returns how many had one."""
    calls = CallLog.objects.filter(follow_up_on__isnull=False)
    return _change(
        calls, call_pks, gettext_noop("The follow-up is done."), by, follow_up_owner=None, follow_up_on=None
    )


def _change(calls: QuerySet[CallLog], pks: Iterable[int], why: str, by: "User", **fields: Any) -> int:
    """Write `fields` to those of `calls` that have one of these keys, each with an event."""
    with transaction.atomic():
        wanted = calls.filter(pk__in=list(pks)).select_for_update(of=("self",))
        changed = list(wanted.order_by("pk").values_list("pk", flat=True))
        CallLog.objects.filter(pk__in=changed).update(**fields)
        CallEvent.objects.bulk_create(
            CallEvent(call_id=pk, source=EventSource.PERSON, by=by, why=why) for pk in changed
        )
    return len(changed)
