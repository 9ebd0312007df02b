"""Where people of a list stand, in groups whose numbers add up to its rows: words, filter and picture of each."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.choices import PICKED, CallStatus, ContactStatus
from calls.services.list_figures import Progress

_REACHED = Q(last_call__status=CallStatus.FINISHED, last_call__outcome=PICKED)
_UNCLEAR = Q(last_call__status__in=[CallStatus.UNCONFIRMED, CallStatus.NO_OUTCOME, CallStatus.ACCEPTED])
_DONE = Q(status=ContactStatus.DONE)


@dataclass(frozen=True)
class State:
    """One group: its key in addresses and in Progress, its words, and which people are in it."""

    key: str
    label: str | Promise
    condition: Q

    def count(self, progress: Progress) -> int:
        """Return how many people are in it."""
        return int(getattr(progress, self.key))


# In the order of the bar: what came of it, what goes on, what is to come, what does not count.
STATES = (
    State("reached", _("Reached"), _DONE & _REACHED),
    State("not_reached", _("Not reached"), _DONE & (Q(last_call=None) | (~_REACHED & ~_UNCLEAR))),
    State("unclear", _("Outcome not known"), _DONE & _UNCLEAR),
    State("calling", _("Being called"), Q(status=ContactStatus.CALLING)),
    State("waiting", _("Waiting"), Q(status=ContactStatus.WAITING)),
    State("left_out", _("Left out"), Q(status=ContactStatus.SKIPPED)),
    State("removed", _("Taken out"), Q(status=ContactStatus.REMOVED)),
)


def find(key: str) -> State | None:
    """Return the group of this key, None for any other word."""
    return next((state for state in STATES if state.key == key), None)
