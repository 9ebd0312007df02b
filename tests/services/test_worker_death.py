"""A worker that dies at any boundary of dispatch leaves at most one ring and a status that somebody looks at."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import CallEvent, CallLog
from calls.osvi.client import OsviClient
from calls.services import dispatch as module
from calls.services.dispatch import dispatch
from calls.services.reconcile import reconcile
from calls.services.sweep import stale_sending_before, sweep
from tests.conftest import NUMBER, TOKEN
from tests.osvi.http_server import Handler, ScriptedServer, reply

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Like SIGKILL: no `except Exception` sees it."""


class Osvi:
    """Accepts every call and lists it, as the real one does."""

    def __init__(self, server: ScriptedServer) -> None:
        self.rung: list[str] = []
        server.script(self.answer)

    def answer(self, handler: Handler) -> None:
        item = {
            "call_id": "id-1",
            "phone_number": NUMBER,
            "status": "picked",
            "created_at": str(timezone.now()),
        }
        if handler.command == "POST":
            self.rung.append(NUMBER)
            reply(200, {"success": True, "data": {"call_id": "id-1"}})(handler)
        elif handler.path.startswith("/v1/calls"):
            items = [item] if self.rung else []
            reply(200, {"success": True, "data": items, "meta": {"total_pages": 1}})(handler)
        elif handler.path.endswith("/transcript"):
            reply(200, {"success": True, "data": {"transcript": ["Agent: Hello."]}})(handler)
        else:
            reply(200, {"success": True, "data": item | {"summary": "Fine."}})(handler)


class DyingClient(OsviClient):
    """Dies before the request, or after its answer."""

    moment = ""

    def place_call(self, request: Any) -> Any:
        if self.moment == "before the request":
            raise Killed
        placed = super().place_call(request)
        if self.moment == "after the answer":
            raise Killed
        return placed


@pytest.fixture
def provider(osvi: ScriptedServer) -> Osvi:
    return Osvi(osvi)


def die(*_args: Any, **_kwargs: Any) -> None:
    raise Killed


def later(call: CallLog, client: OsviClient) -> CallLog:
    """Run the regular check after the dead worker's time is over, and what it nudges."""
    past = timezone.now() - stale_sending_before() - timedelta(seconds=1)
    CallLog.objects.filter(status=CallStatus.SENDING).update(sent_at=past)
    sweep()
    dispatch(call.pk, client=client)
    CallLog.objects.filter(next_poll_at__isnull=False).update(next_poll_at=timezone.now())
    reconcile(call.pk, client=client)
    call.refresh_from_db()
    return call


def test_before_the_claim_is_committed(
    call: CallLog, provider: Osvi, osvi_client, queue, monkeypatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(CallEvent.objects, "create", die)
        with pytest.raises(Killed):
            dispatch(call.pk, client=osvi_client)
    call.refresh_from_db()
    assert (call.status, call.send_attempts, provider.rung) == (CallStatus.QUEUED, 0, [])

    # Nothing had left: the call goes out as if nothing had been.
    call = later(call, osvi_client)

    assert (call.status, call.outcome, len(provider.rung)) == (CallStatus.FINISHED, "picked", 1)


@pytest.mark.parametrize(
    ("moment", "rings", "end"),
    [
        ("before the request", 0, CallStatus.UNCONFIRMED),
        ("after the answer", 1, CallStatus.FINISHED),
    ],
)
def test_while_sending(
    call: CallLog,
    osvi: ScriptedServer,
    provider: Osvi,
    osvi_client,
    queue,
    moment: str,
    rings: int,
    end: CallStatus,
) -> None:
    dying = DyingClient(osvi.url, TOKEN, connect_timeout=5, read_timeout=10)
    dying.moment = moment
    with pytest.raises(Killed):
        dispatch(call.pk, client=dying)
    call.refresh_from_db()
    assert call.status == CallStatus.SENDING
    # Nudges that come again meanwhile change nothing.
    dispatch(call.pk, client=osvi_client)
    sweep()
    call.refresh_from_db()
    assert call.status == CallStatus.SENDING

    call = later(call, osvi_client)

    assert (call.status, len(provider.rung)) == (end, rings)
    assert call.events.filter(to_status=CallStatus.UNCONFIRMED).count() == 1


@pytest.mark.parametrize("what", ["record_answer", "_accepted"])
def test_after_the_answer_before_it_is_committed(
    call: CallLog, provider: Osvi, osvi_client, queue, monkeypatch, what: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, what, die)
        with pytest.raises(Killed):
            dispatch(call.pk, client=osvi_client)

    call = later(call, osvi_client)

    assert (call.status, call.call_id, call.summary) == (CallStatus.FINISHED, "id-1", "Fine.")
    assert len(provider.rung) == 1


def test_after_the_answer_is_committed(
    call: CallLog, provider: Osvi, osvi_client, queue, monkeypatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module.sending, "note_osvi_answered", die)
        with pytest.raises(Killed):
            dispatch(call.pk, client=osvi_client)
    call.refresh_from_db()
    assert (call.status, call.call_id) == (CallStatus.ACCEPTED, "id-1")

    assert later(call, osvi_client).status == CallStatus.FINISHED
    assert len(provider.rung) == 1


def test_an_answer_that_comes_after_the_sweep_gave_up_still_counts(
    call: CallLog, osvi: ScriptedServer, osvi_client, queue
) -> None:
    """A worker that was only slow: its call was parked meanwhile, and the answer moves it on."""

    def park_then_accept(handler: Handler) -> None:
        CallLog.objects.update(sent_at=timezone.now() - stale_sending_before() - timedelta(seconds=1))
        sweep()
        from django.db import connection

        connection.close()
        reply(200, {"success": True, "data": {"call_id": "id-1"}})(handler)

    osvi.script(park_then_accept)
    dispatch(call.pk, client=osvi_client)

    call.refresh_from_db()
    assert (call.status, call.call_id) == (CallStatus.ACCEPTED, "id-1")
    assert [event.to_status for event in call.events.all()] == ["sending", "unconfirmed", "accepted"]
