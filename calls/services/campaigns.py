"""Campaigns: give the people of a checked list to a campaign at OSVI, which rings them by itself.

The part is committed as "sending" before the request; a part of which nobody knows whether it arrived is never
sent again by itself, since its people would be rung twice.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import ContactStatus, ContactVerdict, ListStatus, UploadStatus
from calls.models import CallList, CampaignUpload, Contact
from calls.osvi import contract, errors
from calls.osvi.client import OsviClient, get_client
from calls.services import do_not_call, nudge

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# A worker that sends is given the network's time limits and this before it counts as dead.
GRACE = timedelta(seconds=60)


def part_size() -> int:
    """Return how many people OSVI takes at a time."""
    return contract.limits("CampaignContacts.contacts").max_items or 1


def hand_over(list_pk: int, campaign_id: int, *, release: bool, by: "User") -> int:
    """Give everybody of a checked list who may be called to campaign `campaign_id`. Returns how many parts wait.

    `release`: OSVI may ring them at once; otherwise somebody releases them in OSVI's dashboard. From then on
    this console calls nobody of the list. Raises ValidationError by field if that is not possible.
    """
    with transaction.atomic():
        call_list = CallList.objects.select_for_update().get(pk=list_pk)
        if call_list.status != ListStatus.CHECKED:
            raise ValidationError(_("Only a list that was checked and not started can be handed over."))
        rows = list(call_list.contacts.to_call().order_by("row").values_list("row", flat=True))
        if not rows:
            raise ValidationError(_("Nobody of this list may be called, so there is nobody to hand over."))
        parts = [rows[start : start + part_size()] for start in range(0, len(rows), part_size())]
        uploads = CampaignUpload.objects.bulk_create(
            CampaignUpload(
                call_list=call_list,
                campaign_id=campaign_id,
                part=number,
                first_row=part[0],
                last_row=part[-1],
                contacts=len(part),
                release=release,
                requested_by=by,
            )
            for number, part in enumerate(parts, start=1)
        )
        call_list.status = ListStatus.HANDED_OVER
        call_list.launched_at, call_list.launched_by = timezone.now(), by
        call_list.template_version = call_list.template.current_version()
        call_list.save(update_fields=["status", "launched_at", "launched_by", "template_version"])
        call_list.note(
            gettext_noop("Handed over to campaign %(campaign)s at OSVI.") % {"campaign": campaign_id}, by=by
        )
    for upload in uploads:
        nudge.send_part(upload.pk)
    return len(uploads)


def send_part(upload_pk: int, *, client: OsviClient | None = None) -> None:
    """Send one part if it waits; otherwise do nothing. Never raises because of OSVI."""
    upload = CampaignUpload.objects.select_related("call_list__template__agent").get(pk=upload_pk)
    client = client or get_client()
    if upload.status != UploadStatus.WAITING or not _claim(upload):
        return
    people = list(_allowed(upload))
    if not people:
        _end(upload, UploadStatus.ACCEPTED, contacts=0)
        return
    request = contract.CampaignContacts(
        agent_uuid=upload.call_list.template.agent.agent_uuid,
        contacts=[_body(contact) for contact in people],
        enqueue=upload.release,
    )
    try:
        answer = client.add_contacts(upload.campaign_id, request)
    except (errors.NothingSent, errors.RateLimited) as error:
        _end(upload, UploadStatus.WAITING, error=error.recorded, sent_at=None)
    except errors.Rejected as error:
        _end(upload, UploadStatus.REFUSED, error=error.recorded)
    except errors.OutcomeUnknown as error:
        _end(upload, UploadStatus.UNCONFIRMED, error=error.recorded)
    else:
        _accepted(upload, people, answer)


def _claim(upload: CampaignUpload) -> bool:
    """Commit "sending" before the socket opens; False if another worker was faster."""
    with transaction.atomic(durable=True):
        waiting = CampaignUpload.objects.filter(pk=upload.pk, status=UploadStatus.WAITING)
        return bool(waiting.update(status=UploadStatus.SENDING, sent_at=timezone.now(), error=""))


def _allowed(upload: CampaignUpload) -> Iterator[Contact]:
    """Yield the people of a part who may be called at this moment; those who may not any more are left out."""
    people = list(
        upload.call_list.contacts.to_call()
        .filter(row__gte=upload.first_row, row__lte=upload.last_row)
        .order_by("row")
    )
    agent_pk = upload.call_list.template.agent_id
    listed = {person.phone_number for person in people}
    forbidden = do_not_call.entries(listed, agent_pk, timezone.now()).keys() | do_not_call.undecided(listed)
    Contact.objects.filter(
        pk__in=[person.pk for person in people if person.phone_number in forbidden]
    ).update(status=ContactStatus.SKIPPED, verdict=ContactVerdict.DO_NOT_CALL)
    yield from (person for person in people if person.phone_number not in forbidden)


def _body(contact: Contact) -> dict[str, Any]:
    named = {"person_name": contact.person_name} if contact.person_name else {}
    return {**contact.values, "phone": contact.phone_number, **named}


def _accepted(upload: CampaignUpload, people: list[Contact], answer: Any) -> None:
    with transaction.atomic():
        Contact.objects.filter(pk__in=[person.pk for person in people]).update(status=ContactStatus.DONE)
        _end(
            upload,
            UploadStatus.ACCEPTED,
            contacts=len(people),
            upload_id=str(answer.campaign_upload_id or ""),
            answer={
                "contacts_received": answer.contacts_received,
                "contacts_accepted": answer.contacts_accepted,
                "duplicates_removed": answer.duplicates_removed,
                "queued_calls": answer.queued_calls,
                "dnd_skipped": answer.dnd_skipped,
            },
        )


def _end(upload: CampaignUpload, status: UploadStatus, **fields: Any) -> None:
    CampaignUpload.objects.filter(pk=upload.pk, status=UploadStatus.SENDING).update(status=status, **fields)


# --- When nobody knows ------------------------------------------------------------------------


def arrived(upload_pk: int, *, by: "User") -> bool:
    """A person saw the part at OSVI: its people count as handed over. Returns False if nothing was unclear."""
    return _decide(
        upload_pk, UploadStatus.ACCEPTED, gettext_noop("Part %(part)d was found at OSVI."), by, done=True
    )


def did_not_arrive(upload_pk: int, *, by: "User") -> bool:
    """A person made sure that OSVI does not have the part: it is sent again. Returns False if nothing was unclear."""
    return _decide(
        upload_pk, UploadStatus.WAITING, gettext_noop("Part %(part)d did not arrive; it is sent again."), by
    )


def _decide(upload_pk: int, status: UploadStatus, what: str, by: "User", *, done: bool = False) -> bool:
    unclear = (UploadStatus.UNCONFIRMED, UploadStatus.REFUSED)
    with transaction.atomic():
        upload = (
            CampaignUpload.objects.select_related("call_list")
            .select_for_update(of=("self",))
            .get(pk=upload_pk)
        )
        if upload.status not in unclear or (done and upload.status != UploadStatus.UNCONFIRMED):
            return False
        CampaignUpload.objects.filter(pk=upload.pk).update(status=status, error="")
        if done:
            people = upload.call_list.contacts.to_call()
            people.filter(row__gte=upload.first_row, row__lte=upload.last_row).update(
                status=ContactStatus.DONE
            )
        upload.call_list.note(what % {"part": upload.part}, by=by)
    if status == UploadStatus.WAITING:
        nudge.send_part(upload.pk)
    return True


def sweep(limit: int) -> int:
    """Take up what lost nudges and dead workers left. Returns how many parts were touched."""
    now = timezone.now()
    limits = timedelta(seconds=settings.OSVI_CONNECT_TIMEOUT + settings.OSVI_READ_TIMEOUT)
    stale = CampaignUpload.objects.filter(status=UploadStatus.SENDING, sent_at__lt=now - limits - GRACE)
    why = gettext_noop("The worker stopped while it was sending this part. It may have arrived.")
    touched = stale.update(status=UploadStatus.UNCONFIRMED, error=why)
    waiting = CampaignUpload.objects.filter(status=UploadStatus.WAITING, requested_at__lt=now - GRACE)
    for pk in waiting.order_by("pk").values_list("pk", flat=True)[:limit]:
        nudge.send_part(pk)
        touched += 1
    return touched


# --- How far OSVI is --------------------------------------------------------------------------


def standing(campaign_id: int, *, client: OsviClient | None = None) -> tuple[Any, str]:
    """Return what OSVI says of a campaign (calls.osvi CampaignStatus), or None and why it cannot be said."""
    try:
        return (client or get_client()).campaign_status(campaign_id), ""
    except errors.OsviError as error:
        return None, str(error)


def is_over(status: Any) -> bool:
    """Tell whether every upload of a campaign has been worked through."""
    queues = [queue for upload in status.uploads for queue in upload.queues]
    return bool(queues) and all(queue.completed for queue in queues)
