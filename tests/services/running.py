"""Lists for the tests of the engine: people with numbers, a list that runs, and the end of a call as OSVI tells it."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from calls.choices import CallStatus, ContactStatus, ContactVerdict, EventSource, ListStatus
from calls.models import CallList, CallLog, CallTemplate, Contact


def make_list(template: CallTemplate, people: int = 3, **fields: Any) -> CallList:
    """Return a list that runs, with people +91 98765 00001 and so on, who all may be called."""
    now = timezone.now()
    given: dict[str, Any] = {
        "name": "Renewals",
        "country": "IN",
        "status": ListStatus.RUNNING,
        "template_version": template.current_version(),
        "launched_at": now,
        "next_slot_at": now,
        "pace_per_minute": 60,
        "at_once": 5,
        "total": people,
    }
    call_list = CallList.objects.create(template=template, **given | fields)
    Contact.objects.bulk_create(
        Contact(
            call_list=call_list,
            row=row,
            person_name=f"Person {row}",
            phone_number=f"+9198765{row:05}",
            country="IN",
            verdict=ContactVerdict.READY,
            status=ContactStatus.WAITING,
            values={"appointment_date": "3 May"},
        )
        for row in range(1, people + 1)
    )
    return call_list


def night_in_india() -> datetime:
    """Return two in the morning in India, of a night to come: lists made now have begun by then."""
    tomorrow = timezone.now() + timedelta(days=1)
    return tomorrow.replace(hour=20, minute=30, second=0, microsecond=0)


def person(call_list: CallList, row: int = 1) -> Contact:
    """Return a person of a list as they stand now."""
    return Contact.objects.select_related("last_call", "call_list").get(call_list=call_list, row=row)


def statuses(call_list: CallList) -> list[str]:
    """Return where the people of a list stand, by row."""
    return list(call_list.contacts.order_by("row").values_list("status", flat=True))


def send(call: CallLog, at: datetime | None = None) -> CallLog:
    """Let a worker have claimed the call and OSVI have accepted it."""
    at = at or timezone.now()
    call.refresh_from_db()
    assert call.move(CallStatus.SENDING, source=EventSource.WORKER, why="", sent_at=at, send_attempts=1)
    assert call.move(CallStatus.ACCEPTED, source=EventSource.WORKER, why="", call_id=f"id-{call.pk}")
    return call


def end(call: CallLog, outcome: str, at: datetime | None = None, **fields: Any) -> CallLog:
    """Let a call that waits have been sent and have ended with OSVI's word `outcome`."""
    at = at or timezone.now()
    send(call, at - timedelta(seconds=30))
    given: dict[str, Any] = {"outcome": outcome, "finished_at": at, "next_poll_at": None}
    assert call.move(CallStatus.FINISHED, source=EventSource.POLL, why="", **given | fields)
    return call
