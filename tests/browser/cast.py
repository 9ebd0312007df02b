"""One row of every kind that a page can show, for tests that walk through the pages."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from calls.choices import (
    CALLABLE_VERDICTS,
    LIST_DRAFTS,
    MOVING,
    CallStatus,
    ContactStatus,
    ContactVerdict,
    EventSource,
    ListStatus,
    MirrorStatus,
    SuppressionSource,
    SuppressionStatus,
    Verdict,
    WebhookRoute,
)
from calls.models import (
    Agent,
    CallEvent,
    CallingRule,
    CallList,
    CallLog,
    CallTemplate,
    ConsoleState,
    Contact,
    DataPoint,
    DoNotCall,
    Transcript,
    WebhookDelivery,
)

NUMBER = "+919876543210"
OTHER_NUMBER = "+919812345670"
PASSWORD = "correct horse battery"
# More than one page of the list of calls holds.
MANY_CALLS = 55


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The rows by the part they play; primary keys are read from them when addresses are formed."""

    boss: User
    colleague: User
    agent: Agent
    template: CallTemplate
    unused_template: CallTemplate
    finished: CallLog
    under_way: CallLog
    unconfirmed: CallLog
    queued: CallLog
    rejected: CallLog
    applied: WebhookDelivery
    stray: WebhookDelivery
    broken: WebhookDelivery
    hours: CallingRule
    suppressed: DoNotCall
    proposed: DoNotCall
    lists: dict[ListStatus, CallList]
    person: Contact


def make_cast(many_calls: int = MANY_CALLS) -> Cast:
    """Write the rows. They belong to whoever calls this, who empties the database afterwards."""
    boss = User.objects.create_superuser("boss", password=PASSWORD, first_name="Meera", last_name="Nair")
    colleague = User.objects.create_user("colleague", password=PASSWORD, is_staff=True)
    Group.objects.create(name="Front desk")
    ConsoleState.objects.update_or_create(
        pk=ConsoleState.KEY,
        defaults={"worker_seen_at": timezone.now(), "osvi_answered_at": timezone.now()},
    )
    agent = Agent.objects.create(agent_uuid="agent_front_desk", name="Front desk")
    Agent.objects.create(agent_uuid="agent_night_desk", name="Night desk", is_active=False)
    template = make_template(agent, "Appointment reminder")
    unused = make_template(agent, "Recall after half a year", is_archived=True)

    def call(status: CallStatus, name: str, **fields: Any) -> CallLog:
        return make_call(boss, template, status, person_name=name, **fields)

    # Before the single calls, so that these stay the newest of their kind.
    lists = make_lists(boss, template)
    for number in range(many_calls):
        call(CallStatus.FINISHED, f"Person {number}", outcome="not_picked")
    finished = make_finished_call(boss, template)
    under_way = call(CallStatus.ACCEPTED, "Ravi Iyer", call_id="call-0002")
    unconfirmed = call(CallStatus.UNCONFIRMED, "Lakshmi Menon", status_reason="OSVI did not answer in time.")
    queued = call(CallStatus.QUEUED, "Imran Shaikh")
    rejected = call(
        CallStatus.REJECTED, "Divya Pillai", status_reason="OSVI refused it: the agent does not exist."
    )
    return Cast(
        boss=boss,
        colleague=colleague,
        agent=agent,
        template=template,
        unused_template=unused,
        finished=finished,
        under_way=under_way,
        unconfirmed=unconfirmed,
        queued=queued,
        rejected=rejected,
        applied=make_delivery(Verdict.APPLIED, call=finished, changed=["outcome", "summary"]),
        stray=make_delivery(Verdict.UNMATCHED),
        broken=make_delivery(Verdict.FAILED, error="The outcome could not be read."),
        hours=make_hours(boss),
        suppressed=make_suppressed(boss, agent),
        proposed=make_proposed(finished),
        lists=lists,
        person=lists[ListStatus.CHECKED].contacts.get(row=2),
    )


# --- Call lists -------------------------------------------------------------------------------

# What the check may have found, with what the sentence about it needs.
FOUND: tuple[tuple[ContactVerdict, dict[str, Any]], ...] = (
    (ContactVerdict.READY, {}),
    (ContactVerdict.FIXED, {"how": ["country_code"], "code": "+91"}),
    (ContactVerdict.OUTSIDE_HOURS, {"opens_at": "2030-01-07T03:30:00+00:00", "zone": "Asia/Kolkata"}),
    (ContactVerdict.DUPLICATE, {"row": 2}),
    (ContactVerdict.DO_NOT_CALL, {"since": "2026-05-03T10:00:00+00:00", "reason": "Asked us to stop."}),
    (ContactVerdict.MISSING_VALUE, {"names": ["appointment_date"]}),
    (ContactVerdict.BAD_NUMBER, {"why": "letters"}),
)
# Each in another state; of the one whose columns are not chosen nobody is known yet.
LIST_STATES = tuple(status for status in ListStatus if status != ListStatus.MAPPING)


