"""Handing a list over: each part sent once, never again while it may have arrived, and nobody of it called by us."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from calls.choices import ContactStatus, ContactVerdict, ListStatus, UploadStatus
from calls.models import CallList, CallTemplate, CampaignUpload, Contact
from calls.osvi.client import OsviClient
from calls.services import campaigns
from tests.osvi.http_server import Answer, ScriptedServer, hang_up, reply

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = reply(
    201,
    {
        "success": True,
        "data": {
            "campaign_upload_id": 19,
            "contacts_received": 3,
            "contacts_accepted": 2,
            "duplicates_removed": 1,
            "enqueued": True,
            "queued_calls": 2,
            "dnd_skipped": [{}],
        },
    },
)


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def call_list(template: CallTemplate) -> CallList:
    made = CallList.objects.create(
        name="Monday", template=template, country="IN", status=ListStatus.CHECKED, has_header=True
    )
    for row in range(2, 5):
        Contact.objects.create(
            call_list=made,
            row=row,
            person_name=f"Person {row}",
            phone_number=f"+9198765432{row:02}",
            country="IN",
            verdict=ContactVerdict.READY,
            status=ContactStatus.WAITING,
            values={"appointment_date": "Monday"},
        )
    Contact.objects.create(call_list=made, row=5, verdict=ContactVerdict.BAD_NUMBER)
    return made


@pytest.fixture
def hand_over(
    call_list: CallList, boss: User, osvi: ScriptedServer, osvi_client: OsviClient
) -> Callable[[Answer], CampaignUpload]:
    def hand_over(answer: Answer) -> CampaignUpload:
        osvi.script(answer)
        assert campaigns.hand_over(call_list.pk, 7, release=True, by=boss) == 1
        upload = CampaignUpload.objects.get()
        campaigns.send_part(upload.pk, client=osvi_client)
        upload.refresh_from_db()
        return upload

    return hand_over


def statuses(call_list: CallList) -> list[str]:
    return list(call_list.contacts.order_by("row").values_list("status", flat=True))


def test_everybody_who_may_be_called_is_given_once(
    hand_over: Callable[[Answer], CampaignUpload],
    call_list: CallList,
    osvi: ScriptedServer,
    osvi_client: OsviClient,
) -> None:
    upload = hand_over(TAKEN)
    campaigns.send_part(upload.pk, client=osvi_client)

    [request] = osvi.received
    body = json.loads(request.body)
    assert request.path == "/v1/campaigns/7/contacts"
    assert body["enqueue"] is True
    assert body["contacts"][0] == {
        "phone": "+919876543202",
        "person_name": "Person 2",
        "appointment_date": "Monday",
    }
    assert len(body["contacts"]) == 3
    assert upload.status == UploadStatus.ACCEPTED
    assert upload.upload_id == "19"
    assert upload.answer["dnd_skipped"] == 1
    assert statuses(call_list) == ["done", "done", "done", "skipped"]
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.HANDED_OVER


def test_long_lists_go_in_parts(call_list: CallList, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaigns, "part_size", lambda: 2)

    assert campaigns.hand_over(call_list.pk, 7, release=False, by=boss) == 2

    parts = CampaignUpload.objects.order_by("part").values_list("first_row", "last_row", "contacts")
    assert list(parts) == [(2, 3, 2), (4, 4, 1)]


def test_a_part_takes_no_more_than_osvi_takes() -> None:
    assert campaigns.part_size() == 10_000


@pytest.mark.parametrize("answer", [hang_up, reply(500, {"error": "internal"}), reply(201, {"data": {}})])
def test_a_part_that_may_have_arrived_is_never_sent_again_by_itself(
    answer: Answer,
    hand_over: Callable[[Answer], CampaignUpload],
    call_list: CallList,
    osvi: ScriptedServer,
    osvi_client: OsviClient,
) -> None:
    upload = hand_over(answer)

    assert upload.status == UploadStatus.UNCONFIRMED
    assert upload.error
    campaigns.sweep(100)
    campaigns.send_part(upload.pk, client=osvi_client)
    assert len(osvi.received) == 1
    assert statuses(call_list)[:3] == ["waiting"] * 3


def test_a_refused_part_may_be_sent_again_by_a_person(
    hand_over: Callable[[Answer], CampaignUpload], boss: User
) -> None:
    upload = hand_over(reply(400, {"success": False, "error": "no outbound trunk"}))

    assert upload.status == UploadStatus.REFUSED
    assert "no outbound trunk" in upload.error
    assert not campaigns.arrived(upload.pk, by=boss)
    assert campaigns.did_not_arrive(upload.pk, by=boss)
    upload.refresh_from_db()
    assert upload.status == UploadStatus.WAITING


def test_a_person_says_that_it_arrived(
    hand_over: Callable[[Answer], CampaignUpload], call_list: CallList, boss: User
) -> None:
    upload = hand_over(hang_up)

    assert campaigns.arrived(upload.pk, by=boss)
    assert not campaigns.arrived(upload.pk, by=boss)

    assert statuses(call_list)[:3] == ["done"] * 3
    assert call_list.events.filter(by=boss, what__contains="found at OSVI").count() == 1


def test_a_dead_worker_leaves_a_part_unconfirmed(call_list: CallList, boss: User) -> None:
    campaigns.hand_over(call_list.pk, 7, release=True, by=boss)
    long_ago = timezone.now() - timedelta(hours=1)
    CampaignUpload.objects.update(status=UploadStatus.SENDING, sent_at=long_ago)

    campaigns.sweep(100)

    assert CampaignUpload.objects.get().status == UploadStatus.UNCONFIRMED


def test_a_list_is_handed_over_once_and_only_when_it_was_checked(call_list: CallList, boss: User) -> None:
    campaigns.hand_over(call_list.pk, 7, release=True, by=boss)

    with pytest.raises(ValidationError):
        campaigns.hand_over(call_list.pk, 7, release=True, by=boss)
    assert CampaignUpload.objects.count() == 1


def test_a_list_of_nobody_is_not_handed_over(call_list: CallList, boss: User) -> None:
    call_list.contacts.update(status=ContactStatus.SKIPPED)

    with pytest.raises(ValidationError):
        campaigns.hand_over(call_list.pk, 7, release=True, by=boss)


def test_what_osvi_says_of_the_campaign(osvi: ScriptedServer, osvi_client: OsviClient) -> None:
    data: dict[str, Any] = {
        "campaign": {"id": 7, "name": "Recall", "status": "active"},
        "calls": {"total": 3, "by_status": {"picked": 2}},
        "uploads": [{"campaign_upload_id": 19, "queues": [{"agent_uuid": "a", "completed": False}]}],
    }
    osvi.script(reply(200, {"success": True, "data": data}))

    status, trouble = campaigns.standing(7, client=osvi_client)

    assert (status.name, status.calls_total, trouble) == ("Recall", 3, "")
    assert not campaigns.is_over(status)


def test_a_campaign_that_osvi_does_not_know(osvi: ScriptedServer, osvi_client: OsviClient) -> None:
    osvi.script(reply(404, {"success": False, "error": "Campaign not found"}))

    status, trouble = campaigns.standing(7, client=osvi_client)

    assert status is None
    assert "Campaign not found" in trouble
