"""What becomes of a person of a list when their call is over: done, another call, or left out, by rule."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.choices import (
    CallStatus,
    ContactStatus,
    ContactVerdict,
    EventSource,
    ListStatus,
    RetryOwner,
    SuppressionSource,
)
from calls.models import Agent, CallList, CallLog, CallTemplate, Contact
from calls.services import do_not_call, guards
from calls.services.cancel import cancel
from calls.services.list_advance import advance
from calls.services.list_retries import most_calls
from tests.services.running import end, make_list, person, send, statuses

pytestmark = pytest.mark.django_db

RULES = {
    "not_picked": {"times": 2, "minutes": 30},
    "busy": {"times": 3, "minutes": 5},
    "failed": {"times": 1, "minutes": 10},
}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def call_list(template: CallTemplate) -> CallList:
    """One person, rung again by this console."""
    return make_list(template, people=1, retry_owner=RetryOwner.CONSOLE, retry_rules=RULES)


def latest() -> CallLog:
    return CallLog.objects.latest("pk")


def ring(call_list: CallList, outcome: str, now: Any, **fields: Any) -> Contact:
    """Place the person's call, let it end so, and look again."""
    assert advance(call_list.pk, now) == 1
    end(latest(), outcome, now, **fields)
    advance(call_list.pk, now + timedelta(seconds=2))
    return person(call_list)


def test_an_answered_call_is_the_last_one(call_list: CallList):
    contact = ring(call_list, "picked", timezone.now())
    assert contact.status == ContactStatus.DONE
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.FINISHED


def test_who_did_not_answer_is_rung_again_after_the_wait(call_list: CallList):
    now = timezone.now()
    contact = ring(call_list, "not_picked", now)
    assert contact.status == ContactStatus.WAITING
    assert contact.next_attempt_at == now + 30 * MINUTE
    assert contact.events.count() == 1
    assert advance(call_list.pk, now + 29 * MINUTE) == 0
    assert advance(call_list.pk, now + 31 * MINUTE) == 1
    assert person(call_list).attempts == 2


@pytest.mark.parametrize(
    ("outcomes", "calls"),
    [
        (["not_picked"] * 5, 3),
        (["busy"] * 6, 4),
        (["failed"] * 3, 2),
        (["voicemail"] * 3, 1),
        (["an unknown word"] * 2, 1),
        (["busy", "not_picked", "busy", "failed", "busy"], 4),
        (["not_picked", "failed", "busy"], 2),
        (["busy", "busy", "picked"], 3),
    ],
)
def test_nobody_is_rung_more_often_than_the_rule_says(call_list: CallList, outcomes: list[str], calls: int):
    now = timezone.now()
    for outcome in outcomes:
        if advance(call_list.pk, now):
            end(latest(), outcome, now)
        advance(call_list.pk, now + timedelta(seconds=2))
        now += 40 * MINUTE
    assert CallLog.objects.count() == calls
    assert calls <= most_calls(call_list) == 4
    assert person(call_list).status == ContactStatus.DONE


def test_nobody_is_rung_again_if_nobody_owns_it(template: CallTemplate):
    call_list = make_list(template, people=1, retry_rules=RULES)
    assert ring(call_list, "not_picked", timezone.now()).status == ContactStatus.DONE
    assert latest().request["call_config_overrides"]["retry_config"] == {"enabled": False}


