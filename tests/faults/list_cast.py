"""What the fault tests of lists share: a list from a file, how often its rule lets somebody ring, passing time."""

import csv
import io
from datetime import time, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from calls.choices import PICKED, CallStatus, ContactStatus, ListStatus, RetryOwner
from calls.models import Agent, CallingRule, CallingWindow, CallList, CallLog, CallTemplate, Contact
from calls.services import list_check, list_columns, list_files, list_run, sending
from calls.services.list_launch import LaunchSettings
from calls.services.sweep import sweep
from osvi_simulator.scenarios import SCENARIOS, for_number
from osvi_simulator.server import SimulatorServer

RULES = {
    "not_picked": {"times": 2, "minutes": 30},
    "busy": {"times": 1, "minutes": 5},
    "voicemail": {"times": 1, "minutes": 60},
    "failed": {"times": 1, "minutes": 10},
}
ALL_DIGITS = ["00", *(row.digits for row in SCENARIOS)]
# What the simulator says of each number, as OSVI's word; the others are answered.
WORDS = {"01": "not_picked", "02": "busy", "03": "failed", "04": "voicemail", "05": "not_picked"}
HEADINGS = ["Name", "Phone", "Appointment date", "Time zone"]
# Certainly no worker holds a call any more that was claimed so long ago; the workers' time limits are 2 seconds.
_WORKER_IS_DEAD = timedelta(seconds=15)


def make_template(agent: Agent) -> CallTemplate:
    template = CallTemplate.objects.create(
        name="Renewal",
        agent=agent,
        country="IN",
        greeting="Hello {{ person_name | there }}, about {{ appointment_date }}.",
        max_call_duration_seconds=30,
        discloses_ai=True,
    )
    template.record_version(None)
    return template


def number(index: int, digits: str = "00") -> str:
    """Return a number of which the simulator does what `digits` say."""
    return f"+9198765{index:03}{digits}"


def make_list(template: CallTemplate, rows: list[list[str]]) -> CallList:
    """Return a checked list of these rows (name, number, date, zone)."""
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS, *rows])
    call_list = list_files.begin(template, "people.csv", text.getvalue().encode(), None)
    mapping = list_columns.mapping_of(call_list)
    list_check.start(call_list, mapping=mapping, has_header=True, country="IN", by=None)
    list_check.check(call_list.pk)
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.CHECKED, call_list.status_reason
    return call_list


def people(numbers: list[str]) -> list[list[str]]:
    """Return good rows for these numbers."""
    return [[f"Person {index}", number_, "3 May", ""] for index, number_ in enumerate(numbers)]


def fast(**fields: Any) -> LaunchSettings:
    """Return settings with which a list is bounded by the machine alone, rung again by this console."""
    values: dict[str, Any] = {
        "pace_per_minute": 6000,
        "at_once": 40,
        "retry_owner": RetryOwner.CONSOLE,
        "retry_rules": RULES,
    }
    return LaunchSettings(**values | fields)


def always_open(country: str) -> None:
    """Let people of a country be called at every hour."""
    rule, _new = CallingRule.objects.update_or_create(
        country=country,
        purpose="",
        defaults={"holidays": "as_usual", "reviewed_on": timezone.localdate(), "disclosure_required": False},
    )
    CallingRule.objects.filter(country=country).exclude(pk=rule.pk).delete()
    rule.windows.all().delete()
    midnight = time()
    CallingWindow.objects.bulk_create(
        CallingWindow(rule=rule, weekday=day, opens=midnight, closes=midnight) for day in range(7)
    )


def may_ring(phone_number: str) -> int:
    """Return how often the list's rule lets somebody with this number be rung."""
    scenario = for_number(phone_number)
    if not scenario.rings:
        return 0
    word = WORDS.get(scenario.digits if scenario.digits.isdecimal() else "00", PICKED)
    return 1 + RULES.get(word, {"times": 0})["times"]


def let_hours_pass(call_list: CallList) -> None:
    """Do what hours do: waits end, calls of dead workers and calls of which nothing is heard are found."""
    now = timezone.now()
    call_list.contacts.filter(status=ContactStatus.WAITING, next_attempt_at__gt=now).update(
        next_attempt_at=now
    )
    calls = CallLog.objects.filter(contact__call_list=call_list)
    long_ago = timedelta(minutes=10)
    calls.filter(status=CallStatus.SENDING, sent_at__lt=now - _WORKER_IS_DEAD).update(
        sent_at=F("sent_at") - long_ago
    )
    calls.filter(status=CallStatus.UNCONFIRMED, sent_at__lt=now - _WORKER_IS_DEAD).update(
        sent_at=F("sent_at") - long_ago
    )
    endless = calls.filter(status=CallStatus.ACCEPTED, outcome__in=["in_progress", "rescheduled"])
    endless.update(outcome_due_at=now, next_poll_at=None)
    CallLog.objects.update(requested_at=F("requested_at") - timedelta(seconds=25))
    CallList.objects.filter(pk=call_list.pk, next_tick_at__lt=now - timedelta(seconds=5)).update(
        next_tick_at=now - timedelta(minutes=1)
    )
    sweep()


def decide(call_list: CallList) -> bool:
    """Be the person who looks at a list that paused itself, and lets it go on. Returns whether there was anything."""
    call_list.refresh_from_db()
    if call_list.status != ListStatus.PAUSED:
        return False
    if sending.is_paused():
        sending.resume(None)
    list_run.resume(call_list.pk, by=None)
    return True


def story(contact: Contact) -> list[str]:
    """Return all that happened to the calls of a person, for the message of a failure."""
    return [
        f"{call.pk}: {event.from_status}→{event.to_status} {event.why}"
        for call in contact.calls.order_by("pk")
        for event in call.events.all()
    ]


def check_rings(call_list: CallList, simulator: SimulatorServer) -> None:
    """Fail unless everybody was rung as often as the rule says; where a call was lost sight of, never more."""
    for contact in call_list.contacts.all():
        if not contact.phone_number:
            continue
        rings = simulator.rings(contact.phone_number)
        if contact.status == ContactStatus.SKIPPED:
            # Another row has this number too, or nobody may be rung.
            twin = call_list.contacts.filter(phone_number=contact.phone_number, status=ContactStatus.DONE)
            assert rings == 0 or twin.exists(), story(contact)
            continue
        allowed = may_ring(contact.phone_number)
        lost = contact.calls.filter(events__to_status=CallStatus.UNCONFIRMED).exists()
        assert rings <= allowed, (contact.phone_number, story(contact))
        assert lost or rings == allowed, (contact.phone_number, rings, allowed, story(contact))