def make_list(person: User, template: CallTemplate, status: ListStatus, **fields: Any) -> CallList:
    """Return a saved list with nobody in it."""
    values: dict[str, Any] = {
        "name": f"Reminders: {status.label}",
        "country": "IN",
        "created_by": person,
        "file_name": "reminders.csv",
        "header": ["Name", "Telephone", "Appointment date"],
        "mapping": {"0": "name", "1": "number", "2": "value:appointment_date"},
    }
    if status not in LIST_DRAFTS:
        values |= {
            "launched_at": timezone.now(),
            "launched_by": person,
            "template_version": template.current_version(),
        }
    return CallList.objects.create(template=template, status=status, **{**values, **fields})


def make_contact(call_list: CallList, **fields: Any) -> Contact:
    """Return a saved person of a list, in the next row; ready to be called unless `fields` say otherwise."""
    row = call_list.contacts.count() + 2
    verdict = fields.get("verdict", ContactVerdict.READY)
    values: dict[str, Any] = {
        "row": row,
        "person_name": f"Person in row {row}",
        "phone_number": "" if verdict == ContactVerdict.BAD_NUMBER else f"+9198765{row:05}",
        "country": "IN",
        "verdict": verdict,
        "status": ContactStatus.WAITING if verdict in CALLABLE_VERDICTS else ContactStatus.SKIPPED,
        "values": {"appointment_date": "Monday at ten"},
        "cells": [f"Person in row {row}", f"98765{row:05}", "Monday at ten"],
    }
    return Contact.objects.create(call_list=call_list, **{**values, **fields})


def call_contact(contact: Contact, status: CallStatus, **fields: Any) -> CallLog:
    """Return a saved call to a person of a list, as the engine leaves both."""
    call_list = contact.call_list
    assert call_list.created_by is not None
    call = make_call(
        call_list.created_by,
        call_list.template,
        status,
        contact=contact,
        person_name=contact.person_name,
        phone_number=contact.phone_number,
        **fields,
    )
    contact.status = ContactStatus.CALLING if status in MOVING else ContactStatus.DONE
    contact.attempts, contact.last_call = 1, call
    contact.save()
    return call


def fill_list(call_list: CallList) -> None:
    """Put one person of every kind into a list; of one that was started, some were called."""
    people = [make_contact(call_list, verdict=verdict, detail=detail) for verdict, detail in FOUND]
    CallList.objects.filter(pk=call_list.pk).update(total=len(people), done=len(people))
    if call_list.is_draft or call_list.status == ListStatus.SCHEDULED:
        return
    call_contact(people[0], CallStatus.FINISHED, outcome="picked", duration_seconds=72)
    if call_list.status == ListStatus.RUNNING:
        call_contact(people[1], CallStatus.ACCEPTED)
    else:
        call_contact(people[1], CallStatus.FINISHED, outcome="not_picked")


def make_lists(person: User, template: CallTemplate) -> dict[ListStatus, CallList]:
    """Return a list in each state but the first, with one person of every kind in it."""
    lists: dict[ListStatus, CallList] = {
        status: make_list(person, template, status) for status in LIST_STATES
    }
    for call_list in lists.values():
        fill_list(call_list)
        call_list.note("The columns were chosen.", by=person)
    tomorrow = timezone.now() + timedelta(days=1)
    CallList.objects.filter(pk=lists[ListStatus.SCHEDULED].pk).update(start_at=tomorrow)
    CallList.objects.filter(pk=lists[ListStatus.PAUSED].pk).update(
        status_reason="Sending is paused for the whole console."
    )
    CallList.objects.filter(pk=lists[ListStatus.FAILED].pk).update(status_reason="The file holds no table.")
    return lists


def make_template(agent: Agent, name: str, **fields: Any) -> CallTemplate:
    """Return a saved template with one data point and two versions."""
    template = CallTemplate.objects.create(
        name=name,
        agent=agent,
        country="IN",
        greeting="Hello {{ person_name | there }}, your appointment is on {{ appointment_date }}.",
        prompt="Confirm the appointment on {{ appointment_date }}. Be {{ tone | friendly }}.",
        additional_data={"clinic": "City Dental"},
        max_call_duration_seconds=120,
        **fields,
    )
    DataPoint.objects.create(
        template=template,
        position=1,
        key="confirmed",
        description="Ask whether they come.",
        required=True,
        output_format="yes or no",
    )
    template.record_version(None)
    template.greeting = template.greeting.replace("Hello", "Good day")
    template.save()
    template.record_version(None)
    return template


