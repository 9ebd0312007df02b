"""What people do with a running list: pause, resume, cancel, take somebody out, a new list of those not reached."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from calls.choices import CallStatus, ContactStatus, ContactVerdict, EventSource, ListStatus
from calls.models import CallList, CallLog, CallTemplate
from calls.services import list_run, sending
from calls.services.dispatch import dispatch
from calls.services.list_advance import advance
from tests.osvi.http_server import ScriptedServer
from tests.services.running import end, make_list, person, send, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(template: CallTemplate) -> CallList:
    """Five people: one call under way, one not sent yet, three wait."""
    call_list = make_list(template, people=5)
    now = timezone.now()
    advance(call_list.pk, now)
    send(CallLog.objects.get(), now)
    advance(call_list.pk, now + timedelta(seconds=1))
    return call_list


def test_pausing_takes_back_what_has_not_left(busy: CallList):
    stopped = list_run.pause(busy.pk, by=None)
    assert (stopped.on_their_way, stopped.taken_back) == (1, 1)
    busy.refresh_from_db()
    assert busy.status == ListStatus.PAUSED
    assert statuses(busy) == ["calling", "waiting", "waiting", "waiting", "waiting"]
    second = person(busy, 2)
    assert second.attempts == 0
    assert second.last_call is not None
    assert second.last_call.status == CallStatus.CANCELLED
    assert busy.events.latest("pk").evidence == {"on_their_way": 1, "taken_back": 1}
    assert advance(busy.pk, timezone.now() + timedelta(minutes=1)) == 0


def test_pausing_twice_is_fine(busy: CallList):
    list_run.pause(busy.pk, by=None)
    stopped = list_run.pause(busy.pk, by=None)
    assert (stopped.on_their_way, stopped.taken_back) == (1, 0)
    assert busy.events.filter(what__startswith="Paused").count() == 1


def test_after_resuming_the_person_who_was_taken_back_is_called(busy: CallList):
    list_run.pause(busy.pk, by=None)
    list_run.resume(busy.pk, by=None)
    busy.refresh_from_db()
    assert busy.status == ListStatus.RUNNING
    assert busy.resumed_at is not None
    assert advance(busy.pk, timezone.now() + timedelta(seconds=1)) >= 1
    second = person(busy, 2)
    assert (second.status, second.attempts) == (ContactStatus.CALLING, 1)
    assert second.calls.count() == 2


def test_a_call_that_osvi_put_off_does_not_leave_after_the_pause(
    template: CallTemplate, osvi_settings: ScriptedServer
):
    call_list = make_list(template, people=1)
    now = timezone.now()
    advance(call_list.pk, now)
    call = CallLog.objects.get()
    call.move(CallStatus.SENDING, source=EventSource.WORKER, why="", sent_at=now, send_attempts=1)
    assert list_run.pause(call_list.pk, by=None).on_their_way == 1
    # OSVI asks to come back later.
    call.move(CallStatus.QUEUED, source=EventSource.WORKER, why="", sent_at=None, not_before=None)
    dispatch(call.pk)
    call.refresh_from_db()
    assert call.status == CallStatus.QUEUED
    assert not osvi_settings.received
    advance(call_list.pk, now + timedelta(seconds=1))
    call.refresh_from_db()
    assert call.status == CallStatus.CANCELLED
    assert statuses(call_list) == ["waiting"]


def test_a_list_that_starts_later_can_be_paused_and_keeps_its_time(template: CallTemplate):
    start_at = timezone.now() + timedelta(hours=2)
    call_list = make_list(template, status=ListStatus.SCHEDULED, start_at=start_at, launched_at=None)
    list_run.pause(call_list.pk, by=None)
    list_run.resume(call_list.pk, by=None)
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.SCHEDULED
    assert call_list.launched_at is None
    assert call_list.next_tick_at == start_at


def test_resuming_waits_for_the_whole_console(busy: CallList):
    list_run.pause(busy.pk, by=None)
    sending.pause("Token.")
    with pytest.raises(ValidationError, match="whole console"):
        list_run.resume(busy.pk, by=None)


def test_cancelling_ends_the_list_for_good(busy: CallList):
    stopped = list_run.cancel(busy.pk, by=None)
    assert (stopped.on_their_way, stopped.taken_back) == (1, 1)
    busy.refresh_from_db()
    assert busy.status == ListStatus.CANCELLED
    assert busy.finished_at is not None
    assert statuses(busy) == ["calling", "waiting", "waiting", "waiting", "waiting"]
    with pytest.raises(ValidationError, match="Cancelled"):
        list_run.resume(busy.pk, by=None)
    list_run.cancel(busy.pk, by=None)


@pytest.mark.parametrize("status", [ListStatus.FINISHED, ListStatus.CANCELLED, ListStatus.CHECKED])
def test_only_a_list_under_way_can_be_paused(template: CallTemplate, status: ListStatus):
    call_list = make_list(template, status=status)
    with pytest.raises(ValidationError):
        list_run.pause(call_list.pk, by=None)


# --- One person -------------------------------------------------------------------------------


def test_somebody_who_waits_is_taken_out(busy: CallList):
    list_run.remove(person(busy, 3).pk, by=None)
    list_run.remove(person(busy, 3).pk, by=None)
    assert person(busy, 3).status == ContactStatus.REMOVED
    assert person(busy, 3).events.count() == 1


def test_somebody_whose_call_has_not_left_is_taken_out(busy: CallList):
    list_run.remove(person(busy, 2).pk, by=None)
    second = person(busy, 2)
    assert second.status == ContactStatus.REMOVED
    assert second.last_call is not None
    assert second.last_call.status == CallStatus.CANCELLED


def test_it_is_too_late_for_somebody_who_is_being_called(busy: CallList):
    with pytest.raises(list_run.TooLate):
        list_run.remove(person(busy, 1).pk, by=None)
    assert person(busy, 1).status == ContactStatus.CALLING


# --- Those who were not reached ---------------------------------------------------------------


def test_a_new_list_of_those_who_were_not_reached(template: CallTemplate):
    call_list = make_list(template, people=8, name="Renewals (2)", next_slot_at=None)
    outcomes = ["picked", "not_picked", "busy"]
    now = timezone.now() - timedelta(hours=2)
    for row, outcome in enumerate(outcomes, start=1):
        advance(call_list.pk, now + timedelta(seconds=row))
        end(CallLog.objects.latest("pk"), outcome, now)
    for row, status in ((4, CallStatus.UNCONFIRMED), (5, CallStatus.REJECTED)):
        advance(call_list.pk, now + timedelta(seconds=row))
        call = CallLog.objects.latest("pk")
        call.move(CallStatus.SENDING, source=EventSource.WORKER, why="", sent_at=now, send_attempts=1)
        call.move(status, source=EventSource.WORKER, why="")
    CallLog.objects.update(requested_at=now)
    call_list.contacts.filter(row=6).update(status=ContactStatus.SKIPPED, verdict=ContactVerdict.DO_NOT_CALL)
    call_list.contacts.filter(row=7).update(status=ContactStatus.REMOVED)
    call_list.contacts.filter(row=8).update(detail={"how": ["plus"]})
    with pytest.raises(ValidationError, match="ended"):
        list_run.clone_not_reached(call_list.pk, by=None)
    list_run.cancel(call_list.pk, by=None)
    advance(call_list.pk, timezone.now())

    clone = list_run.clone_not_reached(call_list.pk, by=None)
    assert (clone.name, clone.status, clone.total) == ("Renewals (3)", ListStatus.CHECKED, 4)
    assert clone.cloned_from == call_list
    names = list(clone.contacts.order_by("row").values_list("person_name", flat=True))
    assert names == ["Person 2", "Person 3", "Person 5", "Person 8"]
    assert statuses(clone) == ["waiting"] * 4
    assert clone.contacts.get(person_name="Person 8").verdict == ContactVerdict.FIXED


def test_no_new_list_if_everybody_was_reached(template: CallTemplate):
    call_list = make_list(template, people=1)
    advance(call_list.pk)
    end(CallLog.objects.get(), "picked")
    advance(call_list.pk, timezone.now() + timedelta(seconds=2))
    with pytest.raises(ValidationError, match="Everybody"):
        list_run.clone_not_reached(call_list.pk, by=None)
