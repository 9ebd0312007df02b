"""How long the server takes for each page of a list of 50,000 people, and a worker for one look at it."""

import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from benchmarks.history import TIMES, Page, named, report
from benchmarks.lists import number, template
from calls.admin.list_people import SEARCH
from calls.choices import CallStatus, ContactStatus, ContactVerdict, ListStatus
from calls.models import CallList, CallLog, CallTemplate, Contact
from calls.services.list_advance import advance

PEOPLE = 50_000
_OUTCOMES = ("picked", "picked", "not_picked", "busy", "voicemail")
_BATCH = 2_500


def fill(of_template: CallTemplate, name: str, called: int, status: ListStatus) -> CallList:
    """Return a list of PEOPLE, of whom so many were called, one a second up to now."""
    now = timezone.now()
    call_list = CallList.objects.create(
        name=name,
        template=of_template,
        template_version=of_template.current_version(),
        country="IN",
        status=status,
        total=PEOPLE,
        done=PEOPLE,
        launched_at=now - timedelta(seconds=called),
        next_slot_at=now,
        pace_per_minute=60,
        at_once=20,
    )
    for first in range(0, PEOPLE, _BATCH):
        people = Contact.objects.bulk_create(
            _person(call_list, row, called) for row in range(first, first + _BATCH)
        )
        done = [person for person in people if person.status == ContactStatus.DONE]
        calls = CallLog.objects.bulk_create(_call(call_list, person, now, called) for person in done)
        for person, call in zip(done, calls, strict=True):
            person.last_call = call
        Contact.objects.bulk_update(done, ["last_call"], batch_size=500)
    return call_list


def _person(call_list: CallList, row: int, called: int) -> Contact:
    left_out = row % 20 == 0
    is_done = row < called and not left_out
    status = ContactStatus.DONE if is_done else ContactStatus.WAITING
    return Contact(
        call_list=call_list,
        row=row + 2,
        person_name=f"Person {row}",
        phone_number=number(row),
        country="IN",
        verdict=ContactVerdict.BAD_NUMBER if left_out else ContactVerdict.READY,
        status=ContactStatus.SKIPPED if left_out else status,
        attempts=1 if is_done else 0,
        values={"due_date": "3 May", "amount": "₹ 100"},
    )


def _call(call_list: CallList, person: Contact, now: datetime, called: int) -> CallLog:
    at = now - timedelta(seconds=called - person.row)
    outcome = _OUTCOMES[person.row % len(_OUTCOMES)]
    return CallLog(
        agent=call_list.template.agent,
        template=call_list.template,
        template_version=call_list.template_version,
        contact=person,
        person_name=person.person_name,
        phone_number=person.phone_number,
        country="IN",
        status=CallStatus.FINISHED,
        outcome=outcome,
        extracted={"confirmed": "yes"} if outcome == "picked" else {},
        requested_at=at,
        sent_at=at,
        finished_at=at + timedelta(minutes=1),
        request={},
    )


def pages(call_list: CallList) -> Iterator[Page]:
    """Yield the pages that a list in its state has."""
    kind = f"{call_list.status} list"
    yield from named(kind, "calls_calllist_change", call_list.pk)
    if call_list.status == ListStatus.RUNNING:
        yield from named(f"{kind}, its live part", "calls_calllist_live", call_list.pk)
    yield from named(f"{kind}, people", "calls_calllist_people", call_list.pk)
    yield from named(
        f"{kind}, people, a name", "calls_calllist_people", call_list.pk, query=f"?{SEARCH}=person+41"
    )
    if call_list.status == ListStatus.CHECKED:
        for name in ("preview", "test", "dry_run", "dry_run_live", "launch"):
            yield from named(f"{kind}, {name}", f"calls_calllist_{name}", call_list.pk)
    else:
        yield from named(f"{kind}, results", "calls_calllist_results", call_list.pk)


def looks(call_list: CallList) -> list[float]:
    """Return milliseconds of TIMES looks of the engine, one a second, each of which places a call."""
    took = []
    now = timezone.now()
    for second in range(TIMES):
        started = time.perf_counter()
        advance(call_list.pk, now + timedelta(seconds=second))
        took.append((time.perf_counter() - started) * 1000)
    return took


def main() -> None:
    started = time.monotonic()
    ended = fill(template(), "Bench of an ended list", PEOPLE, ListStatus.FINISHED)
    checked = fill(template(), "Bench of a checked list", 0, ListStatus.CHECKED)
    running = fill(template(), "Bench of a running list", PEOPLE // 2, ListStatus.RUNNING)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(
        f"- three lists of {PEOPLE:,} people, written in {time.monotonic() - started:.0f} s; median of {TIMES}:"
    )
    boss = get_user_model().objects.create_superuser("boss of the lists")
    report(
        chain(named("lists", "calls_calllist_changelist"), pages(checked), pages(running), pages(ended)), boss
    )
    took = looks(running)
    print(
        f"    - a look of the engine: {statistics.median(took):.0f} ms, longest {max(took):.0f}", flush=True
    )


if __name__ == "__main__":
    main()