def make_call(person: User, template: CallTemplate, status: CallStatus, **fields: Any) -> CallLog:
    """Return a saved call of the template with the step that began it."""
    values: dict[str, Any] = {
        "agent": template.agent,
        "template": template,
        "template_version": template.current_version(),
        "placed_by": person,
        "phone_number": NUMBER,
        "country": "IN",
        "status": status,
        "send_until": timezone.now() + timedelta(hours=1),
        "request": {
            "agent_uuid": template.agent.agent_uuid,
            "phone_number": "9876543210",
            "initial_greeting": "Good day, your appointment is on Monday.",
            "system_prompt": "Confirm the appointment on Monday. Be friendly.",
            "additional_data": {"clinic": "City Dental"},
            "call_config_overrides": {"max_call_duration_seconds": 120},
            "data_extraction": [
                {"key": "confirmed", "description": "Ask whether they come.", "required": True},
                {"key": "reason", "description": "If not, ask why.", "required": True},
            ],
        },
    }
    call = CallLog.objects.create(**{**values, **fields})
    CallEvent.objects.create(
        call=call, source=EventSource.PERSON, by=person, to_status=CallStatus.QUEUED, why="Call requested."
    )
    return call


def make_finished_call(person: User, template: CallTemplate) -> CallLog:
    """Return an answered call about which everything is known."""
    now = timezone.now()
    call = make_call(
        person,
        template,
        CallStatus.FINISHED,
        person_name="Asha Rao",
        call_id="call-0001",
        outcome="picked",
        sent_at=now,
        picked_at=now,
        finished_at=now,
        duration_seconds=72,
        ended_by="customer",
        ended_reason="hangup",
        tag="confirmed",
        summary="Asha comes on Monday at ten.",
        extracted={"confirmed": "yes"},
        analysis={"sentiment": "positive"},
        follow_up_owner=person,
        follow_up_on=timezone.localdate(),
    )
    CallEvent.objects.create(
        call=call,
        source=EventSource.WORKER,
        from_status=CallStatus.QUEUED,
        to_status=CallStatus.ACCEPTED,
        why="OSVI accepted the call.",
        evidence={"call_id": "call-0001"},
    )
    call.notes.create(by=person, text="Wants to be called in the morning.")
    call.corrections.create(by=person, key="reason", original=None, corrected="Was on holiday.")
    turns = [
        {"speaker": "agent", "text": "Good day, your appointment is on Monday."},
        {"speaker": "person", "text": "Yes, I will be there."},
    ]
    Transcript.objects.create(call=call, turns=turns, raw=turns, text=Transcript.as_text(turns))
    return call


def make_hours(person: User) -> CallingRule:
    """Return the hours of a country for which the console has none: some that a person entered."""
    rule = CallingRule.objects.create(
        country="FR", source="Our counsel", reviewed_on=date(2024, 5, 6), changed_by=person
    )
    for weekday in range(5):
        rule.windows.create(weekday=weekday, opens=time(10), closes=time(20))
    return rule


def make_suppressed(person: User, agent: Agent) -> DoNotCall:
    """Return an entry in force for a number that nobody of the cast has, which OSVI does not take."""
    entry = DoNotCall.objects.create(
        phone_number=OTHER_NUMBER, agent=agent, reason="Wrote a letter.", added_by=person
    )
    entry.mirrors.create(
        agent=agent, status=MirrorStatus.FAILED, error="OSVI could not be reached. Nothing was sent."
    )
    return entry


def make_proposed(call: CallLog) -> DoNotCall:
    """Return a proposal of a call, to be decided."""
    return DoNotCall.objects.create(
        phone_number=call.phone_number,
        call=call,
        status=SuppressionStatus.PROPOSED,
        source=SuppressionSource.CALL,
        reason="The summary says so.",
        words="She asked not to be called again.",
    )


def make_delivery(verdict: Verdict, **fields: Any) -> WebhookDelivery:
    """Return a delivery as the webhook leaves it."""
    body = b'{"call_status": "picked", "phone_number": "9876543210"}'
    return WebhookDelivery.objects.create(
        route=WebhookRoute.AGENT,
        verdict=verdict,
        source_address="192.0.2.7",
        body=body,
        body_size=len(body),
        body_digest=WebhookDelivery.digest(body),
        headers={"Content-Type": "application/json", "Authorization": "***"},
        **fields,
    )
