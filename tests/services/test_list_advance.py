"""One look at a list after the other: pace, lines, ceilings, the chain of looks, and the end."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.choices import CallStatus, ContactStatus, ContactVerdict, ListStatus, NoticeKind
from calls.models import CallList, CallLog, CallTemplate, ConsoleState, Notice
from calls.services import caps, contact_words, list_advance
from calls.services.list_advance import advance, name_of
from tests.services.running import end, make_list, night_in_india, person, send, statuses

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def run(call_list: CallList, seconds: int, outcome: str = "picked") -> int:
    """Look every second of simulated time; each call ends as `outcome` before the next look."""
    now = timezone.now()
    placed = 0
    for second in range(seconds):
        placed += advance(call_list.pk, now + second * SECOND)
        for call in CallLog.objects.filter(status=CallStatus.QUEUED):
            end(call, outcome, now + second * SECOND)
    call_list.refresh_from_db()
    return placed


def test_the_first_look_places_the_first_call(template: CallTemplate):
    call_list = make_list(template)
    assert advance(call_list.pk) == 1
    call = CallLog.objects.get()
    first = person(call_list)
    assert first.status == ContactStatus.CALLING
    assert first.last_call == call
    assert first.attempts == 1
    assert call.contact == first
    assert call.status == CallStatus.QUEUED
    assert call.request["initial_greeting"] == "Hello Person 1, your appointment is on 3 May."
    assert statuses(call_list) == ["calling", "waiting", "waiting"]


def test_only_a_running_list_is_worked_through(template: CallTemplate):
    for status in set(ListStatus) - {ListStatus.RUNNING}:
        call_list = make_list(template, status=status)
        assert advance(call_list.pk) == 0
    assert not CallLog.objects.exists()


def test_a_look_that_is_repeated_places_nothing_twice(template: CallTemplate):
    call_list = make_list(template)
    now = timezone.now()
    assert [advance(call_list.pk, now) for _ in range(5)] == [1, 0, 0, 0, 0]


def test_everybody_is_called_once_and_the_list_ends(template: CallTemplate, settings, django_user_model):
    settings.SENDS_EMAIL = True
    by = django_user_model.objects.create_user("meera", "meera@example.org", is_staff=True)
    call_list = make_list(template, people=3, created_by=by, launched_by=by)
    assert run(call_list, 10) == 3
    assert call_list.status == ListStatus.FINISHED
    assert call_list.finished_at is not None
    assert statuses(call_list) == ["done"] * 3
    notice = Notice.objects.get()
    assert (notice.person, notice.kind) == (by, NoticeKind.ENDED)
    assert notice.next_mail_at is not None
    assert set(CallLog.objects.values_list("placed_by", flat=True)) == {by.pk}


def test_the_pace_is_kept_over_ten_minutes(template: CallTemplate, settings):
    pace = 17
    settings.LIST_CALLS_PER_MINUTE, settings.LIST_CALLS_AT_ONCE = 120, 10_000
    call_list = make_list(template, people=pace * 10 + 50, pace_per_minute=pace, at_once=10_000)
    now, placed = timezone.now(), []
    # Looks come about every second and a half, now and then late.
    late = itertools.cycle([1.1, 1.4, 1.9, 1.2, 3.8])
    passed = 0.0
    while passed < 600:
        placed.append(advance(call_list.pk, now + timedelta(seconds=passed)))
        passed += next(late)
    assert abs(sum(placed) - pace * 10) <= 0.05 * pace * 10
    # No burst: never more than a few seconds' worth in one look.
    assert max(placed) <= pace / 60 * 5 + 2


def test_what_a_stopped_worker_missed_is_not_made_good(template: CallTemplate, settings):
    settings.LIST_CALLS_AT_ONCE = 1000
    call_list = make_list(template, people=500, pace_per_minute=60, at_once=1000)
    now = timezone.now()
    advance(call_list.pk, now)
    assert advance(call_list.pk, now + timedelta(minutes=10)) <= 6


def test_turns_do_not_add_up_while_all_lines_are_taken(template: CallTemplate):
    call_list = make_list(template, people=50, pace_per_minute=60, at_once=1)
    now = timezone.now()
    assert advance(call_list.pk, now) == 1
    assert [advance(call_list.pk, now + step * SECOND) for step in range(1, 8)] == [0] * 7
    CallList.objects.filter(pk=call_list.pk).update(at_once=50)
    assert [advance(call_list.pk, now + step * SECOND) for step in range(8, 12)] == [2, 1, 1, 1]


def test_no_more_calls_at_the_same_time_than_the_list_allows(template: CallTemplate):
    call_list = make_list(template, people=50, pace_per_minute=100, at_once=3)
    now = timezone.now()
    for second in range(20):
        advance(call_list.pk, now + second * SECOND)
    assert CallLog.objects.count() == 3
    end(CallLog.objects.order_by("pk")[0], "picked")
    advance(call_list.pk, now + 21 * SECOND)
    assert CallLog.objects.filter(status=CallStatus.QUEUED).count() == 3


def test_a_call_of_which_nothing_is_heard_frees_its_line_in_the_end(template: CallTemplate):
    call_list = make_list(template, people=5, at_once=1)
    now = timezone.now()
    advance(call_list.pk, now)
    send(CallLog.objects.get(), now)
    # The template says: hang up after 300 seconds.
    assert advance(call_list.pk, now + timedelta(minutes=6)) == 0
    assert advance(call_list.pk, now + timedelta(minutes=8)) == 1
    assert person(call_list).status == ContactStatus.CALLING


def test_all_lists_together_keep_the_ceiling_of_calls_a_minute(template: CallTemplate, settings):
    settings.LIST_CALLS_PER_MINUTE = 60
    settings.LIST_CALLS_AT_ONCE = 1000
    lists = [make_list(template, people=40, pace_per_minute=60, at_once=500) for _ in range(2)]
    # Another number for each person of each list.
    for contact in lists[1].contacts.all():
        contact.phone_number = f"+9187654{contact.row:05}"
        contact.save()
    now = timezone.now()
    placed = [advance(each.pk, now + second * SECOND) for second in range(31) for each in lists]
    assert 30 <= sum(placed) <= 36


def test_all_lists_together_keep_the_ceiling_of_calls_at_once(template: CallTemplate, settings):
    settings.LIST_CALLS_AT_ONCE = 4
    lists = [make_list(template, people=10, at_once=10) for _ in range(2)]
    now = timezone.now()
    for second in range(10):
        for each in lists:
            advance(each.pk, now + second * SECOND)
    assert CallLog.objects.count() == 4


def test_only_the_newest_look_of_a_list_goes_on(template: CallTemplate):
    call_list = make_list(template, people=20)
    now = timezone.now()
    advance(call_list.pk, now)
    call_list.refresh_from_db()
    planned = name_of(call_list)
    assert advance(call_list.pk, now + SECOND, name=planned) == 1
    # The message came twice: the second one changes nothing, and plans nothing.
    call_list.refresh_from_db()
    after = name_of(call_list)
    assert advance(call_list.pk, now + 5 * SECOND, name=planned) == 0
    call_list.refresh_from_db()
    assert name_of(call_list) == after


def test_a_broken_chain_is_mended(template: CallTemplate, queue):
    call_list = make_list(template)
    now = timezone.now()
    CallList.objects.filter(pk=call_list.pk).update(next_tick_at=now - timedelta(seconds=60))
    other = make_list(template)
    CallList.objects.filter(pk=other.pk).update(next_tick_at=now)
    assert list_advance.mend(now) == 1


def test_a_list_starts_by_itself_when_its_time_has_come(template: CallTemplate):
    now = timezone.now()
    call_list = make_list(
        template,
        status=ListStatus.SCHEDULED,
        start_at=now + timedelta(hours=1),
        launched_at=None,
        next_tick_at=now + timedelta(hours=1),
    )
    assert advance(call_list.pk, now) == 0
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.SCHEDULED
    assert advance(call_list.pk, now + timedelta(hours=1)) == 1
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.RUNNING
    assert call_list.launched_at is not None


def test_who_was_promised_another_call_comes_before_who_was_not_called_yet(template: CallTemplate):
    call_list = make_list(template, people=3)
    now = timezone.now()
    call_list.contacts.filter(row=3).update(next_attempt_at=now - timedelta(minutes=1))
    call_list.contacts.filter(row=1).update(next_attempt_at=now + timedelta(minutes=1))
    advance(call_list.pk, now)
    assert statuses(call_list) == ["waiting", "waiting", "calling"]


def test_somebody_else_called_the_number_just_now(template: CallTemplate, make_call):
    call_list = make_list(template, people=2)
    make_call(CallStatus.ACCEPTED, phone_number="+919876500001")
    assert advance(call_list.pk) == 1
    first = person(call_list)
    assert (first.status, first.verdict) == (ContactStatus.SKIPPED, ContactVerdict.RECENT)
    assert first.events.count() == 1
    assert statuses(call_list) == ["skipped", "calling"]


def test_a_person_without_a_needed_value_is_left_out(template: CallTemplate):
    call_list = make_list(template, people=2)
    call_list.contacts.filter(row=1).update(values={})
    advance(call_list.pk)
    first = person(call_list)
    assert (first.status, first.verdict) == (ContactStatus.SKIPPED, ContactVerdict.MISSING_VALUE)
    assert contact_words.words(first) == "No value for “appointment_date”: the agent says it during the call."


def test_the_list_pauses_itself_when_its_agent_is_gone(template: CallTemplate, agent):
    call_list = make_list(template)
    agent.is_active = False
    agent.save()
    assert advance(call_list.pk) == 0
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.PAUSED
    assert "agent" in call_list.status_reason


def test_outside_hours_a_person_waits_until_they_open(template: CallTemplate, settings):
    settings.CALLING_HOURS_APPLY = True
    call_list = make_list(template, people=60)
    night = night_in_india()
    assert advance(call_list.pk, night) == 0
    first = person(call_list)
    assert (first.status, first.verdict) == (ContactStatus.WAITING, ContactVerdict.OUTSIDE_HOURS)
    assert first.next_attempt_at is not None
    assert first.next_attempt_at > night
    assert first.detail["opens_at"] == first.next_attempt_at.isoformat()
    assert call_list.contacts.filter(verdict=ContactVerdict.OUTSIDE_HOURS).count() == 60
    assert not CallLog.objects.exists()


def test_the_hard_stop_of_the_day_lets_the_list_wait(template: CallTemplate, settings, django_user_model):
    by = django_user_model.objects.create_user("meera", is_staff=True)
    settings.CALLS_A_DAY = 2
    call_list = make_list(template, people=5, created_by=by)
    # Far from midnight, when the day's count begins anew.
    now = timezone.localtime().replace(hour=12) + timedelta(days=1)
    assert caps.take_one_of_today(now)
    assert caps.take_one_of_today(now)
    assert advance(call_list.pk, now) == 0
    assert advance(call_list.pk, now + timedelta(minutes=1)) == 0
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.RUNNING
    assert call_list.next_slot_at == caps.next_day(now)
    assert "tomorrow" in call_list.status_reason
    assert Notice.objects.get().kind == NoticeKind.NEEDS_SOMEBODY
    settings.CALLS_A_DAY = 0
    assert advance(call_list.pk, caps.next_day(now) + SECOND) == 1
    call_list.refresh_from_db()
    assert call_list.status_reason == ""


def test_the_ceiling_of_all_lists_is_kept_in_one_row(template: CallTemplate):
    call_list = make_list(template)
    now = timezone.now()
    advance(call_list.pk, now)
    following = ConsoleState.current().next_list_call_at
    assert following is not None
    assert following > now
