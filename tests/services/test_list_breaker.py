"""Reasons for which a list pauses itself, and that a person's word begins the count anew."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.choices import CallStatus, EventSource, ListStatus, NoticeKind
from calls.models import CallList, CallLog, CallTemplate, Notice, WebhookDelivery
from calls.services import list_breaker, list_run, sending
from calls.services.list_advance import advance
from tests.services.running import end, make_list, send

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def call_list(template: CallTemplate, django_user_model) -> CallList:
    by = django_user_model.objects.create_user("meera", is_staff=True)
    return make_list(template, people=200, pace_per_minute=60, at_once=100, launched_by=by)


def ring(call_list: CallList, endings: list[str], start: int = 0) -> None:
    """Place one call a second; each ends as told: OSVI's word, or "rejected", "unconfirmed"."""
    now = timezone.now()
    for second, ending in enumerate(endings, start=start):
        advance(call_list.pk, now + second * SECOND)
        call = CallLog.objects.filter(status=CallStatus.QUEUED).latest("pk")
        if ending in {"rejected", "unconfirmed"}:
            call.move(CallStatus.SENDING, source=EventSource.WORKER, why="", sent_at=now, send_attempts=1)
            call.move(CallStatus(ending), source=EventSource.WORKER, why="")
        else:
            end(call, ending, now - timedelta(minutes=5))
    advance(call_list.pk, now + (start + len(endings)) * SECOND)
    call_list.refresh_from_db()


def test_many_failures_pause_the_list_and_say_so(call_list: CallList):
    ring(call_list, ["picked"] * 5 + ["failed", "rejected", "unconfirmed", "failed", "rejected"])
    assert call_list.status == ListStatus.PAUSED
    assert call_list.status_reason == list_breaker.MANY_FAILED
    assert call_list.events.latest("pk").what == list_breaker.MANY_FAILED
    notice = Notice.objects.get()
    assert (notice.kind, notice.why) == (NoticeKind.PAUSED, list_breaker.MANY_FAILED)
    # Nothing that has not left goes out.
    assert not CallLog.objects.filter(status=CallStatus.QUEUED).exists()


def test_fewer_failures_do_not(call_list: CallList):
    ring(call_list, ["picked"] * 6 + ["failed", "rejected", "unconfirmed", "failed"])
    assert call_list.status == ListStatus.RUNNING


def test_a_few_calls_say_nothing(call_list: CallList):
    ring(call_list, ["failed"] * 9)
    assert call_list.status == ListStatus.RUNNING


def test_only_the_latest_calls_count(call_list: CallList):
    ring(call_list, ["picked"] * 15 + ["failed"] * 9)
    assert call_list.status == ListStatus.RUNNING
    ring(call_list, ["failed"], start=40)
    assert call_list.status == ListStatus.PAUSED


def test_nobody_answering_is_no_failure(call_list: CallList):
    ring(call_list, ["not_picked", "busy", "voicemail", "not_picked"] * 4)
    assert call_list.status == ListStatus.RUNNING


def test_after_a_person_resumed_it_only_what_came_then_counts(call_list: CallList):
    ring(call_list, ["failed"] * 10)
    assert call_list.status == ListStatus.PAUSED
    list_run.resume(call_list.pk, by=None)
    ring(call_list, ["failed"] * 9, start=30)
    assert call_list.status == ListStatus.RUNNING
    ring(call_list, ["failed"], start=60)
    assert call_list.status == ListStatus.PAUSED


def test_it_pauses_with_the_whole_console(call_list: CallList):
    sending.pause_until_token_is_corrected()
    assert advance(call_list.pk) == 0
    call_list.refresh_from_db()
    assert (call_list.status, call_list.status_reason) == (ListStatus.PAUSED, list_breaker.SENDING_PAUSED)


def test_it_pauses_when_osvi_cannot_be_reached(call_list: CallList):
    now = timezone.now()
    advance(call_list.pk, now)
    CallLog.objects.update(send_attempts=3, not_before=now + timedelta(minutes=5))
    assert advance(call_list.pk, now + SECOND) == 0
    call_list.refresh_from_db()
    assert (call_list.status, call_list.status_reason) == (ListStatus.PAUSED, list_breaker.NO_WAY_THROUGH)


def deliver() -> None:
    """Let OSVI have sent news of every call that was answered."""
    for call in CallLog.objects.filter(outcome="picked", deliveries=None):
        WebhookDelivery.objects.create(route="call", call=call)


def test_it_pauses_when_news_no_longer_comes_by_itself(call_list: CallList):
    ring(call_list, ["picked"] * 3)
    deliver()
    ring(call_list, ["picked"] * 4, start=10)
    assert call_list.status == ListStatus.RUNNING
    ring(call_list, ["picked"], start=20)
    assert (call_list.status, call_list.status_reason) == (ListStatus.PAUSED, list_breaker.NO_DELIVERIES)
    # Whoever resumes it knows that no news comes; that alone is no reason to pause again.
    list_run.resume(call_list.pk, by=None)
    ring(call_list, ["picked"] * 8, start=40)
    assert call_list.status == ListStatus.RUNNING


def test_news_that_never_came_is_no_reason(call_list: CallList):
    ring(call_list, ["picked"] * 12)
    assert call_list.status == ListStatus.RUNNING


def test_calls_under_way_say_nothing_yet(call_list: CallList):
    now = timezone.now()
    for second in range(12):
        advance(call_list.pk, now + second * SECOND)
        send(CallLog.objects.filter(status=CallStatus.QUEUED).latest("pk"), now)
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.RUNNING
