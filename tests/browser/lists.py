"""Call lists for tests in the browser: one of each kind that the pages of results and of handing over show."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from calls.choices import (
    CallStatus,
    ContactStatus,
    ContactVerdict,
    ListStatus,
    NoticeKind,
    UploadStatus,
)
from calls.models import CallList, CampaignUpload, Contact, Notice
from tests.browser.cast import Cast, make_call


def make_list(cast: Cast, status: ListStatus, **fields: Any) -> CallList:
    """Return a list of the cast's template that its boss made."""
    values = {
        "name": "Monday's reminders",
        "template": cast.template,
        "country": "IN",
        "created_by": cast.boss,
    }
    return CallList.objects.create(status=status, **{**values, **fields})


def add_person(call_list: CallList, **fields: Any) -> Contact:
    """Add one person who may be called."""
    row = call_list.contacts.count() + 2
    values = {
        "row": row,
        "person_name": f"Person {row}",
        "phone_number": f"+9198765{row:05}",
        "country": "IN",
        "verdict": ContactVerdict.READY,
        "status": ContactStatus.WAITING,
        "values": {"appointment_date": "Monday at ten"},
    }
    return Contact.objects.create(call_list=call_list, **{**values, **fields})


def make_ready_list(cast: Cast) -> CallList:
    """Return a checked list of one person."""
    call_list = make_list(cast, ListStatus.CHECKED)
    add_person(call_list)
    return call_list


def make_finished_list(cast: Cast, **fields: Any) -> CallList:
    """Return a list that ran for two hours and ended: answered, not answered, left out."""
    start = timezone.now() - timedelta(hours=3)
    values = {"launched_at": start, "template_version": cast.template.current_version()}
    call_list = make_list(cast, ListStatus.FINISHED, **{**values, **fields})
    for number, outcome in enumerate(["picked", "picked", "not_picked", "busy", "voicemail", "failed"] * 3):
        contact = add_person(call_list, status=ContactStatus.DONE, attempts=1)
        answer = {"confirmed": "yes" if number % 2 else "no"} if outcome == "picked" else {}
        call = make_call(
            cast.boss,
            cast.template,
            CallStatus.FINISHED,
            contact=contact,
            person_name=contact.person_name,
            phone_number=contact.phone_number,
            outcome=outcome,
            extracted=answer,
            sent_at=start + timedelta(minutes=8 * number),
            duration_seconds=60 if outcome == "picked" else None,
        )
        Contact.objects.filter(pk=contact.pk).update(last_call=call)
    for verdict in (ContactVerdict.BAD_NUMBER, ContactVerdict.DO_NOT_CALL):
        add_person(call_list, status=ContactStatus.SKIPPED, verdict=verdict)
    return call_list


def make_handed_over_list(cast: Cast, status: UploadStatus) -> CallList:
    """Return a list of which one part was given to a campaign, with the given end."""
    call_list = make_list(cast, ListStatus.HANDED_OVER)
    person = add_person(call_list)
    CampaignUpload.objects.create(
        call_list=call_list,
        campaign_id=7,
        part=1,
        first_row=person.row,
        last_row=person.row,
        contacts=1,
        status=status,
        error="The worker stopped while it was sending this part. It may have arrived.",
    )
    return call_list


def make_notice(cast: Cast) -> Notice:
    """Return a notice that one of the boss's lists paused itself."""
    call_list = make_list(cast, ListStatus.PAUSED, status_reason="Sending is paused.")
    return Notice.objects.create(person=cast.boss, call_list=call_list, kind=NoticeKind.PAUSED, why="Paused.")
