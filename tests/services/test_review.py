"""Notes, follow-ups and the mark "reviewed": what changes, what is left out, and that each leaves an event."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.models import CallLog
from calls.services import review

pytestmark = pytest.mark.django_db
MakeCall = Callable[..., CallLog]


@pytest.fixture
def meera() -> User:
    return User.objects.create_user("meera", first_name="Meera", last_name="Nair", is_staff=True)


def test_a_note_is_kept_with_its_writer(call: CallLog, meera: User) -> None:
    note = review.add_note(call, "  Rings back on Friday.\x00 ", by=meera)

    assert (note.text, note.by) == ("Rings back on Friday.", meera)
    event = call.events.get()
    assert (event.why, event.by, event.source) == ("A note was added.", meera, EventSource.PERSON)


@pytest.mark.parametrize(("text", "code"), [("", "empty"), (" \n ", "empty"), ("x" * 4001, "too_long")])
def test_a_bad_note_is_refused_in_words(call: CallLog, meera: User, text: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        review.add_note(call, text, by=meera)

    assert refused.value.code == code
    assert not call.notes.exists()
    assert not call.events.exists()


def test_only_finished_calls_that_were_not_reviewed_are_marked(make_call: MakeCall, meera: User) -> None:
    finished, open_call = make_call(CallStatus.FINISHED), make_call(CallStatus.ACCEPTED)
    again = make_call(CallStatus.FINISHED)
    review.mark_reviewed([again.pk], by=meera)

    assert review.mark_reviewed([finished.pk, open_call.pk, again.pk], by=meera) == 1

    finished.refresh_from_db()
    open_call.refresh_from_db()
    assert finished.reviewed_by == meera
    assert finished.reviewed_at is not None
    assert open_call.reviewed_at is None
    assert [event.why for event in finished.events.all()] == ["Reviewed."]
    assert again.events.count() == 1


def test_the_mark_can_be_taken_back(make_call: MakeCall, meera: User) -> None:
    call = make_call(CallStatus.FINISHED)
    review.mark_reviewed([call.pk], by=meera)

    assert review.unmark_reviewed([call.pk], by=meera) == 1
    assert review.unmark_reviewed([call.pk], by=meera) == 0

    call.refresh_from_db()
    assert (call.reviewed_at, call.reviewed_by) == (None, None)


def test_a_follow_up_is_assigned_and_finished(make_call: MakeCall, meera: User) -> None:
    calls = [make_call(CallStatus.FINISHED), make_call(CallStatus.NO_OUTCOME)]
    due = timezone.localdate() + timedelta(days=2)

    assert review.assign_follow_up([call.pk for call in calls], owner=meera, due=due, by=meera) == 2

    calls[0].refresh_from_db()
    assert (calls[0].follow_up_owner, calls[0].follow_up_on) == (meera, due)
    assert "Meera Nair" in calls[0].events.get().why
    assert review.finish_follow_up([calls[0].pk], by=meera) == 1
    assert review.finish_follow_up([calls[0].pk], by=meera) == 0
    calls[0].refresh_from_db()
    assert (calls[0].follow_up_owner, calls[0].follow_up_on) == (None, None)


def test_a_follow_up_needs_staff_and_a_day_to_come(call: CallLog, meera: User) -> None:
    gone = User.objects.create_user("gone", is_staff=True, is_active=False)
    today = timezone.localdate()

    with pytest.raises(ValidationError) as refused:
        review.assign_follow_up([call.pk], owner=gone, due=today, by=meera)
    assert set(refused.value.message_dict) == {"owner"}

    with pytest.raises(ValidationError) as refused:
        review.assign_follow_up([call.pk], owner=meera, due=today - timedelta(days=1), by=meera)
    assert set(refused.value.message_dict) == {"due"}
    assert not call.events.exists()