def test_osvi_owns_it(template: CallTemplate):
    call_list = make_list(
        template,
        people=1,
        retry_owner=RetryOwner.OSVI,
        retry_rules=RULES,
        retry_max_attempts=3,
        retry_interval_minutes=20,
    )
    now = timezone.now()
    # OSVI may ring again, so the person is not done while OSVI is still asked.
    contact = ring(call_list, "not_picked", now, next_poll_at=now + MINUTE)
    assert contact.status == ContactStatus.CALLING
    assert latest().request["call_config_overrides"]["retry_config"] == {
        "enabled": True,
        "max_attempts": 3,
        "interval_minutes": 20,
    }
    # But it occupies no line.
    CallList.objects.filter(pk=call_list.pk).update(at_once=1)
    Contact.objects.create(
        call_list=call_list,
        row=2,
        phone_number="+919876500002",
        country="IN",
        status=ContactStatus.WAITING,
        verdict=ContactVerdict.READY,
        values={"appointment_date": "3 May"},
    )
    assert advance(call_list.pk, now + timedelta(seconds=5)) == 1
    CallLog.objects.filter(contact=contact).update(next_poll_at=None)
    advance(call_list.pk, now + timedelta(seconds=6))
    assert person(call_list).status == ContactStatus.DONE


def test_never_after_a_call_that_may_not_have_left(call_list: CallList):
    now = timezone.now()
    advance(call_list.pk, now)
    call = latest()
    call.move(CallStatus.SENDING, source=EventSource.WORKER, why="", sent_at=now, send_attempts=1)
    call.move(CallStatus.UNCONFIRMED, source=EventSource.WORKER, why="")
    advance(call_list.pk, now + MINUTE)
    assert person(call_list).status == ContactStatus.CALLING
    # OSVI's list shows later that nobody answered.
    call.move(CallStatus.FINISHED, source=EventSource.POLL, why="", outcome="not_picked", finished_at=now)
    advance(call_list.pk, now + 2 * MINUTE)
    assert person(call_list).status == ContactStatus.DONE


def test_an_unconfirmed_call_holds_its_line_as_long_as_it_may_ring(template: CallTemplate):
    call_list = make_list(template, people=2, at_once=1)
    now = timezone.now()
    advance(call_list.pk, now)
    call = latest()
    call.move(CallStatus.SENDING, source=EventSource.WORKER, why="", sent_at=now, send_attempts=1)
    call.move(CallStatus.UNCONFIRMED, source=EventSource.WORKER, why="")
    assert advance(call_list.pk, now + 6 * MINUTE) == 0
    assert advance(call_list.pk, now + 8 * MINUTE) == 1
    assert statuses(call_list) == ["done", "calling"]


@pytest.mark.parametrize("status", [CallStatus.REJECTED, CallStatus.UNCONFIRMED])
def test_never_after_a_refused_call(call_list: CallList, status: CallStatus):
    now = timezone.now()
    advance(call_list.pk, now)
    call = latest()
    call.move(CallStatus.SENDING, source=EventSource.WORKER, why="", sent_at=now, send_attempts=1)
    call.move(status, source=EventSource.WORKER, why="")
    advance(call_list.pk, now + 60 * MINUTE)
    assert person(call_list).status == ContactStatus.DONE
    assert CallLog.objects.count() == 1


def test_never_who_asked_not_to_be_called(call_list: CallList, agent: Agent):
    now = timezone.now()
    advance(call_list.pk, now)
    call = end(latest(), "not_picked", now)
    do_not_call.suppress(
        call.phone_number, agent=None, reason="asked", source=SuppressionSource.STAFF, by=None
    )
    advance(call_list.pk, now + MINUTE)
    assert person(call_list).status == ContactStatus.DONE


def test_never_while_somebody_has_to_decide_about_it(call_list: CallList):
    now = timezone.now()
    advance(call_list.pk, now)
    call = end(latest(), "not_picked", now)
    do_not_call.propose(call, "Please stop calling me", "summary")
    advance(call_list.pk, now + MINUTE)
    assert person(call_list).status == ContactStatus.DONE


def test_a_person_who_cancels_the_call_does_not_want_it(call_list: CallList):
    now = timezone.now()
    advance(call_list.pk, now)
    cancel(latest().pk, source=EventSource.PERSON)
    advance(call_list.pk, now + MINUTE)
    contact = person(call_list)
    assert (contact.status, contact.attempts) == (ContactStatus.DONE, 0)


# --- What the guards right before dialling refused ---------------------------------------------


