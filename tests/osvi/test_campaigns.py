"""Campaigns over real HTTP: handing people over is as final as placing a call."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from calls.osvi.campaigns import CampaignStatus, UploadQueue
from calls.osvi.client import OsviClient
from calls.osvi.contract import CampaignContacts
from calls.osvi.errors import (
    AgentRejected,
    NotFound,
    NothingSent,
    OsviError,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TokenRejected,
    Unavailable,
)
from tests.conftest import NUMBER, TOKEN
from tests.osvi.http_server import (
    Answer,
    ScriptedServer,
    cut_off,
    hang_up,
    reply,
    reset,
    stay_silent,
    trickle,
)
from tests.payloads import load

CONTACTS = CampaignContacts(
    agent_uuid="agent_one",
    contacts=[
        {"phone": NUMBER, "person_name": "John Doe", "appointment_date": "Monday"},
        {"phone": "+919876543211", "person_name": "Asha Rao", "visits": 3},
    ],
    enqueue=True,
)
TAKEN = reply(200, load("campaigns/200_contacts"))


@pytest.fixture
def client(osvi: ScriptedServer) -> OsviClient:
    return OsviClient(osvi.url, TOKEN, connect_timeout=1.0, read_timeout=0.4)


def failure_of_handing_over(client: OsviClient) -> OsviError:
    with pytest.raises(OsviError) as caught:
        client.add_contacts(7, CONTACTS)
    kept = f"{caught.value} {caught.value.evidence}"
    assert NUMBER[3:] not in kept
    assert TOKEN not in kept
    return caught.value


def test_people_are_handed_over_once(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(TAKEN)

    upload = client.add_contacts(7, CONTACTS)

    [received] = osvi.received
    assert (received.method, received.path) == ("POST", "/v1/campaigns/7/contacts")
    assert received.headers["API-Token"] == TOKEN
    assert json.loads(received.body) == CONTACTS.body()
    assert json.loads(received.body)["contacts"][1]["visits"] == 3
    assert upload.campaign_upload_id == "19"
    assert (upload.contacts_received, upload.contacts_accepted, upload.duplicates_removed) == (3, 2, 1)
    assert (upload.enqueued, upload.queued_calls, upload.dnd_skipped) == (True, 1, 1)


def test_whom_osvi_skipped_is_counted_and_not_kept(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(TAKEN)

    upload = client.add_contacts(7, CONTACTS)

    assert upload.evidence.keys() == {"status", "elapsed_ms"}
    assert "Asha" not in repr(upload)


@pytest.mark.parametrize(
    "data",
    [
        {"campaign_upload_id": "19"},
        {"campaign_upload_id": 19, "contacts_received": None, "enqueued": "maybe", "dnd_skipped": {}},
        {"campaign_upload_id": 19, "contacts_accepted": -1, "queued_calls": "all", "dnd_skipped": "none"},
    ],
)
@pytest.mark.parametrize("wrapped", [True, False])
def test_missing_figures_are_not_said(
    osvi: ScriptedServer, client: OsviClient, data: dict[str, Any], wrapped: bool
) -> None:
    osvi.script(reply(201, {"success": True, "data": data} if wrapped else data))

    upload = client.add_contacts(7, CONTACTS)

    assert upload.campaign_upload_id == "19"
    assert {upload.contacts_received, upload.contacts_accepted, upload.queued_calls} == {None}
    assert (upload.enqueued, upload.dnd_skipped) == (None, None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, TokenRejected),
        (403, AgentRejected),
        (404, NotFound),
        (413, Rejected),
        (422, Rejected),
        (429, RateLimited),
        (302, OutcomeUnknown),
        (409, OutcomeUnknown),
        (500, OutcomeUnknown),
        (503, OutcomeUnknown),
    ],
)
def test_each_status_has_its_type(
    osvi: ScriptedServer, client: OsviClient, status: int, kind: type[OsviError]
) -> None:
    osvi.script(reply(status, {"success": False, "error": "The vendor's own words"}), TAKEN)

    error = failure_of_handing_over(client)

    assert type(error) is kind
    assert error.status == status
    assert len(osvi.received) == 1


def test_a_200_that_says_no_is_a_refusal(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(reply(200, {"success": False, "error": "No trunk is connected"}))

    error = failure_of_handing_over(client)

    assert type(error) is Rejected
    assert str(error) == "OSVI refused these people: No trunk is connected"


@pytest.mark.parametrize(
    "answer",
    [
        hang_up,
        reset,
        stay_silent,
        trickle,
        cut_off(200, b'{"success": true, "data": {"campaign_upload_id": 19}}'),
        reply(200, raw=b"<html>welcome</html>"),
        reply(200, raw=b""),
        reply(200, []),
        reply(200, {"success": True}),
        reply(200, {"success": True, "data": [19]}),
        reply(200, {"success": True, "data": {"campaign_upload_id": ""}}),
        reply(200, {"success": True, "data": {"campaign_upload_id": "9" * 300}}),
    ],
)
def test_a_lost_or_unreadable_answer_is_unknown_and_never_repeated(
    osvi: ScriptedServer, client: OsviClient, answer: Answer
) -> None:
    osvi.script(answer, TAKEN)

    error = failure_of_handing_over(client)

    assert type(error) is OutcomeUnknown
    assert "ringing them" in str(error)
    assert len(osvi.received) == 1


def test_a_closed_port_sent_nothing() -> None:
    client = OsviClient("http://127.0.0.1:1", TOKEN, connect_timeout=1.0, read_timeout=0.4)

    assert type(failure_of_handing_over(client)) is NothingSent


def test_data_that_json_cannot_hold_is_refused_before_anything_is_sent(
    osvi: ScriptedServer, client: OsviClient
) -> None:
    osvi.script(TAKEN)
    contacts = CONTACTS.model_copy(update={"contacts": [{"phone": NUMBER, "x": float("nan")}]})

    with pytest.raises(Rejected, match="Nobody was handed over"):
        client.add_contacts(7, contacts)

    assert osvi.received == []


def test_the_most_that_one_request_may_hold_arrives(osvi: ScriptedServer, osvi_client: OsviClient) -> None:
    osvi.script(TAKEN)
    many = [
        {"phone": f"+9198765{row:05}", "person_name": "Asha Rao", "due": "1 June"} for row in range(10_000)
    ]
    contacts = CampaignContacts.model_validate({"agent_uuid": "agent_one", "contacts": many})

    osvi_client.add_contacts(7, contacts)

    body = json.loads(osvi.received[0].body)
    assert (body["contacts"], body["enqueue"]) == (many, False)


def test_a_number_in_the_vendors_words_is_masked(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(
        reply(400, {"success": False, "error": f"{NUMBER} is not valid", "details": {"phone": NUMBER}})
    )

    error = failure_of_handing_over(client)

    assert NUMBER not in f"{error} {error.evidence}"
    assert str(error).endswith("+…10 is not valid")


def test_how_a_campaign_stands(osvi: ScriptedServer, client: OsviClient) -> None:
    osvi.script(reply(200, load("get/campaign_status")))

    campaign = client.campaign_status(7)

    assert osvi.received[0].path == "/v1/campaigns/7/status"
    assert (campaign.id, campaign.name, campaign.status) == ("7", "Renewals", "active")
    assert (campaign.is_retry_enabled, campaign.retry_threshold, campaign.retry_delay) == (True, 2, 900)
    assert campaign.created_at == datetime(2026, 6, 1, 3, 30, tzinfo=UTC)
    assert (campaign.calls_total, campaign.by_status) == (
        120,
        {"picked": 80, "not_picked": 30, "failed": 10},
    )
    [upload] = campaign.uploads
    assert (upload.campaign_upload_id, upload.agent_uuid) == ("19", "agent_one")
    assert upload.file_name == "1780291800-api_contacts_3f2a.csv"
    assert upload.queues == (UploadQueue("agent_one", 50, False),)


@pytest.mark.parametrize(
    "data",
    [
        {"campaign": {}},
        {"calls": {}},
        {"campaign": {"id": [], "name": {}, "retry_delay": "soon"}, "calls": 5, "uploads": 7},
        {
            "campaign": [],
            "calls": {"total": -1, "by_status": {"picked": "many", "": 4}},
            "uploads": [None, 7],
        },
        {"campaign": {"is_retry_enabled": 1, "created_at": "yesterday"}, "calls": {"by_status": [1]}},
    ],
)
def test_what_cannot_be_read_is_not_said(
    osvi: ScriptedServer, client: OsviClient, data: dict[str, Any]
) -> None:
    osvi.script(reply(200, {"success": True, "data": data}))

    assert client.campaign_status(7) == CampaignStatus("", "", "", None, None, None, None, None, {}, ())


def test_strange_uploads_and_queues(osvi: ScriptedServer, client: OsviClient) -> None:
    uploads = [{}, {"campaign_upload_id": 19, "queues": [None, {"total_queued": "9", "completed": "true"}]}]
    osvi.script(reply(200, {"data": {"campaign": {}, "uploads": uploads}}))

    first, second = client.campaign_status(7).uploads

    assert (first.campaign_upload_id, first.queues) == ("", ())
    assert (second.campaign_upload_id, second.queues) == ("19", (UploadQueue("", 9, True),))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(401, load("errors/401_error")), TokenRejected),
        (reply(404, load("get/404_not_found")), NotFound),
        (reply(429, {"error": "slow"}), RateLimited),
        (reply(500, {"error": "oops"}), Unavailable),
        (reply(200, {"success": True, "data": {}}), Unavailable),
        (reply(200, {"success": True, "data": []}), Unavailable),
        (reply(200, 5), Unavailable),
        (stay_silent, Unavailable),
    ],
)
def test_failures_of_reading(
    osvi: ScriptedServer, client: OsviClient, answer: Answer, kind: type[OsviError]
) -> None:
    osvi.script(answer)

    with pytest.raises(OsviError) as caught:
        client.campaign_status(7)

    assert type(caught.value) is kind


@pytest.mark.parametrize("campaign_id", ["7/../8", "7", 7.5])
def test_a_campaign_is_a_number(osvi: ScriptedServer, client: OsviClient, campaign_id: Any) -> None:
    with pytest.raises(ValueError, match="format code"):
        client.campaign_status(campaign_id)

    assert osvi.received == []
