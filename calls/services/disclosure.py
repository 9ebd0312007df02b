"""Disclosure: who was shown what is hidden from others. One entry an hour for each person, call and kind."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from calls.choices import Disclosed
from calls.models import CallLog, Disclosure

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Within this time the same person looking at the same thing again is no news.
SAME_LOOK = timedelta(hours=1)


def note(call: CallLog, by: "User", what: Disclosed) -> bool:
    """Log that `by` is shown this of `call`. Returns False if that was logged within the last hour."""
    if was_noted(call, by, what):
        return False
    Disclosure.objects.create(call=call, by=by, what=what)
    return True


def note_all(calls: Iterable[CallLog], by: "User", what: Disclosed) -> int:
    """Log that `by` is shown this of each of the calls, as note() does for one. Returns how many were news."""
    pks = [call.pk for call in calls]
    since = timezone.now() - SAME_LOOK
    noted = Disclosure.objects.filter(call__in=pks, by=by, what=what, at__gte=since)
    known = set(noted.values_list("call", flat=True))
    fresh = [Disclosure(call_id=pk, by=by, what=what) for pk in pks if pk not in known]
    return len(Disclosure.objects.bulk_create(fresh))


def was_noted(call: CallLog, by: "User", what: Disclosed) -> bool:
    """Tell whether `by` was shown this of `call` within the last hour, as note() logged it."""
    since = timezone.now() - SAME_LOOK
    return Disclosure.objects.filter(call=call, by=by, what=what, at__gte=since).exists()