def blocked(call_list: CallList, refusal: guards.Refusal, now: Any) -> Contact:
    """Let a guard refuse the person's call right before it is sent."""
    advance(call_list.pk, now)
    latest().move(
        CallStatus.BLOCKED, source=EventSource.WORKER, why=refusal.why, evidence=refusal.as_evidence()
    )
    advance(call_list.pk, now + timedelta(seconds=1))
    return person(call_list)


def test_outside_hours_the_person_waits_and_it_does_not_count(call_list: CallList):
    now = timezone.now()
    opens_at = now + 300 * MINUTE
    contact = blocked(call_list, guards.Refusal(guards.HOURS, "Closed.", opens_at=opens_at), now)
    assert (contact.status, contact.verdict) == (ContactStatus.WAITING, ContactVerdict.OUTSIDE_HOURS)
    assert (contact.attempts, contact.next_attempt_at) == (0, opens_at)
    assert advance(call_list.pk, opens_at + MINUTE) == 1
    contact = person(call_list)
    assert (contact.attempts, contact.verdict) == (1, ContactVerdict.READY)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (guards.SUPPRESSED, ContactVerdict.DO_NOT_CALL),
        (guards.UNKNOWN_HOURS, ContactVerdict.NO_HOURS),
        (guards.HOURS, ContactVerdict.NO_HOURS),
        (guards.CAP, ContactVerdict.OVER_CAP),
    ],
)
def test_who_cannot_be_called_at_all_is_left_out(call_list: CallList, kind: str, verdict: ContactVerdict):
    contact = blocked(call_list, guards.Refusal(kind, "No."), timezone.now())
    assert (contact.status, contact.verdict, contact.attempts) == (ContactStatus.SKIPPED, verdict, 0)
    assert contact.events.get().what == "No."


def test_over_a_cap_the_person_waits_if_that_is_soon_over(call_list: CallList):
    now = timezone.now()
    free = now + 120 * MINUTE
    contact = blocked(call_list, guards.Refusal(guards.CAP, "Often enough.", opens_at=free), now)
    assert (contact.status, contact.next_attempt_at) == (ContactStatus.WAITING, free)


def test_a_call_that_could_not_be_sent_in_time_is_placed_again(call_list: CallList):
    now = timezone.now()
    advance(call_list.pk, now)
    latest().move(CallStatus.BLOCKED, source=EventSource.SWEEP, why="Too late.")
    assert advance(call_list.pk, now + timedelta(seconds=1)) == 1
    assert CallLog.objects.count() == 2
    assert person(call_list).attempts == 1


def test_a_call_that_does_not_fit_is_not_placed_again(call_list: CallList):
    now = timezone.now()
    advance(call_list.pk, now)
    latest().move(
        CallStatus.BLOCKED, source=EventSource.WORKER, why="Does not fit.", evidence={"problems": ["x"]}
    )
    advance(call_list.pk, now + timedelta(seconds=1))
    assert person(call_list).status == ContactStatus.DONE
    assert CallLog.objects.count() == 1


@pytest.mark.parametrize("status", [ListStatus.PAUSED, ListStatus.CANCELLED])
def test_calls_that_had_left_are_told_about_after_the_list_was_stopped(
    call_list: CallList, status: ListStatus
):
    now = timezone.now()
    advance(call_list.pk, now)
    send(latest(), now)
    CallList.objects.filter(pk=call_list.pk).update(status=status)
    advance(call_list.pk, now)
    call = latest()
    call.move(CallStatus.FINISHED, source=EventSource.POLL, why="", outcome="not_picked", finished_at=now)
    advance(call_list.pk, now + MINUTE)
    ends = {ListStatus.PAUSED: ContactStatus.WAITING, ListStatus.CANCELLED: ContactStatus.DONE}
    assert person(call_list).status == ends[status]
    call_list.refresh_from_db()
    assert call_list.status == status
    # Nothing more can happen by itself.
    assert call_list.next_tick_at is None
