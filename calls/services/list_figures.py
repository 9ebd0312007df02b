"""How far a list is: figures that add up to its rows, and who is being called."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from calls.choices import PICKED, CallStatus, ContactStatus
from calls.models import CallList, Contact

# People who are shown as being called; more nobody reads.
MOST_SHOWN = 20


@dataclass(frozen=True)
class Progress:
    """Every row of the list in one of these; `next_at` is when the next waiting person is due, if not now."""

    reached: int = 0
    not_reached: int = 0
    unclear: int = 0
    calling: int = 0
    waiting: int = 0
    left_out: int = 0
    removed: int = 0
    next_at: datetime | None = None

    @property
    def total(self) -> int:
        return self.to_call + self.left_out + self.removed

    @property
    def to_call(self) -> int:
        """People who are called in this list, whether done or not."""
        return self.done + self.calling + self.waiting

    @property
    def done(self) -> int:
        return self.reached + self.not_reached + self.unclear

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.to_call) if self.to_call else 0


def progress(call_list: CallList) -> Progress:
    """Return how far a list is, in two questions."""
    groups = (
        call_list.contacts.order_by()
        .values_list("status", "last_call__status", "last_call__outcome")
        .annotate(number=Count("pk"))
    )
    counted: Counter[str] = Counter()
    for status, call_status, outcome, number in groups:
        counted[_part(status, call_status, outcome)] += number
    next_at = call_list.contacts.to_call().aggregate(next=Min("next_attempt_at"))["next"]
    return Progress(**counted, next_at=next_at)


def _part(status: str, call_status: str | None, outcome: str | None) -> str:
    match status:
        case ContactStatus.CALLING:
            return "calling"
        case ContactStatus.WAITING:
            return "waiting"
        case ContactStatus.SKIPPED:
            return "left_out"
        case ContactStatus.REMOVED:
            return "removed"
    if call_status == CallStatus.FINISHED and outcome == PICKED:
        return "reached"
    unclear = {CallStatus.UNCONFIRMED, CallStatus.NO_OUTCOME, CallStatus.ACCEPTED}
    return "unclear" if call_status in unclear else "not_reached"


def being_called(call_list: CallList) -> list[Contact]:
    """Return the people who are being called now, the latest call first, MOST_SHOWN at most."""
    calling = call_list.contacts.filter(status=ContactStatus.CALLING).select_related("last_call")
    return list(calling.defer("cells").order_by("-last_call")[:MOST_SHOWN])
