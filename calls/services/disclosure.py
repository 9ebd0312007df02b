"""Disclosure: who was shown what is hidden from others. One entry an hour for each person, call and kind."""

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


def was_noted(call: CallLog, by: "User", what: Disclosed) -> bool:
    """Tell whether `by` was shown this of `call` within the last hour, as note() logged it."""
    since = timezone.now() - SAME_LOOK
    return Disclosure.objects.filter(call=call, by=by, what=what, at__gte=since).exists()
