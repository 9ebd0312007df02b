"""Earlier calls as the page "Place a call" uses them: whose number it takes over, and how much of it is shown."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from calls.admin.permissions import has_verb, person_of
from calls.choices import Disclosed
from calls.models import CallLog
from calls.models.call_log import CallLogQuerySet
from calls.services import disclosure, numbers

# The people called last, and how many calls are looked through for them.
MOST_PEOPLE, LOOKED_THROUGH = 4, 60


@dataclass(frozen=True)
class Contact:
    """Somebody who was called lately: the newest call to them, their name, and their number masked."""

    call: int
    name: str
    number: str
    country: str


def visible_calls(request: HttpRequest) -> CallLogQuerySet:
    """Return the calls this person may call again and take numbers from: those they may read."""
    return CallLog.objects.all() if has_verb(request, "view_calllog") else CallLog.objects.none()


def recent_people(request: HttpRequest) -> list[Contact]:
    """Return the distinct people whom the person of this request called last, without test calls."""
    calls = visible_calls(request).filter(placed_by=person_of(request)).order_by("-pk")
    found: dict[str, Contact] = {}
    for call in calls.only("person_name", "phone_number", "country", "is_test")[:LOOKED_THROUGH]:
        if call.phone_number and not call.is_test and len(found) < MOST_PEOPLE:
            masked = numbers.masked(call.phone_number)
            contact = Contact(call.pk, call.person_name, masked, call.country)
            found.setdefault(str(call.phone_number), contact)
    return list(found.values())


def as_shown(request: HttpRequest, initial: dict[str, Any]) -> str:
    """Return the number a page begins with: in full only where this person was shown it within the hour."""
    number = str(initial.get("phone_number") or "")
    call = _call(request, initial.get("number_of"))
    if call is None or number != numbers.masked(call.phone_number) or not has_verb(request, "reveal_number"):
        return number
    is_shown = disclosure.was_noted(call, person_of(request), Disclosed.NUMBER)
    return call.phone_number.as_international if is_shown else number


def reveal(request: HttpRequest, pk: Any) -> None:
    """Log that the person of this request is shown the number of a call; nothing without such a call."""
    call = _call(request, pk)
    if call is not None:
        disclosure.note(call, person_of(request), Disclosed.NUMBER)


def _call(request: HttpRequest, pk: Any) -> CallLog | None:
    key = str(pk or "")
    known = key.isdecimal() and len(key) < 19
    return visible_calls(request).narrow().filter(pk=key).first() if known else None
